"""Sweeps: many runs side by side."""
