"""The library's front door: what the commands do, from a notebook, with the same numbers to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from gdcli.errors import OptionError
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.in_memory import source_of
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.lecture import example
from gdcli.experiments.line import read_line
from gdcli.experiments.line_result import LineResult
from gdcli.experiments.reading import Reader
from gdcli.experiments.saving import Saving
from gdcli.experiments.spec import Spec
from gdcli.said import say
from gdcli.training.streams import Run

if TYPE_CHECKING:
    from gdcli.experiments.group_result import GroupsResult
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.experiments.saved import Model

Kept = TypeVar("Kept", "LineResult", "NetworkResult")

__all__ = ["fit", "load", "train"]


@overload
def fit(data: Any = None, /, *, save: str | None = None, by: None = None, **options: Any) -> LineResult:
    """One fit of all rows."""


@overload
def fit(data: Any = None, /, *, save: str | None = None, by: str, **options: Any) -> GroupsResult:
    """One fit for each group of rows."""


def fit(
    data: Any = None, /, *, save: str | None = None, by: str | None = None, **options: Any
) -> LineResult | GroupsResult:
    """Fits a line, several inputs or a polynomial by gradient descent, as `gdcli fit` does.

    Args:
        data: A file's name, sample:NAME, a DataFrame, a mapping of columns, arrays (inputs, targets), or a `Spec`;
            without any, the lecture's example.
        save: A file for the model.
        by: A column: one fit for each of its values.
        **options: Options by the names of the flags: lr=0.1, epochs=500, standardize=True, optimizer="adam", ...

    Raises:
        GdcliError: If the data cannot be read, or an option is none or has no such value.

    >>> import gdcli
    >>> result = gdcli.fit("sample:deck", lr=0.1, epochs=491, m=-1, b=5)
    >>> result.equation, str(result.status), result.history[1]["m"]
    ('y = 1.99808x + 1.00311', 'completed', -0.7)
    """
    spec, reader = _spec("fit", data, options)
    if by is not None:
        return _fit_groups(spec, by, reader, save)
    if spec.data.source is None:
        spec = example(spec)
    experiment = read_line(spec, reader).compressed()
    run = Run(experiment.records(), spec.stop.rule("min_delta", 0.0))
    with np.errstate(all="ignore"):
        history = [record.row() for record in experiment.reported(iter(run))]
    return _kept(LineResult(run, _invocation(experiment, save), history, experiment, saving=Saving(save)))


def _fit_groups(spec: Spec, by: str, reader: Reader, save: str | None) -> GroupsResult:
    from gdcli.experiments.group_result import fit_groups

    if save is not None:
        raise OptionError(
            say("save: many groups are no one model"), say("leave it out: the result has each group's parameters")
        )
    if spec.data.source is None:
        raise OptionError(say("by: there are no rows to group"), say("name a file, or give a DataFrame"))
    return fit_groups(spec, by, reader, Invocation.of(spec, by=by))


def train(data: Any, /, *, save: str | None = None, resume: str | None = None, **options: Any) -> NetworkResult:
    """Trains a network for classification or regression, as `gdcli train` does.

    Args:
        data: As for `fit`; also images in IDX files, or a folder with MNIST's four files.
        save: A file for the model.
        resume: A saved model whose run goes on.
        **options: Options by the names of the flags: hidden=[16], activation="tanh", epochs=30, patience=3, ...

    Raises:
        GdcliError: If the data cannot be read, or an option is none or has no such value.

    >>> import gdcli
    >>> result = gdcli.train("sample:iris", hidden=[8], epochs=3, dtype="float64")
    >>> result.classes, len(result.history)
    (('setosa', 'versicolor', 'virginica'), 4)
    """
    from gdcli.experiments.checkpoint import load as load_saved
    from gdcli.experiments.network import read_network
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.experiments.resuming import continued_spec

    spec, reader = _spec("train", data, options)
    past = None if resume is None else load_saved(resume)
    if past is not None:
        values = spec.values()
        spec = continued_spec(past, spec, {name: values[name] for name in options})
    experiment = read_network(spec, reader, past)
    run = Run(experiment.records(), spec.stop.rule("min_delta", 0.0))
    with np.errstate(all="ignore"):
        history = [record.row() for record in run]
    return _kept(NetworkResult(run, _invocation(experiment, save), history, experiment, saving=Saving(save)))


def load(path: str | PathLike[str]) -> Model:
    """A model that `save` wrote: `gdcli.load("model.safetensors").predict(rows)`.

    Raises:
        GdcliError: If the file is missing, broken, or no model of this program's.
    """
    from gdcli.experiments.saved import load_model

    return load_model(str(path))


def _kept(result: Kept) -> Kept:
    """The result, its model saved where it goes to."""
    with result.saving.settled():
        result.keep_model()
    return result


def _spec(command: str, data: Any, options: Mapping[str, Any]) -> tuple[Spec, Reader]:
    """The spec of a call, and what reads its rows."""
    if isinstance(data, Spec):
        return data.replace(**options) if options else data, Reader()
    source, reader = (None, Reader()) if data is None else source_of(data)
    return Spec.of(command, source, options), reader


def _invocation(experiment: Experiment, save: str | None) -> Invocation:
    """The command that does the same, with every value that was chosen."""
    invocation = Invocation.of(experiment.spec, save=save)
    chosen = {**experiment.chosen.options, "lr": experiment.rate, "epochs": experiment.epochs}
    return invocation.with_options(**chosen, seed=experiment.spec.loop.seed)
