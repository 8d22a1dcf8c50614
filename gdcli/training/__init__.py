"""The training loop, its records, and what ends a run."""
