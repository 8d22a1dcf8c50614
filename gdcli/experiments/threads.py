"""How many threads NumPy's linear algebra may use: decided before it is imported, when it still can be."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from itertools import pairwise
from typing import Any

from gdcli.formatting import whole_number

LARGE = 200_000
HEADER = 2**27  # bytes: more than safetensors allows
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(arguments: Sequence[str], environ: MutableMapping[str, str], setting: str = "") -> None:
    """One thread, two for layers of about 512 x 512 and more, unless something says otherwise.

    `--threads` does, or the run that is resumed, or the setting, or the environment, in that order.

    A second thread costs start-up time, and on a busy machine waiting for it can cost a hundred times what it
    saves at the sizes of a lecture. A run that is resumed has as many as before: its last bits depend on that.
    """
    resumed = _value(arguments, "--resume")
    before = _options_of(resumed) if resumed else {}
    asked, hidden = (_value(arguments, f"--{name}") or str(before.get(name, "")) for name in ("threads", "hidden"))
    asked = asked or ("" if resumed else setting)
    if whole_number(asked) > 0:
        environ.update(dict.fromkeys(VARIABLES, str(whole_number(asked))))
    elif not any(name in environ for name in VARIABLES):
        environ.update(dict.fromkeys(VARIABLES, "2" if _largest_layer(hidden) >= LARGE else "1"))


def _largest_layer(hidden: str) -> int:
    """Weights of the largest layer between those that are named, as in 128,64; 0 where none is."""
    sizes = [max(0, whole_number(size)) for size in hidden.split(",")]
    return max((a * b for a, b in pairwise(sizes)), default=0)


def _options_of(model: str) -> Mapping[str, Any]:
    """The options of the run that saved a model; none of a file that is no model: the command will say so."""
    import json  # few commands need it

    try:
        with open(model, "rb") as file:  # noqa: PTH123 - before anything that takes time to import
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, HEADER)))
        return dict(json.loads(header["__metadata__"]["gdcli"])["config"]["options"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}


def _value(arguments: Sequence[str], option: str) -> str:
    """What follows an option, as `--option VALUE` or `--option=VALUE`."""
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            return value if equals else "".join(arguments[index + 1 : index + 2])
    return ""
