"""Work on several things at once, in threads, its results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_parallel"]

_MOST = 4  # threads: each holds a block

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """What `map` gives, worked out ahead by as many threads as there are processors, up to four.

    It gains where the work is done outside Python. Things are taken, and errors raised, in this thread and in order.

    >>> [*in_parallel(abs, [3, -4])]
    [3, 4]
    """
    threads = min(_MOST, os.cpu_count() or 1)
    ahead: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for thing in things:
                ahead.append(pool.submit(work, thing))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
