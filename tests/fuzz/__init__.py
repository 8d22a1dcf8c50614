"""A standing adversary: random inputs to every surface of the program, and what must never come of them.

`python -m tests.fuzz 1000 --seed 1` runs a thousand, prints counts by surface, and exits 1 on a violation.
"""
