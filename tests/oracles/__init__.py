"""Reference values, and our own definitions for their hyperparameters."""
