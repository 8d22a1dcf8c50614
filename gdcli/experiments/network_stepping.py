"""Single steps of a network: a row's way forward and back, and the update, with all their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.backpropagation import LayerPass, backpropagate
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.experiment import never
from gdcli.experiments.network import NetworkExperiment, read_network
from gdcli.experiments.notation import write
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import FIT_RATE, Spec, StopSpec
from gdcli.experiments.step_spec import BlackboardSpec, StepSpec
from gdcli.formatting import short, whole_number
from gdcli.optim.optimizers import SGD
from gdcli.said import say
from gdcli.training.loop import descend
from gdcli.training.records import Row, Step
from gdcli.training.streams import with_updates

__all__ = ["NetworkStep", "NetworkSteps", "Neuron", "neuron_of", "parameter_names", "read_network_steps"]

WHOLE = 1000
"""Parameters up to which programs are given all of them, where no neuron is asked for."""


class Neuron(NamedTuple):
    """A neuron, counted from 1, layers too; the last layer is the output."""

    layer: int
    number: int


@dataclass(frozen=True, eq=False)
class NetworkStep:
    """One update of a network, and how one row went through it.

    Args:
        experiment: The network on its rows.
        step: From 1.
        learning_rate: Of this step.
        row_number: The row shown, from 1.
        batch: The numbers of the step's rows, from 0.
        row_loss: Of the row alone.
        passes: The row's way through each layer.
        before: Parameters, shape (P,).
        gradient: Of the step's rows, penalties included.
        update: What is added.
        after: Parameters after the step.
        loss: On the step's rows, before it.
        next_loss: On the same rows, after it.
        state: The optimizer's inner state by name; empty unless asked for.
        neuron: The one that is shown, or None for all.
    """

    experiment: NetworkExperiment
    step: int
    learning_rate: float
    row_number: int
    batch: Array
    row_loss: float
    passes: Sequence[LayerPass]
    before: Array
    gradient: Array
    update: Array
    after: Array
    loss: float
    next_loss: float
    state: Mapping[str, Array]
    neuron: Neuron | None

    @property
    def verdict(self) -> str:
        """improved, unchanged, overshot, or diverged."""
        if not math.isfinite(self.next_loss):
            return "diverged"
        if self.next_loss == self.loss:
            return "unchanged"
        return "improved" if self.next_loss < self.loss else "overshot"

    @property
    def plain_descent(self) -> bool:
        """Whether the update is just -lr times the gradient."""
        optimizer = self.experiment.optimizer
        return type(optimizer) is SGD and not optimizer.weight_decay

    @property
    def target(self) -> float | str:
        """The row's label, or its number as the network sees it."""
        data, at = self.experiment.data, self.row_number - 1
        if data.classes:
            return data.classes[int(data.targets[at])]
        return float(self.experiment.problem.data.targets[at])

    @property
    def wanted(self) -> list[float]:
        """What each output is compared with: y of each class, or the number."""
        return [float(each) for each in np.atleast_1d(self.experiment.problem.data.targets[self.row_number - 1])]

    @property
    def probabilities(self) -> list[float]:
        """Of one logit, class 1's; of several, each class's; empty for numbers."""
        preparation = self.experiment.preparation
        if not preparation.classes:
            return []
        outputs = self.passes[-1].outputs
        found = preparation.probabilities(outputs if outputs.shape[1] > 1 else outputs[:, 0])[0]
        return [float(each) for each in (found if outputs.shape[1] > 1 else found[1:])]

    @property
    def formulas(self) -> tuple[str, ...]:
        """The row's loss and its slope by an output, as text; empty where the loss gives none."""
        classes, outputs = bool(self.experiment.preparation.classes), len(self.wanted)
        key = "residual" if not classes else "logit" if outputs == 1 else "logits"
        return tuple(self.experiment.loss.formulas.get(key, ()))

    @cached_property
    def row_gradient(self) -> Array:
        """The gradient of the row alone, without penalties, shape (P,)."""
        parts = [part for one in self.passes for part in (one.by_weights.ravel(), one.by_bias)]
        return np.concatenate(parts)

    @cached_property
    def names(self) -> list[str]:
        """Each parameter's name."""
        return parameter_names(self.experiment)

    def of(self, neuron: Neuron) -> NetworkStep:
        """The same step, one neuron of it shown."""
        return replace(self, neuron=neuron)

    def shown(self, layer: int) -> list[int]:
        """The neurons of a layer that are shown, from 0."""
        if self.neuron is None:
            return list(range(self.experiment.network.layers[layer].fan_out))
        return [self.neuron.number - 1] if self.neuron.layer == layer + 1 else []

    def positions(self, layer: int, number: int) -> tuple[list[int], int]:
        """Where a neuron's weights and its bias lie among the parameters, all from 0."""
        one = self.experiment.network.layers[layer]
        return [one.begin + at * one.fan_out + number for at in range(one.fan_in)], one.middle + number

    def kept(self) -> list[int]:
        """The parameters that programs are given: all, or the neuron's."""
        if self.neuron is None:
            return list(range(len(self.before)))
        weights, bias = self.positions(self.neuron.layer - 1, self.neuron.number - 1)
        return [*weights, bias]

    def neurons(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Of each neuron shown its number, as 1_2, and its z, h, activation'(z), dL/dh and dL/dz."""
        for at, one in enumerate(self.passes):
            values = {"z": one.z, "h": one.outputs, "slope": one.slope, "dh": one.by_outputs, "dz": one.by_z}
            for number in self.shown(at):
                yield f"{at + 1}_{number + 1}", {name: float(each[0, number]) for name, each in values.items()}

    def _parameters(self) -> dict[str, dict[str, float]]:
        """By kind and name: before, gradient, update, next, and what the optimizer remembers."""
        kinds = {"parameters": self.before, "gradient": self.gradient, "update": self.update, "next": self.after}
        kept = self.kept()
        return {
            kind: {self.names[at]: float(values[at]) for at in kept}
            for kind, values in (kinds | dict(self.state)).items()
        }

    def row(self) -> Row:
        """step, lr, row, then each neuron's and each parameter's numbers, and the losses, flat."""
        head: Row = {"step": self.step, "lr": self.learning_rate, "row": self.row_number, "rows": len(self.batch)}
        layers = {f"{name}{of}": value for of, numbers in self.neurons() for name, value in numbers.items()}
        before, *others = self._parameters().items()
        flat = {f"{kind}_{name}": value for kind, values in others for name, value in values.items()}
        ends: Row = {"row_loss": self.row_loss, "loss": self.loss, "next_loss": self.next_loss, "verdict": self.verdict}
        for part in (layers, before[1], flat, ends):
            head.update(part)
        return head

    def nested(self) -> dict[str, object]:
        """The object that json has."""
        data = self.experiment.problem.data
        names = data.input_names
        inputs = dict(zip(names, data.inputs[self.row_number - 1].tolist(), strict=True)) if self.neuron is None else {}
        parameters = self._parameters()
        trace = {"trace": {name: parameters.pop(name) for name in self.state}} if self.state else {}
        return {
            "step": self.step,
            "lr": self.learning_rate,
            "row": self.row_number,
            "rows": len(self.batch),
            "inputs": inputs,
            "target": self.target,
            "neurons": dict(self.neurons()),
            "outputs": [float(each) for each in self.passes[-1].outputs[0]],
            "probabilities": self.probabilities,
            "row_loss": self.row_loss,
            "loss": self.loss,
            **parameters,
            "next_loss": self.next_loss,
            "verdict": self.verdict,
            **trace,
        }


def parameter_names(experiment: NetworkExperiment) -> list[str]:
    """w2_1_3 is layer 2, neuron 1, its input 3; b2_1 its bias: in the order of the flat vector."""
    names = []
    for at, layer in enumerate(experiment.network.layers, 1):
        names += [f"w{at}_{to}_{source}" for source in range(1, layer.fan_in + 1) for to in range(1, layer.fan_out + 1)]
        names += [f"b{at}_{to}" for to in range(1, layer.fan_out + 1)]
    return names


def neuron_of(text: str | None, experiment: NetworkExperiment) -> Neuron | None:
    """The neuron asked for; of a large network the first one, else None for all.

    Raises:
        OptionError: If there is no such neuron.
    """
    layers = experiment.network.layers
    if text is None:
        return Neuron(1, 1) if experiment.network.size > WHOLE else None
    layer, _, number = text.partition(":")
    if min(whole_number(layer), whole_number(number)) < 0:
        raise OptionError(say("--neuron: '{text}' is not LAYER:N", text=text), say("as in --neuron 1:2"))
    found = Neuron(int(layer), int(number))
    if not 1 <= found.layer <= len(layers):
        raise OptionError(
            say("--neuron: there is no layer {layer}", layer=found.layer),
            say("layers are 1 to {count}, the output", count=len(layers)),
        )
    most = layers[found.layer - 1].fan_out
    if not 1 <= found.number <= most:
        raise OptionError(
            say("--neuron: layer {layer} has no neuron {number}", layer=found.layer, number=found.number),
            say("its neurons are 1 to {most}", most=most),
        )
    return found


@dataclass(frozen=True, eq=False)
class NetworkSteps:
    """The first steps of a network's run, each with its arithmetic.

    Args:
        experiment: What is run.
        asked: The row and the neuron that are shown.
        step: How many steps, and how closely.
        alone: Whether the steps are on that row alone, not on batches.
        interrupted: Asked after each step; True ends them.
    """

    experiment: NetworkExperiment
    asked: BlackboardSpec
    step: StepSpec
    alone: bool
    interrupted: Callable[[], bool] = never

    def __post_init__(self) -> None:
        rows = len(self.experiment.data)
        if (self.asked.row or 1) > rows:
            raise OptionError(
                say("--row: there is no row {row}", row=self.asked.row), say("the rows are 1 to {rows:,}", rows=rows)
            )
        neuron_of(self.asked.neuron, self.experiment)

    def __iter__(self) -> Iterator[NetworkStep]:
        one, row = self.experiment, (self.asked.row or 1) - 1
        neuron, before, every = neuron_of(self.asked.neuron, one), one.start, np.arange(len(one.data))
        for step in islice(self._descent(row), self.step.steps):
            batch = np.array([row]) if self.alone else every[step.rows]
            shown = row if row in batch and (self.alone or self.asked.row) else int(batch[0])
            yield _report(one, before, step, batch, shown, neuron, self.step.trace)
            before = step.parameters
            if self.interrupted():
                return

    def _descent(self, row: int) -> Iterator[Step]:
        """The updates: on one row, or on batches."""
        one, loop = self.experiment, self.experiment.spec.loop
        alone = replace(one.problem, data=one.problem.data.rows(np.array([row])))
        stream = descend(
            alone if self.alone else one.problem,
            one.optimizer,
            learning_rate=one.schedule,
            epochs=self.step.steps,
            start=one.start,
            batch_size=None if self.alone else one.batch_size,
            seed=loop.seed,
            shuffle=loop.shuffle,
        )
        return (record for record in with_updates(stream, one.optimizer) if isinstance(record, Step))

    def chosen(self) -> dict[str, Any]:
        """What a rerun names beside the options given."""
        row = {"row": self.asked.row or 1} if self.alone else {}
        return {"lr": self.experiment.rate, "seed": self.experiment.spec.loop.seed, **row}

    def config(self) -> dict[str, Any]:
        """The settings of the run."""
        one = self.experiment
        return {
            "hidden": list(one.network.sizes[1:-1]),
            "activation": [each.__name__ for each in one.network.activations],
            "lr": one.rate,
            **optimizer_config(one.optimizer),
            "batch_size": 1 if self.alone else one.batch_size or "full",
            "loss": one.loss_name,
            "l1": one.problem.l1,
            "l2": one.problem.l2,
            "schedule": write(one.spec.rate.schedule),
            "seed": one.spec.loop.seed,
        }

    def notes(self) -> list[str]:
        """What is to be known of the numbers."""
        one, notes = self.experiment, list[str]()
        if one.spec.loop.scaling not in (None, "none"):
            notes.append(say("the inputs are scaled: that is where the step is taken"))
        scaled = one.preparation
        if not scaled.classes and (scaled.shift, scaled.factor) != (0.0, 1.0):
            notes.append(
                say(
                    "y is standardised, as train does: ({target_name} - {shift}) / {factor}",
                    target_name=scaled.target_name,
                    shift=short(scaled.shift),
                    factor=short(scaled.factor),
                )
            )
        return notes


def read_network_steps(
    spec: Spec, asked: BlackboardSpec, step: StepSpec, reader: Reader, interrupted: Callable[[], bool] = never
) -> NetworkSteps:
    """The steps of a network on the rows of a spec: on one row, unless a batch size is given.

    Raises:
        DataError: If the rows cannot be read, or cannot be learned from.
        OptionError: If an option cannot be.
    """
    alone = spec.loop.batch_size is None
    optimizer = spec.optimizer if spec.optimizer.optimizer is not None else replace(spec.optimizer, optimizer="sgd")
    loop = spec.loop if spec.loop.scale is not None or spec.loop.standardize else replace(spec.loop, scale="none")
    settled = replace(
        spec,
        model=asked.network(),
        rate=spec.rate if spec.rate.lr is not None else replace(spec.rate, lr=FIT_RATE),
        loop=replace(loop, batch_size="full") if alone else loop,
        optimizer=optimizer,
        stop=StopSpec(validation="none"),
    )
    return NetworkSteps(read_network(settled, reader), asked, step, alone, interrupted)


def _report(
    experiment: NetworkExperiment, before: Array, step: Step, batch: Array, row: int, neuron: Neuron | None, trace: bool
) -> NetworkStep:
    problem = experiment.problem
    one, rows = problem.data.rows(np.array([row])), problem.data.rows(batch)
    with np.errstate(all="ignore"):
        row_loss, passes = backpropagate(experiment.network, problem.loss, before, one.inputs, one.targets)
        next_loss = float(problem.data_loss(step.parameters, rows))
    state: dict[str, Any] = {}
    if trace:
        state = experiment.optimizer.trace(step.state) | {"effective_step": step.update}
    return NetworkStep(
        experiment=experiment,
        step=step.step,
        learning_rate=float(step.learning_rate),
        row_number=row + 1,
        batch=batch,
        row_loss=float(row_loss),
        passes=passes,
        before=before,
        gradient=step.gradient,
        update=step.update,
        after=step.parameters,
        loss=float(step.loss),
        next_loss=next_loss,
        state={name: np.broadcast_to(np.asarray(value), before.shape) for name, value in state.items()},
        neuron=neuron,
    )
