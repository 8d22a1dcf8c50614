"""Writing a file all or nothing: what was there before stays until the new one is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from gdcli.errors import DataError

__all__ = ["replaced"]


@contextmanager
def replaced(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A new file beside the target, put in its place if nothing goes wrong, else removed.

    Args:
        path: The target; a device or a pipe is written to directly.
        mode: `w` for text (UTF-8, line ends as they are), `wb` for bytes.

    Raises:
        DataError: If it cannot be written there.
    """
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
    try:
        if path.exists() and not path.is_file():
            with path.open(mode, **text) as device:
                yield device
            return
        handle, name = _beside(path.resolve())
        try:
            with os.fdopen(handle, mode, **text) as file:
                yield file
            Path(name).chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
            Path(name).replace(path.resolve())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}", "choose another place to write") from error


def _beside(path: Path) -> tuple[int, str]:
    import tempfile  # loads random and hashlib

    return tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
