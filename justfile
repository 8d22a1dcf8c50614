# What a contributor runs; `pip install -e '.[dev]'` first. `.ci/run` does it all on a fresh machine.

default: test lint types docs

test:
    python -m pytest -n auto

# while editing: the contracts, the layers, a run or two of every command
quick:
    python -m pytest --quiet -n auto -m quick

# what is too long for every time
long:
    python -m pytest -n auto -m long

# random inputs to every surface: how many, and from which seed
fuzz inputs="10000" seed="1":
    python -m tests.fuzz {{inputs}} --seed {{seed}} --workers 2

lint:
    ruff check
    ruff format --check

types:
    mypy

# bring the examples in README.md and docs/commands.md up to date, then check them
docs:
    python tests/test_docs.py
    python -m pytest --quiet tests/test_docs.py

bench:
    python benchmarks/startup.py
    python benchmarks/fit.py
