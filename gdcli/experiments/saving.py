"""Files that a run leaves: written when its last record has passed, whatever becomes of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from gdcli.errors import GdcliError, OptionError

T = TypeVar("T")


class Saving:
    """A model's file: written before anything is said of the run; an error waits until all has been said.

    Args:
        path: The file; None for none.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self._failure: Exception | None = None
        self.written: str | None = None
        """The file, once it is whole."""

    def write(self, save: Callable[[str], None]) -> None:
        """Writes the file, if there is to be one."""
        if self.path is None:
            return
        try:
            save(self.path)
        except (GdcliError, OSError, MemoryError) as error:
            self._failure = error
        else:
            self.written = self.path

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Within it all is said; then an error of the file is raised, which is worse than one of the screen."""
        try:
            yield
        except (Exception, KeyboardInterrupt):
            self._raise()
            raise
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


class Lasting(Generic[T]):
    """Records on their way to a screen, which may reach their end without it.

    Args:
        records: The records.
    """

    def __init__(self, records: Iterable[T]) -> None:
        self._records = records
        self._passing: Iterator[T] | None = None

    def __iter__(self) -> Iterator[T]:
        self._passing = iter(self._records)
        try:
            for record in self._passing:  # noqa: UP028 - who is no longer looked at is not closed
                yield record
        except (Exception, KeyboardInterrupt):  # they end here, and nothing can be made of them
            self._passing = None
            raise

    @contextmanager
    def lasting(self, then: Callable[[], None] | None) -> Iterator[None]:
        """Within it they are shown; if that fails they pass all the same, where something is to be done afterwards.

        Args:
            then: What is done when all have passed, shown or not; None for nothing.
        """
        try:
            yield
        except OptionError:  # it asks for what there is not: nothing is left of it
            raise
        except (Exception, KeyboardInterrupt):
            if then and self._finish():
                then()
            raise
        if then:
            then()

    def _finish(self) -> bool:
        """Lets those pass that nobody has taken; whether they have begun to come, and all have come."""
        if self._passing is None:
            return False
        for _ in self._passing:
            pass
        return True
