"""A network's run, resolved from its options: what is trained, on what, how, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.cli import experiment as build
from gdcli.cli import parse
from gdcli.cli.examples import Examples, hidden_sizes, read_like
from gdcli.cli.options import (
    DataOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
    train_epochs,
)
from gdcli.cli.terminal import Terminal
from gdcli.data import scaling
from gdcli.data.dataset import Dataset
from gdcli.data.preparation import Preparation, class_weights, correct, image_scale, prepare
from gdcli.data.splitting import split
from gdcli.definitions import ACTIVATION, INITIALIZER, flag_name, named
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import Resumption, SavedModel
from gdcli.nn import losses
from gdcli.nn.activations import Activation
from gdcli.nn.losses import LossDefinition
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.training import streams
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Status
from gdcli.training.streams import Stream

BATCH = 32
VALIDATION = "0.1"
FEW_ROWS = 20  # from here on, a tenth held out is worth watching
DTYPES = {"float32": np.float32, "float64": np.float64}


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """What a run will do.

    Args:
        raw: Training rows as read.
        held_out: Validation rows as read, or None.
        test: Test rows as read, or None.
        values: The known values of each text column taken as input.
        preparation: How rows become inputs, and outputs are read.
        problem: The network on prepared rows.
        start: Initial parameters.
        optimizer: From gradient to update.
        schedule: The learning rate by step.
        rate: The learning rate as given.
        epochs: Passes over the data.
        batch_size: Rows a step; None = all.
        loss: What is minimised, as defined.
        dtype: Of the parameters.
        loop: Seed and shuffling.
        stop: When to stop.
        smoothing: Part of a label that is spread over all classes.
        weights: How much each class counts, or None.
        past: The run this one goes on from, or None.
    """

    raw: Dataset
    held_out: Dataset | None
    test: Dataset | None
    values: dict[str, tuple[str, ...]]
    preparation: Preparation
    problem: Problem
    start: Array
    optimizer: Optimizer
    schedule: Schedule
    rate: float
    epochs: int
    batch_size: int | None
    loss: LossDefinition
    dtype: Any
    loop: LoopOptions
    stop: StopOptions
    smoothing: float
    weights: Array | None
    past: SavedModel | None

    @property
    def loss_name(self) -> str:
        """The loss, as on the command line."""
        return flag_name(self.loss.__name__)

    @property
    def network(self) -> Network:
        """The problem's model."""
        model = self.problem.model
        if not isinstance(model, Network):
            raise TypeError("this plan's model is a network")
        return model

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass."""
        return 1 if self.batch_size is None else -(-len(self.raw) // self.batch_size)

    @property
    def steps(self) -> int:
        """Updates that are made at most."""
        return self.stop.updates(self.epochs * self.steps_per_epoch)

    @property
    def passes(self) -> int:
        """Epochs that are begun at most."""
        return -(-self.steps // self.steps_per_epoch)

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's parameters count, not the last one's."""
        return self.held_out is not None and self.stop.keep == "best"

    @property
    def loss_unit(self) -> float:
        """What a loss of standardised targets is multiplied by to be in the target's own units."""
        return 1.0 if self.preparation.classes else losses.scale(self.loss, self.preparation.factor)

    def records(self, interrupted: Callable[[], bool], watch: Callable[[Stream], Stream]) -> Iterator[Epoch]:
        """The run itself: the one training stream, with this plan's stopping rules around it."""
        stop = self.stop
        stream: Stream = descend(
            self.problem,
            self.optimizer,
            learning_rate=self.schedule,
            epochs=self.epochs,
            start=self.start,
            batch_size=self.batch_size,
            seed=self.loop.seed,
            shuffle=self.loop.shuffle,
            resume=None if self.past is None else _resumption(self.past).record,
        )
        if stop.max_steps is not None:
            stream = streams.until_step(stream, stop.max_steps)
        stream = watch(streams.until_interrupted(stream, interrupted))
        epochs = _in_units(streams.epochs(streams.until_diverged(stream, 1e-8)), self.loss_unit)
        if self.past is not None:
            epochs = _continued(self.past, epochs)
        if stop.target_loss is not None:
            epochs = streams.until_loss(epochs, stop.target_loss)
        if stop.tolerance is not None or (stop.require_converged and stop.target_loss is None):
            epochs = streams.with_gradient(epochs, self.problem)
            epochs = streams.until_flat(epochs, 1e-6 if stop.tolerance is None else stop.tolerance)
        if stop.patience is not None:
            epochs = streams.early_stopping(epochs, stop.patience, stop.min_delta)
        return iter(epochs)


