"""How many threads NumPy's linear algebra may use: decided before it is imported, when it still can be."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(arguments: Sequence[str], environ: MutableMapping[str, str]) -> None:
    """One thread, unless `--threads` or the environment says otherwise.

    A second thread costs start-up time, and on a busy machine waiting for it can cost a hundred times what it
    saves at the sizes of a lecture; it pays from layers of about 512 x 512 on.
    """
    asked = _asked(arguments)
    if asked:
        environ.update(dict.fromkeys(VARIABLES, asked))
    elif not any(name in environ for name in VARIABLES):
        environ.update(dict.fromkeys(VARIABLES, "1"))


def _asked(arguments: Sequence[str]) -> str:
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--threads":
            value = value if equals else "".join(arguments[index + 1 : index + 2])
            return value if value.isdigit() and int(value) > 0 else ""
    return ""
