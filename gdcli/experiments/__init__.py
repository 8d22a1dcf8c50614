"""Experiments: what a run is, its rows, its records, its result."""
