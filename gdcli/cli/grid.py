"""From options that may be lists to the settings of every run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from gdcli.cli import experiment as build
from gdcli.cli import parse
from gdcli.cli.commands.fit import refuse_unfit
from gdcli.cli.examples import read_examples
from gdcli.cli.lecture import lecture
from gdcli.cli.network_plan import dtype_named
from gdcli.cli.options import (
    FIT_EPOCHS,
    DataOptions,
    EpochOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
    option,
    train_epochs,
)
from gdcli.cli.output import rerun
from gdcli.cli.reading import read
from gdcli.cli.stacks import Settings, group
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.sweep import ranges

MOST = 10_000
"""Runs that are begun without asking."""
GROUPS: dict[str, tuple[Any, ...]] = {
    kind: (DataOptions, own, RateOptions, LoopOptions, EpochOptions, OptimizerOptions, LossOptions, StopOptions)
    for kind, own in (("fit", LineOptions), ("train", NetworkOptions))
}
LEFT_OUT = {"save", "resume", "show", "timing", "require_converged", "keep", "test", "test_labels"}
"""Options that are about one run, or about what comes after the choice."""
ONE = {"data", "x", "y", "delimiter", "encoding", "decimal", "threads", "categorical", "labels"} | {
    *("format", "output", "color", "every")
}
"""Options that are the same for all runs."""
LISTS = {"hidden", "start", "lr_at", "class_weight"}
"""Options whose values have commas of their own."""
WHOLE = {parse.count, parse.whole, parse.degree}


class SweepOptions(NamedTuple):
    """What is run of a grid, and where."""

    random: Annotated[
        int | None, option("--random", parser=parse.count, metavar="N", help="Take N of the grid's runs, by the seed.")
    ] = None
    yes: Annotated[bool, option("--yes", help="Run more than 10,000 runs.")] = False
    workers: Annotated[
        int, option("--workers", parser=parse.count, metavar="N", help="Processes for runs that are no stack. [1]")
    ] = 1
    cluster: Annotated[
        str | None, option("--cluster", metavar="tcp://HOST:PORT", help="A Dask cluster to run on instead.")
    ] = None
    timeout: Annotated[
        float | None,
        option("--timeout", parser=parse.positive, metavar="SECONDS", help="Of one run; a stack has that for each."),
    ] = None


@dataclass(frozen=True, eq=False)
class Grid:
    """All runs of a sweep.

    Args:
        kind: `fit` or `train`.
        name: What DATA stands for.
        plain: The command that each run is a call of.
        given: The options that were given, each with its values as texts.
        texts: Each run's values of the options in which runs differ.
        runs: Each run's settings.
        tables: The number of the rows that each run is about.
        rows: What was read: a `Dataset` or `Examples` each.
    """

    kind: str
    name: str
    plain: Any
    given: dict[str, list[str]]
    texts: list[dict[str, str]]
    runs: list[Settings]
    tables: list[int]
    rows: list[Any]

    @property
    def differing(self) -> list[str]:
        """The options in which runs differ."""
        return [name for name, values in self.given.items() if len(values) > 1]

    def again(self, number: int, **resolved: Any) -> str:
        """The command that is this run alone."""
        settings = self.runs[number]
        given = set(self.given) | {name for name in resolved if name not in LEFT_OUT}
        context = SimpleNamespace(
            info_name=self.kind,
            command=self.plain,
            params=settings,
            help_option_names=("-h", "--help"),
            get_parameter_source=lambda name: SimpleNamespace(name="COMMANDLINE" if name in given else "DEFAULT"),
        )
        return rerun(context, **resolved, data=self.name)


def swept(parameter: Any) -> bool:
    """Whether an option may be a list: it takes a value, and that value is a run's own."""
    return parameter.param_type_name == "option" and not parameter.is_flag and parameter.name not in ONE


def grid(context: Any, kind: str, plain: Any, asked: SweepOptions, terminal: Terminal) -> Grid:
    """Expands the options, reads the data, and resolves each run's settings.

    Args:
        context: The sweep's typer context; options that may be lists are there as tuples of texts.
        kind: `fit` or `train`.
        plain: The command of that name.
        asked: The sweep's own options.
        terminal: Where standard input is.

    Raises:
        OptionError: If a list or range is malformed, or there are too many runs.
        DataError: If the data cannot be read.
    """
    parameters = {one.name: one for one in plain.params if one.name in context.params}
    lists = {
        name: _listed(one, context.params[name])
        for name, one in parameters.items()
        if swept(one) and context.params[name]
    }
    base = {name: value for kind_ in GROUPS[kind] for name, value in kind_._field_defaults.items()}
    base |= {name: context.params[name] for name, one in parameters.items() if name in base and not swept(one)}
    typed = {name: {text: _typed(context, parameters[name], text) for text in texts} for name, texts in lists.items()}
    name = _named(kind, base, lists, typed, terminal)
    picks = _picks([*lists.values()], asked, lists.get("seed", ["0"])[0])
    texts = [dict(zip(lists, pick, strict=True)) for pick in picks]
    runs = [base | {option_: typed[option_][text] for option_, text in one.items()} for one in texts]
    flags = {one.name: [""] for one in parameters.values() if _is_given(context, one) and not swept(one)}
    given = lists | {name: words for name, words in flags.items() if name in base and name != "data"}
    tables, rows = _read(kind, name, runs, terminal)
    for settings, table in zip(runs, tables, strict=True):
        if settings["epochs"] is None:
            settings["epochs"] = FIT_EPOCHS if kind == "fit" else train_epochs(len(rows[table].data))
    return Grid(kind, name, plain, given, texts, runs, tables, rows)


