"""What runs a student's function: a script of its own, which imports nothing of the program.

Reads `asked.json` in the folder it is started in, and leaves `answer.json` there: `values`, or what went
wrong as `failed`, `missing` or `unknown`.
"""

from __future__ import annotations

import inspect
import json
import math
import sys
from pathlib import Path
from typing import Any


def limit(megabytes: int, seconds: int) -> None:
    """Holds this process to so much memory and time, and to small files, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the caller's clock is all there is
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def variables(asked: dict[str, Any], m: float, b: float) -> dict[str, Any]:
    """The values of all that a parameter may be called."""
    x, y = list(asked["x"]), list(asked["y"])  # a function may change what it is given
    y_hat = [m * one + b for one in x]
    known = {"m": m, "w": m, "b": b, "x": x, "y": y, "n": len(x), "lr": asked["lr"], "learning_rate": asked["lr"]}
    known |= {"y_actual": y, "y_true": y, "y_pred": y_hat, "y_hat": y_hat}
    return known | {"data": list(zip(x, y, strict=True))}


def number(value: Any) -> float | None:
    """A result as JSON has it.

    Raises:
        TypeError: If it is no number.
    """
    found = float(value)
    return found if math.isfinite(found) else None


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Runs the function at every point."""
    space: dict[str, Any] = {"__name__": "student", "__file__": asked["file"]}
    source = Path(asked["file"]).read_text(encoding="utf-8")
    sys.path.insert(0, str(Path(asked["file"]).parent))  # a file may import those beside it, as it does when run alone
    exec(compile(source, asked["file"], "exec"), space)  # noqa: S102 - this is what the process is for
    function = space.get(asked["name"])
    if not callable(function):
        names = [name for name, one in space.items() if inspect.isfunction(one)]
        return {"missing": names}
    parameters = inspect.signature(function).parameters.values()
    left = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    wanted = [one.name for one in parameters if one.kind not in left]
    for one in parameters:
        if one.name in wanted and one.name not in asked["known"]:
            if one.default is one.empty:
                return {"unknown": one.name}
            wanted.remove(one.name)
    values = []
    for m, b in asked["points"]:
        known = variables(asked, m, b)
        values.append(number(function(**{name: known[name] for name in wanted})))
    return {"values": values}


def main(folder: Path) -> None:
    """Reads what is asked, and leaves the answer."""
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    limit(asked["megabytes"], asked["seconds"])
    try:
        found = answer(asked)
    except MemoryError:
        found = {"memory": asked["megabytes"]}
    except Exception as error:  # noqa: BLE001 - whatever a student's file may raise is the answer
        found = {"failed": f"{type(error).__name__}: {error}"}
    (folder / "answer.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path.cwd())
