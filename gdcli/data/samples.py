"""The samples: real data that ships with the program, and toy generators; each with a command to try."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdcli.data.dataset import Dataset
from gdcli.definitions import TOY, definitions
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError, did_you_mean
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.data.toys import Toy

__all__ = ["Sample", "content", "samples"]


class Sample(NamedTuple):
    """One sample.

    Args:
        name: As in `sample:NAME`.
        about: What it is, in a line.
        command: A command that shows something with it.
        source: `file` or `toy`.
    """

    name: str
    about: str
    command: str
    source: str

    def row(self) -> dict[str, str | float | int | None]:
        """name, about, command, source."""
        return {"name": self.name, "about": self.about, "command": self.command, "source": self.source}

    def single_run(self) -> list[str]:
        """The words of its command; where that is a sweep, of the sweep's first run.

        >>> " ".join(Sample("cubic", "a few points", "gdcli sweep fit sample:cubic --degree 1,3", "toy").single_run())
        'gdcli fit sample:cubic --degree 1'
        """
        program, command, *rest = self.command.split()
        if command != "sweep":
            return [program, command, *rest]
        return [program, *(word.partition(",")[0] for word in rest)]


FILES = (
    Sample("deck", say("the lecture's two points, (1, 3) and (2, 5)"), "gdcli fit sample:deck --m -1 --b 5", "file"),
    Sample(
        "bmi",
        say("442 patients: body mass index and how far diabetes went on in a year"),
        "gdcli fit sample:bmi --standardize",
        "file",
    ),
    Sample("diabetes", say("the same patients, ten measurements"), "gdcli fit sample:diabetes --standardize", "file"),
    Sample(
        "iris",
        say("150 flowers: four lengths, three species"),
        "gdcli train sample:iris --hidden 16 --epochs 100 --lr 0.01",
        "file",
    ),
    Sample(
        "wine",
        say("178 wines: thirteen measurements, three growers"),
        "gdcli train sample:wine --hidden 16 --epochs 50 --lr 0.01",
        "file",
    ),
    Sample(
        "breast_cancer",
        say("569 tumours: thirty measurements, benign or not"),
        "gdcli sweep train sample:breast_cancer --loss binary-cross-entropy,mse --lr 0.01 --epochs 30",
        "file",
    ),
    Sample(
        "digits",
        say("1,797 handwritten digits of 8 x 8 pixels"),
        "gdcli train sample:digits --hidden 32",
        "file",
    ),
)


def samples() -> tuple[Sample, ...]:
    """All of them: files, then toys."""
    return FILES + tuple(Sample(name, _about(toy), toy.command, "toy") for name, toy in definitions(TOY).items())


def _about(toy: Toy) -> str:
    """A toy's docstring in a line."""
    line = (toy.__doc__ or toy.__name__).splitlines()[0].rstrip(".")
    return line[0].lower() + line[1:]


def content(name: str, rows: int | None = None, noise: float | None = None, seed: int = 0) -> bytes:
    """A sample as csv text.

    Args:
        name: The sample's name.
        rows: How many rows; a file's first ones, or a toy's number.
        noise: A toy's noise.
        seed: A toy's seed.

    Raises:
        OptionError: If there is no such sample, or a file is asked for noise.
    """
    if name not in (sample.name for sample in FILES):
        return _csv(_toy(name, rows, noise, seed)).encode()
    if noise is not None:
        raise OptionError(
            say("--noise: sample '{name}' is real data", name=name), say("noise goes with the toy generators")
        )
    lines = _file(name).read_bytes().splitlines(keepends=True)
    return b"".join(lines if rows is None else lines[: rows + 1])


def _toy(name: str, rows: int | None, noise: float | None, seed: int) -> Dataset:
    toys = definitions(TOY)
    if name not in toys:
        raise OptionError(
            say("there is no sample '{name}'", name=name), did_you_mean(name, [sample.name for sample in samples()])
        )
    toy: Toy = toys[name]
    rng = np.random.default_rng(seed)
    if rows is None:
        return toy(rng=rng) if noise is None else toy(noise=noise, rng=rng)
    return toy(rows, rng=rng) if noise is None else toy(rows, noise, rng)


def _file(name: str) -> Path:
    """In the installed package, or beside it in a source checkout."""
    package = Path(__file__).parent.parent
    installed = package / "samples" / f"{name}.csv"
    return installed if installed.exists() else package.parent / "samples" / f"{name}.csv"


def _csv(data: Dataset) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*data.input_names, data.target_name])
    writer.writerows(_rows(data))
    return out.getvalue()


def _rows(data: Dataset) -> Iterator[list[object]]:
    for inputs, target in zip(data.inputs.tolist(), data.targets.tolist(), strict=True):
        yield [*inputs, data.classes[int(target)] if data.classes else target]
