"""Files below a folder, or by a pattern with `*`: each entry is looked at once, and only so many are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import field
from fnmatch import fnmatch
from pathlib import Path

from gdcli.data.cells import data_error
from gdcli.data.read_limits import ReadLimits
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, reason
from gdcli.said import say

__all__ = ["WILD", "Walk"]

WILD = "*?["
"""What a pattern is known by."""


@dataclass(eq=False)
class Walk:
    """A search for files of rows; hidden entries, and marks such as Spark's `_SUCCESS`, are passed over.

    A link to a folder is not followed, so that links in a circle do no harm; a link to a file is a file.

    Args:
        source: What is searched, as it was given.
        limits: How many entries are looked at.
    """

    source: str
    limits: ReadLimits
    _looked: int = field(default=0, init=False)
    _known: dict[Path, list[Path]] = field(default_factory=dict, init=False)

    def below(self, folder: Path) -> Iterator[Path]:
        """All files of a folder and of those in it.

        Raises:
            DataError: If a folder cannot be opened, or there are too many entries.
        """
        for inner in self._folders(folder):
            yield from (one for one in self._entries(inner) if one.is_file())

    def matching(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        """The files whose path below a folder fits a pattern, a part for each level; `**` fits any number of levels.

        Raises:
            DataError: As `below`.
        """
        if not parts:
            if folder.is_file():
                yield folder
        elif parts[0] == "**":
            yield from self._at_any_level(folder, parts[1:])
        elif not any(sign in parts[0] for sign in WILD):
            yield from self.matching(folder / parts[0], parts[1:])
        elif folder.is_dir():
            for one in self._entries(folder):
                if fnmatch(one.name, parts[0]):
                    yield from self.matching(one, parts[1:])

    def _at_any_level(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        if not parts:
            yield from self.below(folder)
        elif folder.is_dir():
            for inner in self._folders(folder):
                yield from self.matching(inner, parts)

    def _folders(self, folder: Path) -> Iterator[Path]:
        """A folder, and all below it."""
        waiting = [folder]
        while waiting:
            yield waiting[-1]
            inner = self._entries(waiting.pop())
            waiting += [one for one in inner if one.is_dir() and not one.is_symlink()]

    def _entries(self, folder: Path) -> list[Path]:
        """What is in a folder; what is known already is not looked at again."""
        if folder not in self._known:
            self._known[folder] = self._looked_at(folder)
        return self._known[folder]

    def _looked_at(self, folder: Path) -> list[Path]:
        found = []
        try:
            with os.scandir(folder) as entries:
                for one in entries:
                    self._count()
                    if not one.name.startswith((".", "_")):
                        found.append(folder / one.name)
        except OSError as error:
            raise self._closed(folder, error) from None
        return found

    def _count(self) -> None:
        self._looked += 1
        if self._looked > self.limits.entries:
            what = say("more than {entries:,} files and folders to look at", entries=self.limits.entries)
            hint = say(
                "name a smaller folder, or files: 'folder/*.csv'; {raised}", raised=self.limits.raised("entries")
            )
            raise data_error(self.source, what, hint)

    def _closed(self, folder: Path, error: OSError) -> DataError:
        hint = say("make it readable, or name the files that are: 'folder/*.csv'")
        return data_error(str(folder), reason(error), hint)
