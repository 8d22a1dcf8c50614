"""The options of `gdcli surface` that other commands do not have."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from gdcli.cli import parse
from gdcli.cli.options import option
from gdcli.cli.output import exact
from gdcli.errors import OptionError

EPOCHS, PICTURES = 100, 12
RANGE = "LOW:HIGH[:COUNT]"


class SurfaceOptions(NamedTuple):
    """What of the surface is shown, and where else."""

    over: Annotated[
        str | None, option("--over", metavar="A,B", help="The two parameters, across and up. [m,b; or the first two]")
    ] = None
    x_range: Annotated[
        str | None, option("--x-range", metavar=RANGE, help="Across; COUNT points in csv and json. [what fits]")
    ] = None
    y_range: Annotated[str | None, option("--y-range", metavar=RANGE, help="Up. [what fits]")] = None
    m_range: Annotated[str | None, option("--m-range", metavar=RANGE, help="The axis of m, as -3:5:41.")] = None
    b_range: Annotated[str | None, option("--b-range", metavar=RANGE, help="The axis of b.")] = None
    epochs: Annotated[int, option("--epochs", parser=parse.whole, metavar="N", help="Length of the path. [100]")] = (
        EPOCHS
    )
    save: Annotated[str | None, option("--save", metavar="FILE.svg", help="Write the picture there as well.")] = None


class RatesOptions(NamedTuple):
    """One learning rate or several, and how they move."""

    lr: Annotated[
        str | None,
        option("--lr", "--learning-rate", metavar="LR,...", help="Learning rate; of several, a picture each. [0.1]"),
    ] = None
    schedule: Annotated[
        str, option("--schedule", metavar="NAME", help="constant, step, exponential, cosine, inverse-time, one-cycle.")
    ] = "constant"
    warmup: Annotated[
        int, option("--warmup", parser=parse.whole, metavar="STEPS", help="Steps of a straight ramp up to it. [0]")
    ] = 0
    lr_at: Annotated[
        str | None, option("--lr-at", metavar="STEP:LR,...", help="From that step on, that rate; 1 = the first.")
    ] = None

    @property
    def rates(self) -> list[float]:
        """Each rate once.

        Raises:
            OptionError: If one is no rate, or there are too many to draw.
        """
        found = list(dict.fromkeys(parse.numbers("--lr", self.lr or "0.1", "as in --lr 0.01,0.1,0.29")))
        for rate in found:
            if not rate > 0:
                raise OptionError(f"--lr: {exact(rate)} is not a finite number above 0", "as in --lr 0.01,0.1,0.29")
        if len(found) > PICTURES:
            raise OptionError(f"--lr: {len(found)} pictures are more than {PICTURES}", "draw a few rates at a time")
        return found
