"""Grids: lists of values for some options, and one spec for each combination of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.notation import write
from gdcli.experiments.options import Option
from gdcli.experiments.result import plain
from gdcli.experiments.spec import Spec, options_of
from gdcli.experiments.sweep import ranges
from gdcli.said import say

MOST = 10_000
"""Runs that are begun without asking."""
SHARED = {"x", "y", "delimiter", "encoding", "decimal", "threads", "categorical", "features", "labels", "folds", "at"}
"""Options that are the same for all runs: how the rows are read."""
SINGLE = {"require_converged", "keep", "test", "test_labels"}
"""Options that are about one run, or about what comes after the choice: a sweep has none of them."""
OWN_COMMAS = {"hidden", "start", "lr_at", "class_weight"}
"""Readers of values that have commas of their own."""
WHOLE = {"count", "whole", "degree", "batch_size", "hidden"}
"""Readers of whole numbers, to which those of a range are rounded."""


class Choice(NamedTuple):
    """A value of an option.

    Args:
        text: As it was typed, or as it is written.
        value: As a spec has it.
        plain: As JSON has it: a number, or the text.
    """

    text: str
    value: Any
    plain: Any


Lists = Mapping[str, tuple[Choice, ...]]
"""The values of each option that is given as a list, if only of one."""


def sweepable(command: str) -> dict[str, Option]:
    """The options of `fit` or `train` that may be lists: those with a value that is a run's own."""
    left_out = SHARED | SINGLE
    return {one.name: one for one in options_of(command) if not one.is_switch and one.name not in left_out}


def choices_of_texts(option: Option, texts: Sequence[str]) -> tuple[Choice, ...]:
    """The values that lists and ranges name, as `0.01,0.1` or `1..9:lin5`.

    Raises:
        OptionError: If a list or range is malformed, or a value is none of the option's.
    """
    listed = ranges.listed(_flag(option), texts, commas=option.accepts not in OWN_COMMAS, whole=option.accepts in WHOLE)
    return tuple(_choice(option, text) for text in listed)


def choices(option: Option, given: Any) -> tuple[Choice, ...]:
    """The values of a list, an array or a range; a tuple or a number is one value, a text is as on the command line.

    Raises:
        OptionError: If there is no value, or one is none of the option's.

    >>> [choice.text for choice in choices(sweepable("train")["hidden"], [(), (8,), (16, 8)])]
    ['0', '8', '16,8']
    """
    if isinstance(given, str):
        return choices_of_texts(option, [given])
    values = _python(given)
    texts = [write(_python(value)) for value in (values if isinstance(values, list | range) else [values])]
    if not texts:
        raise OptionError(say("{flag}: the list of values is empty", flag=_flag(option)))
    return tuple(_choice(option, text) for text in dict.fromkeys(texts))


def joined(option: Option, listed: Sequence[Choice]) -> str:
    """A list as one text that reads back as it."""
    texts = [choice.text for choice in listed]
    if len(texts) == 1 and "," in texts[0] and option.accepts not in OWN_COMMAS:
        texts *= 2  # a `;` keeps its comma from parting it; a value repeated counts once
    return ";".join(texts)


def _choice(option: Option, text: str) -> Choice:
    value = option.read(text)
    shown = plain(option, value)
    return Choice(text, value, text if isinstance(shown, str) else shown)


def _python(value: Any) -> Any:
    """An array or a number of NumPy's as Python's own."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _flag(option: Option) -> str:
    return option.flags[0] if option.flags else f"--{option.name.replace('_', '-')}"


@dataclass(frozen=True, eq=False)
class Grid:
    """The runs of a sweep, before any row is read.

    Args:
        base: What all runs share.
        lists: The values of the other options.
        numbers: Which of all combinations are run, counted with the last option changing first.
    """

    base: Spec
    lists: Lists
    numbers: Sequence[int]

    @property
    def differing(self) -> tuple[str, ...]:
        """The options in which runs differ."""
        return tuple(name for name, listed in self.lists.items() if len(listed) > 1)

    @cached_property
    def combinations(self) -> tuple[dict[str, Choice], ...]:
        """Each run's choices."""
        return tuple(self._combination(number) for number in self.numbers)

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """Each run."""
        return tuple(self.base.replace(**_values(one)) for one in self.combinations)

    def _combination(self, number: int) -> dict[str, Choice]:
        chosen = {}
        for name, listed in reversed([*self.lists.items()]):
            number, at = divmod(number, len(listed))
            chosen[name] = listed[at]
        return dict(reversed(chosen.items()))


def first_spec(base: Spec, lists: Lists) -> Spec:
    """The run with the first value of each list."""
    return base.replace(**_values({name: listed[0] for name, listed in lists.items()}))


def expand(base: Spec, lists: Lists, random: int | None = None, most: float | None = None) -> Grid:
    """The grid of all combinations, or of some of them.

    Args:
        base: What all runs share.
        lists: The values of the other options.
        random: How many combinations to take, by the first seed; None for all.
        most: How many there may be.

    Raises:
        OptionError: If they are too many.
    """
    total = math.prod(len(listed) for listed in lists.values())
    count = total if random is None else min(total, random)
    if count > (most := MOST if most is None else most):
        raise OptionError(
            say("this sweep is {count:,} runs, more than {most:,}", count=count, most=most),
            say("--random 100 takes some of them, --yes runs them all"),
        )
    if count == total:
        return Grid(base, lists, range(total))
    seed = lists["seed"][0].value if "seed" in lists else base.loop.seed
    return Grid(base, lists, sorted(_some(np.random.default_rng(seed), total, count)))


def _values(chosen: Mapping[str, Choice]) -> dict[str, Any]:
    return {name: choice.value for name, choice in chosen.items()}


def _some(rng: np.random.Generator, total: int, count: int) -> Iterable[int]:
    """Different numbers below `total`, which may be larger than any array."""
    if total <= 4 * count:
        return map(int, rng.permutation(total)[:count])
    found: dict[int, None] = {}
    while len(found) < count:
        low = int(rng.integers(2**62)) + (int(rng.integers(2**62)) << 62)
        found[low % total] = None
    return found
