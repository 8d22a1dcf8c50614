"""Charts of curves and points."""
