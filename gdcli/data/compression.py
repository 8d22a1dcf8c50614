"""Compressed files: what each kind begins with, and what unpacks it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable
from typing import IO, Any, NamedTuple

from gdcli.data.cells import data_error
from gdcli.errors import DataError, install_hint
from gdcli.said import say

__all__ = ["DAMAGE", "Compression", "compression_of"]

DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)
"""What reading data that cannot be unpacked raises."""


class Compression(NamedTuple):
    """A way of compressing.

    Args:
        name: As people say it.
        begins: The first bytes.
        open: Unpacks a stream.
    """

    name: str
    begins: bytes
    open: Callable[[IO[bytes]], Any]

    def unpacking(self, stream: IO[bytes], source: str) -> IO[bytes]:
        """The stream, unpacked.

        Raises:
            DataError: If what unpacks it is not installed.
        """
        try:
            unpacked: IO[bytes] = self.open(stream)
        except ImportError:
            what = say("{name} data needs an extra, which is not installed", name=self.name)
            raise data_error(source, what, install_hint("data")) from None
        return unpacked

    def damage(self, error: Exception, source: str) -> DataError:
        """The error about data that cannot be unpacked."""
        if isinstance(error, EOFError):
            return data_error(
                source,
                say("the {name} data ends too early", name=self.name),
                say("the file is cut short: fetch it again"),
            )
        return data_error(source, say("the {name} data is damaged", name=self.name), say("fetch the file again"))


class _Zstd:
    """A zstd stream whose damage is an `OSError`, as that of the others is."""

    def __init__(self, stream: IO[bytes]) -> None:
        try:
            from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # from Python 3.14 on
        except ImportError:
            from backports import zstd  # type: ignore[no-redef, unused-ignore]  # before it
        self._stream, self._damage = zstd.ZstdFile(stream), zstd.ZstdError

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all."""
        try:
            content: bytes = self._stream.read(size)
        except self._damage as error:
            raise OSError(str(error)) from None
        return content


_KNOWN = (
    Compression("gzip", rb"\x1f\x8b", lambda stream: gzip.GzipFile(fileobj=stream)),
    Compression("bzip2", rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", bz2.BZ2File),
    Compression("xz", rb"\xfd7zXZ\x00", lzma.LZMAFile),
    Compression("zstd", rb"\x28\xb5\x2f\xfd", _Zstd),
)


def compression_of(head: bytes) -> Compression | None:
    """How bytes are compressed, by the first of them; None if they are not.

    >>> compression_of(gzip.compress(b"x,y")).name, compression_of(b"x,y")
    ('gzip', None)
    """
    return next((one for one in _KNOWN if re.match(one.begins, head)), None)