def _is_given(context: Any, parameter: Any) -> bool:
    return bool(context.get_parameter_source(parameter.name).name == "COMMANDLINE")


def _flag(parameter: Any) -> str:
    return str(next(word for word in parameter.opts if word.startswith("--")))


def _listed(parameter: Any, texts: Sequence[str]) -> list[str]:
    name = parameter.name
    whole = getattr(parameter.type, "func", None) in WHOLE or name in ("batch_size", "hidden")
    return ranges.listed(_flag(parameter), texts, commas=name not in LISTS, whole=whole)


def _typed(context: Any, parameter: Any, text: str) -> Any:
    """A value as the option itself would take it.

    Raises:
        OptionError: If it would not.
    """
    try:
        return parameter.type_cast_value(context, text)
    except typer.BadParameter as error:
        raise OptionError(f"{_flag(parameter)}: {error.message}") from None


def _picks(lists: Sequence[Sequence[str]], asked: SweepOptions, seed: str) -> Iterator[tuple[str, ...]]:
    """The combinations to run: all, the last option changing first; or some, in the same order.

    Raises:
        OptionError: If they are too many.
    """
    total = math.prod(len(values) for values in lists)
    count = total if asked.random is None else min(total, asked.random)
    if count > MOST and not asked.yes:
        raise OptionError(
            f"this sweep is {count:,} runs, more than {MOST:,}",
            "--random 100 takes some of them, --yes runs them all",
        )
    numbers: Any = range(total)
    if count < total:
        rng = np.random.default_rng(int(seed) if seed.isdecimal() else 0)
        numbers = sorted(_some(rng, total, count))
    for number in numbers:
        pick = []
        for values in reversed(lists):
            number, at = divmod(number, len(values))
            pick.append(values[at])
        yield tuple(reversed(pick))


def _some(rng: np.random.Generator, total: int, count: int) -> list[int]:
    """Different numbers below `total`, which may be larger than any array."""
    if total <= 4 * count:
        return [int(number) for number in rng.permutation(total)[:count]]
    found: dict[int, None] = {}
    while len(found) < count:
        low = int(rng.integers(2**62)) + (int(rng.integers(2**62)) << 62)
        found[low % total] = None
    return list(found)


def _named(kind: str, base: Settings, lists: dict[str, list[str]], typed: dict[str, Any], terminal: Terminal) -> str:
    """What DATA stands for; without any, `fit` takes the lecture's example, start included."""
    if kind == "train":
        name = base["data"] or ("-" if terminal.piped_in() else None)
        if name is None:
            raise OptionError("there is nothing to train on", "give DATA, as in gdcli sweep train sample:digits")
    else:
        first = base | {option_: typed[option_][texts[0]] for option_, texts in lists.items()}
        name, line = lecture(group(DataOptions, first), group(LineOptions, first), terminal)
        for option_ in ("m", "b"):
            if option_ not in lists and getattr(line, option_) is not None:
                value = getattr(line, option_)
                lists[option_], typed[option_] = [f"{value:g}"], {f"{value:g}": value}
    base["data"] = name
    return str(name)


def _read(kind: str, name: str, runs: Sequence[Settings], terminal: Terminal) -> tuple[list[int], list[Any]]:
    """Reads the data once for each way in which it is to be read."""
    known: dict[Any, int] = {}
    rows: list[Any] = []
    tables = []
    for settings in runs:
        key = settings["missing"], settings.get("dtype"), settings.get("task")
        if key not in known:
            if name == "-" and rows:
                raise OptionError("standard input can be read only once", "write it to a file, and give its name")
            known[key] = len(rows)
            rows.append(_table(kind, name, settings, terminal))
        tables.append(known[key])
    return tables, rows


def _table(kind: str, name: str, settings: Settings, terminal: Terminal) -> Any:
    data = group(DataOptions, settings)
    if kind == "train":
        network = group(NetworkOptions, settings)
        return read_examples(name, data, network, dtype_named(network.dtype), terminal)
    rows = read(name, data, terminal)
    refuse_unfit(rows, name)
    return rows


def hyperparameters(kind: str, settings: Settings) -> dict[str, Any]:
    """The optimizer's name and numbers, given or not."""
    made: Any = build.optimizer(group(OptimizerOptions, settings), "sgd" if kind == "fit" else "adam")
    return {"optimizer": parse.flag_name(type(made).__name__), **vars(made)}
