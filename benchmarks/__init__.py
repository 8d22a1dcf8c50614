"""Measured, not tested: `python -m benchmarks` runs everything and writes docs/benchmarks.md."""
