"""How many threads NumPy's linear algebra may use: decided before it is imported, when it still can be."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from itertools import pairwise

LARGE = 200_000
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(arguments: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """One thread, two for layers of about 512 x 512 and more, unless `--threads` or the environment says otherwise.

    A second thread costs start-up time, and on a busy machine waiting for it can cost a hundred times what it
    saves at the sizes of a lecture.
    """
    asked = _asked(arguments)
    if asked:
        environ.update(dict.fromkeys(VARIABLES, asked))
    elif not any(name in environ for name in VARIABLES):
        environ.update(dict.fromkeys(VARIABLES, "2" if _largest_layer(arguments) >= LARGE else "1"))


def _largest_layer(arguments: Sequence[str]) -> int:
    """Weights of the largest layer between those that `--hidden` names; 0 where it names none."""
    sizes = [int(size) for size in _value(arguments, "--hidden").split(",") if size.strip().isdecimal()]
    return max((a * b for a, b in pairwise(sizes)), default=0)


def _asked(arguments: Sequence[str]) -> str:
    value = _value(arguments, "--threads")
    return value if value.isdigit() and int(value) > 0 else ""


def _value(arguments: Sequence[str], option: str) -> str:
    """What follows an option, as `--option VALUE` or `--option=VALUE`."""
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            return value if equals else "".join(arguments[index + 1 : index + 2])
    return ""
