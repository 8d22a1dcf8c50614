"""Sweeps: many runs side by side. Lists of values make a grid of specs, specs that can share a descent make a stack."""
