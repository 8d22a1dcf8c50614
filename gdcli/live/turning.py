"""The keys that turn the dial of the learning rate, along its ladder or by little."""

from __future__ import annotations

from gdcli.live.panels.dial import finer, laddered
from gdcli.live.run import LiveRun

__all__ = ["Turning"]


class Turning:
    """The actions of a sitting that turn the dial."""

    run: LiveRun
    typing: str | None

    def set_rate(self, rate: float) -> None:
        """Turns the dial."""
        raise NotImplementedError

    def rate_up(self) -> None:
        """The next rung."""
        self.set_rate(laddered(self.run.rate, 1))

    def rate_down(self) -> None:
        """The rung before."""
        self.set_rate(laddered(self.run.rate, -1))

    def rate_finer_up(self) -> None:
        """A little more."""
        self.set_rate(finer(self.run.rate, 1))

    def rate_finer_down(self) -> None:
        """A little less."""
        self.set_rate(finer(self.run.rate, -1))

    def type_rate(self) -> None:
        """Begins to type the rate."""
        self.typing = ""