def network_plan(
    name: str,
    examples: Examples,
    data: DataOptions,
    network: NetworkOptions,
    rate: RateOptions,
    loop: LoopOptions,
    epochs: int | None,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    stop: StopOptions,
    past: SavedModel | None,
    terminal: Terminal,
) -> NetworkPlan:
    """Resolves the options on these rows; without `epochs` it is as many as are usual for them.

    Raises:
        OptionError: If an option cannot be.
        DataError: If the rows cannot be learned from.
    """
    dtype = dtype_named(network.dtype)
    _refuse_unfit(examples.data, name)
    if past is not None:
        _refuse_other(examples.data, past)
    train, held_out = _held_out(examples, data, loop, stop, dtype, terminal)
    if stop.patience is not None and held_out is None:
        raise OptionError("--patience needs rows held out to watch", "add --validation 0.2")
    if network.label_smoothing and not train.classes:
        raise OptionError("--label-smoothing goes with classes, and the target is a number", "leave it out")
    defined = _loss(loss, train)
    one_logit = len(train.classes) == 2 and "binary" in defined.tasks
    outputs = 1 if not train.classes or one_logit else len(train.classes)
    preparation = prepare(train, _scaling(loop, train), outputs) if past is None else past.preparation
    weights = _weights(network, train)
    if weights is not None and not defined.weighted:
        name = flag_name(defined.__name__)
        raise OptionError(f"--class-weight: the loss {name} takes no class weights", "use cross-entropy")
    bound = losses.classifier(defined, weights) if train.classes else defined
    model = _network(network, len(train.input_names), outputs) if past is None else past.network
    problem = Problem(
        model,
        bound,
        preparation.encoded(train, dtype, network.label_smoothing),
        None if held_out is None else preparation.encoded(held_out, dtype, network.label_smoothing),
        loss.l1,
        loss.l2,
        {"accuracy": correct} if train.classes else {},
    )
    made = build.optimizer(optimizer, "adam") if past is None else _resumption(past).optimizer
    learning_rate = type(made).usual_learning_rate if rate.lr is None else rate.lr
    batch = build.batch_size(loop, len(train), usual=BATCH)
    each = 1 if batch is None else -(-len(train) // batch)
    epochs = train_epochs(len(examples.data)) if epochs is None else epochs
    if past is not None:
        _refuse_shorter(each, past)
    return NetworkPlan(
        raw=train,
        held_out=held_out,
        test=examples.test,
        values=examples.values,
        preparation=preparation,
        problem=problem,
        start=_start(model, network, loop.seed, dtype) if past is None else past.parameters,
        optimizer=made,
        schedule=build.schedule(rate, learning_rate, epochs * each),
        rate=learning_rate,
        epochs=epochs,
        batch_size=batch,
        loss=defined,
        dtype=dtype,
        loop=loop,
        stop=stop.checked(),
        smoothing=network.label_smoothing,
        weights=weights,
        past=past,
    )


def dtype_named(name: str | None) -> Any:
    """float32, unless float64 is asked for."""
    return DTYPES[parse.one_of("--dtype", name or "float32", tuple(DTYPES))]


def _resumption(past: SavedModel) -> Resumption:
    if past.resumption is None:
        raise OptionError(
            "--resume: no run to go on from: saved by an earlier version, or not by gdcli train", "train it with --save"
        )
    return past.resumption


def _continued(past: SavedModel, stream: Iterator[Epoch]) -> Iterator[Epoch]:
    """The whole run's records: those told before, the one it goes on from, and what comes then.

    Of those before only the best has its parameters. One in mid-epoch is told only if it is the end.
    """
    resumed, resumption = next(stream), _resumption(past)
    for row in past.history:
        if row["epoch"] < resumed.epoch:
            parameters = resumption.best if row["epoch"] == resumption.best_epoch else np.empty(0)
            yield _as_told(Epoch(row["epoch"], row["step"], row["lr"], row["loss"], parameters), row)
        elif row["epoch"] == resumed.epoch and (not resumed.within or resumed.status is not Status.RUNNING):
            yield _as_told(resumed, row)
    yield from stream


def _as_told(record: Epoch, row: dict[str, Any]) -> Epoch:
    """A record with the figures of its row."""
    known = ("epoch", "step", "lr", "loss", "penalty", "validation_loss")
    return record._replace(
        loss=row["loss"],
        penalty=row.get("penalty"),
        validation_loss=row.get("validation_loss"),
        metrics={name: value for name, value in row.items() if name not in known},
    )


def _in_units(stream: Iterable[Epoch], unit: float) -> Iterator[Epoch]:
    """The same records with their losses in the target's own units."""
    if unit == 1:
        yield from stream
        return
    for record in stream:
        held_out = None if record.validation_loss is None else record.validation_loss * unit
        yield record._replace(loss=float(record.loss) * unit, validation_loss=held_out)


def _place(name: str) -> str:
    return "standard input" if name == "-" else name


def _refuse_unfit(data: Dataset, name: str) -> None:
    if len(data) < 2:
        raise DataError(f"{_place(name)}: one row of data: a network needs more", "add rows")
    if len(data.classes) == 1:
        raise DataError(
            f"{_place(name)}: column '{data.target_name}': every row is of class '{data.classes[0]}'",
            "a classifier needs two classes",
        )


def _refuse_other(data: Dataset, past: SavedModel) -> None:
    """Refuses to go on with other columns or classes than the run began with."""
    prepared = past.preparation
    if data.input_names != prepared.input_names or data.classes != prepared.classes:
        raise DataError(
            f"--resume: the model was trained on {len(prepared.input_names)} inputs and"
            f" {len(prepared.classes) or 'no'} classes, and these rows have other ones",
            "go on with the data the run began with",
        )


def _refuse_shorter(each: int, past: SavedModel) -> None:
    """Refuses to go on in an epoch that on these rows is over before it gets there."""
    record = _resumption(past).record
    if record.within >= each:
        raise DataError(
            f"--resume: the model stopped {record.within} updates into an epoch, and with these rows one has {each}",
            "go on with the data the run began with",
        )


def _held_out(
    examples: Examples, data: DataOptions, loop: LoopOptions, stop: StopOptions, dtype: Any, terminal: Terminal
) -> tuple[Dataset, Dataset | None]:
    """Training and validation rows: a tenth held out, unless a part, a file or `none` is asked for."""
    text = stop.validation
    if text is None:
        if len(examples.data) < FEW_ROWS:
            return examples.data, None
        text = VALIDATION
    if text.lower() == "none":
        return examples.data, None
    try:
        fraction = float(text)
    except ValueError:
        return examples.data, read_like(text, None, examples.data, examples.values, data, dtype, terminal)
    if not 0 < fraction < 1:
        raise OptionError(f"--validation: {text} is not a fraction between 0 and 1", "as in --validation 0.2, or none")
    return split(examples.data, fraction, loop.seed, loop.shuffle)


def _loss(options: LossOptions, data: Dataset) -> LossDefinition:
    """The loss asked for, of those that go with the targets."""
    if not data.classes:
        return build.loss_named(options)
    usual = "binary-cross-entropy" if len(data.classes) == 2 else "cross-entropy"
    found = build.loss_named(options, usual, "binary", "multiclass")
    if len(data.classes) > 2 and "multiclass" not in found.tasks:
        name = flag_name(found.__name__)
        raise OptionError(f"--loss: {name} is for two classes, and there are {len(data.classes)}", "use cross-entropy")
    return found


def _scaling(loop: LoopOptions, data: Dataset) -> scaling.Scaling:
    largest = image_scale(data.inputs)
    return build.scaling_named(loop, scaling.standard if largest is None else scaling.by(largest))


def _network(options: NetworkOptions, inputs: int, outputs: int) -> Network:
    hidden = hidden_sizes(options.hidden)
    names = [name.strip() for name in ("relu" if options.activation is None else options.activation).split(",")]
    chosen: list[Activation] = [named(ACTIVATION, "--activation", name) for name in names]
    if len(chosen) not in (1, len(hidden)):
        raise OptionError(
            f"--activation: {len(chosen)} activations for {len(hidden)} hidden layers", "give one, or one for each"
        )
    if options.activation is not None and not hidden:
        raise OptionError("--activation: there is no hidden layer for it", "add --hidden 64")
    sizes = (inputs, *hidden, outputs)
    if options.dropout:
        if not hidden:
            raise OptionError("--dropout silences hidden neurons, and there are none", "add --hidden 64")
        return Dropout(sizes, tuple(chosen), options.dropout)
    return Network(sizes, tuple(chosen) if hidden else ())


def _start(model: Network, options: NetworkOptions, seed: int, dtype: Any) -> Array:
    initializer = None if options.init is None else named(INITIALIZER, "--init", options.init)
    return model.initial(np.random.default_rng(seed), dtype, initializer)


def _weights(options: NetworkOptions, data: Dataset) -> Array | None:
    """How much each class counts.

    Raises:
        OptionError: If a class is not among the data's, or a weight is not a number of 0 or above.
    """
    text = options.class_weight
    if text is None:
        return None
    if not data.classes:
        raise OptionError("--class-weight goes with classes, and the target is a number")
    if text == "balanced":
        return class_weights(data.targets, len(data.classes))
    weights = dict.fromkeys(data.classes, 1.0)
    for part in text.split(","):
        label, equals, weight = part.rpartition("=")
        if not equals or label not in weights:
            raise OptionError(f"--class-weight: '{part}' is not CLASS=WEIGHT", f"classes: {', '.join(data.classes)}")
        weights[label] = parse.numbers("--class-weight", weight)[0]
        if weights[label] < 0:
            raise OptionError(f"--class-weight: {weight} is below 0", "0 leaves a class out, 1 is usual")
    return np.array(list(weights.values()))
