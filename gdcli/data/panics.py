"""Rust's own words about a panic, which go to stderr past this program, and say nothing that the error does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

__all__ = ["unheard_panics"]

_stderr = RLock()


@contextmanager
def unheard_panics() -> Iterator[None]:
    """Nothing reaches stderr meanwhile; to be held around calls into a library alone, by one thread at a time."""
    with _stderr:
        try:
            kept = os.dup(2)
        except OSError:  # there is none
            kept = -1
        try:
            if kept >= 0:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
            yield
        finally:
            if kept >= 0:
                os.dup2(kept, 2)
                os.close(kept)
