"""Writing a file all or nothing: what was there before stays until the new one is whole, and on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from gdcli.data.undisturbed import undisturbed
from gdcli.errors import DataError, reason
from gdcli.said import say

__all__ = ["replaced"]

OPEN_FILES = Path("/proc/self/fd")
BESIDE = ".gdcli-"
UNNAMED = getattr(os, "O_TMPFILE", 0)


@contextmanager
def replaced(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A new file, put in the target's place if nothing goes wrong, else as if it had never been.

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
        target = path.resolve()
        handle = _unnamed(target.parent)
        if handle is None:
            with _named(target) as name, name.open(mode, **text) as file:
                yield file
                _finish(file, target, name)
            return
        with os.fdopen(handle, mode, **text) as file:
            yield file
            _finish(file, target, handle)
            with undisturbed():
                name = _beside(target)
                try:
                    os.link(OPEN_FILES / str(handle), name, src_dir_fd=handle)  # given, or the link itself is linked
                    name.replace(target)
                except BaseException:  # no memory, too, may be left between the two
                    name.unlink(missing_ok=True)
                    raise
    except OSError as error:
        if isinstance(error, BrokenPipeError) or _is_anothers(error, path):
            raise
        raise DataError(
            say("{path}: {strerror}", path=path, strerror=reason(error)),
            say("choose another place to write"),
        ) from error


def _is_anothers(error: OSError, path: Path) -> bool:
    """Whether an error names a file that is read meanwhile."""
    if not isinstance(error.filename, str):
        return False
    named, target = Path(error.filename), path.resolve()
    ours = named in (path, target, target.parent) or named.name.startswith(BESIDE)
    return not ours and not named.is_relative_to(OPEN_FILES)


def _unnamed(folder: Path) -> int | None:
    """A file in a folder that has no name, and is gone when it is closed; None where there are no such files."""
    if not UNNAMED or not OPEN_FILES.is_dir():
        return None
    try:
        return os.open(folder, UNNAMED | os.O_RDWR, 0o600)
    except OSError:  # not on every file system; if the folder is at fault, a file with a name tells
        return None


@contextmanager
def _named(target: Path) -> Iterator[Path]:
    """A file beside a target that is put in its place if nothing goes wrong, else removed."""
    name = _beside(target)
    try:
        name.touch(0o600, exist_ok=False)
        yield name
        with undisturbed():
            name.replace(target)
    except BaseException:
        with undisturbed():
            name.unlink(missing_ok=True)
        raise


def _finish(file: IO[Any], target: Path, name: Path | int) -> None:
    """The file's rights as its target's, and its bytes on the disk."""
    rights = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    os.chmod(name, rights)  # noqa: PTH101 - a handle, or a name
    file.flush()
    os.fsync(file.fileno())


def _beside(target: Path) -> Path:
    """A name in the same folder that nothing has."""
    return target.with_name(f"{BESIDE}{os.urandom(8).hex()}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
