"""A text file that grows, and is whole line by line: what was there before stays until the new one has a beginning."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

from gdcli.data.atomic_write import replaced

__all__ = ["GrowingFile"]


class GrowingFile(io.TextIOBase):
    """What is written goes out when it is flushed: first in the target's place, then after what is there.

    Args:
        path: The target; a device or a pipe is written to directly.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._waiting: list[str] = []
        self._file: io.FileIO | None = None

    def write(self, text: str) -> int:
        """Keeps text for the next flush."""
        self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        """Sends out what was written: all of it, or nothing.

        Raises:
            OSError: If it cannot be written there.
        """
        content = "".join(self._waiting).encode()
        if not content:
            return
        if self._file is None:
            self._begin(content)
        else:
            self._append(self._file, content)
        self._waiting.clear()

    def close(self) -> None:
        """Ends it; what was not flushed is no part of it."""
        if self._file is not None:
            self._file.close()
        self._waiting.clear()
        super().close()

    def _begin(self, content: bytes) -> None:
        if self._path.exists() and not self._path.is_file():
            self._file = io.FileIO(self._path, "w")
            self._append(self._file, content)
            return
        with replaced(self._path, "wb") as file:
            file.write(content)
        self._file = io.FileIO(self._path, "a")

    def _append(self, file: io.FileIO, content: bytes) -> None:
        """Bytes at the end; where not all of them fit, none."""
        before, rest = self._size(file), memoryview(content)
        try:
            while rest:
                rest = rest[file.write(rest) or 0 :]
        except BaseException:
            with suppress(OSError):  # a device has no size
                file.truncate(before)
            raise

    def _size(self, file: io.FileIO) -> int:
        return os.fstat(file.fileno()).st_size
