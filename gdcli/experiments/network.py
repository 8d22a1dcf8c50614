"""Network experiments: classes or numbers, from tables or images.

The file is long because all that can be wrong with the rows of a network is said where they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gdcli.analysis.evaluation import outputs
from gdcli.arrays import Array
from gdcli.data import scaling
from gdcli.data.dataset import Dataset
from gdcli.data.missing import Fill
from gdcli.data.parts import missing_classes
from gdcli.data.preparation import Preparation, class_weights, correct, largest_pixel, learned_fill, prepare
from gdcli.data.report import ReadReport
from gdcli.data.stored import StoredDataset
from gdcli.data.targets import refuse_own_labels
from gdcli.definitions import ACTIVATION, INITIALIZER, flag_name, named
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.experiments import building, changes
from gdcli.experiments.checkpoint import SavedModel
from gdcli.experiments.defaults import FEW_ROWS, VALIDATION, before_split, settled
from gdcli.experiments.experiment import Experiment, refuse_constant_inputs, refuse_single_row
from gdcli.experiments.reading import Examples, Reader, Values, read_examples, read_like
from gdcli.experiments.resuming import before, resumption_of, values_of
from gdcli.experiments.spec import LossSpec, NetworkSpec, Spec, train_epochs
from gdcli.experiments.streaming import refuse_stored, stored_examples, streams
from gdcli.nn import losses
from gdcli.nn.activations import Activation
from gdcli.nn.losses import LossDefinition
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Optimizer
from gdcli.said import enumerated, say, together
from gdcli.training.loop import Problem
from gdcli.training.pace import Pace
from gdcli.training.records import Epoch, Step, Stretch
from gdcli.training.stopping import NETWORK_FLOOR

BATCH = 32


@dataclass(frozen=True, eq=False)
class NetworkExperiment(Experiment):
    """A network on its rows.

    Args:
        test: Test rows as read, or None.
        values: The known values of each text column taken as input.
        preparation: How rows become inputs, and outputs are read.
        loss: What is minimised, as defined.
        dtype: Of the parameters.
        weights: How much each class counts, or None.
        past: The run this one goes on from, or None.
    """

    test: Dataset | None
    values: Values
    preparation: Preparation
    loss: LossDefinition
    dtype: Any
    weights: Array | None
    past: SavedModel | None

    @property
    def model(self) -> NetworkSpec:
        """The network's form, as asked for."""
        assert isinstance(self.spec.model, NetworkSpec)  # noqa: S101 - for the type checker
        return self.spec.model

    @property
    def network(self) -> Network:
        """The problem's model."""
        assert isinstance(self.problem.model, Network)  # noqa: S101 - for the type checker
        return self.problem.model

    @property
    def loss_name(self) -> str:
        """The loss as on the command line."""
        name = flag_name(self.loss.__name__)
        return self.loss.title if self.loss.title == name else name

    @property
    def loss_title(self) -> str:
        """The loss as people write it, in a title."""
        return self.loss.title

    @property
    def loss_key(self) -> str:
        """The loss as on the command line."""
        return self.loss_name

    @property
    def floor(self) -> float:
        """The least loss that an explosion is measured by."""
        return NETWORK_FLOOR * self.unit

    @property
    def unit(self) -> float:
        """What a loss of standardised targets is multiplied by to be in the target's own units."""
        return 1.0 if self.preparation.classes else losses.scale(self.loss, self.preparation.factor)

    @property
    def has_finite_optimum(self) -> bool:
        """Whether larger weights cost something even where all rows are right: by a penalty, or smoothed labels."""
        return super().has_finite_optimum or bool(self.smoothing)

    @property
    def smoothing(self) -> float:
        """Part of a label that is spread over all classes."""
        return self.model.label_smoothing

    @property
    def model_words(self) -> str:
        """The network in a line: 784 - 128 relu - 10 softmax."""
        network, preparation = self.network, self.preparation
        hidden = zip(network.sizes[1:-1], network.activations, strict=True)
        parts = [str(network.sizes[0]), *(f"{size} {flag_name(one.__name__)}" for size, one in hidden)]
        head = "softmax" if network.sizes[-1] > 1 else "sigmoid" if preparation.classes else "linear"
        dropout = say("   dropout {rate:g}", rate=network.rate) if isinstance(network, Dropout) else ""
        return together(" - ", [*parts, f"{network.sizes[-1]} {head}"]) + dropout

    @property
    def disk_words(self) -> str:
        """Where rows are that might stay on disk; empty where nothing is asked for."""
        if not isinstance(self.data, StoredDataset):
            return "" if self.model.shuffle_rows is None else say("all in memory")
        how = (
            say("{buffer:,} shuffled at a time", buffer=self.data.buffer)
            if self.spec.loop.shuffle
            else say("in their order")
        )
        by = isinstance(self.spec.stop.validation, str) or self.validation is None or not self.spec.loop.shuffle
        return say("on disk, {how}{what}", how=how, what="" if by else say("; held out by number and seed"))

    def named_parameters(self, parameters: Array) -> dict[str, Array]:
        """Weights and biases, layer by layer, as PyTorch names them."""
        named: dict[str, Array] = {}
        for at, layer in enumerate(self.network.layers):
            named |= {f"{2 * at}.weight": layer.weights(parameters).T, f"{2 * at}.bias": layer.bias(parameters)}
        return named

    def predict(self, parameters: Array, inputs: Array) -> Array:
        """Class indices, or numbers in the target's units, for raw inputs."""
        return self.preparation.predicted(outputs(self.network, parameters, self.preparation, inputs))

    @property
    def limit(self) -> None:
        """No closed form is known."""
        return None

    @property
    def resumed(self) -> Epoch | None:
        """The record that the run goes on from; None if it begins."""
        return None if self.past is None else resumption_of(self.past).record

    def _before(self, stream: Iterator[Step | Epoch | Stretch]) -> Iterable[Epoch]:
        if self.past is None:
            return ()
        first = next(stream)
        assert isinstance(first, Epoch), "a run begins with a state"  # noqa: S101 - for the type checker
        penalised = (one.problem for one in self.segments if one.problem.l1 or one.problem.l2)
        start = initial(self.network, _network_spec(self.spec), self.spec.loop.seed, self.dtype)
        return before(self.past, start, first, next(penalised, self.problem), len(self.segments) > 1)


def read_network(spec: Spec, reader: Reader, past: SavedModel | None = None) -> NetworkExperiment:
    """Reads the rows of a spec and makes the experiment; `past` is a run to go on with.

    Raises:
        DataError: If they cannot be read, or cannot be learned from.
        OptionError: If an option cannot be.
    """
    if past is not None:
        resumption_of(past)
    known = ((), None) if past is None else (past.preparation.classes, values_of(past), past.preparation.texts)
    network = _network_spec(spec)
    read = stored_examples if streams(spec.data, network, reader) else read_examples
    return network_experiment(spec, read(spec.data, network, reader, *known), reader, past).checked()


def network_experiment(
    spec: Spec, examples: Examples, reader: Reader | None = None, past: SavedModel | None = None
) -> NetworkExperiment:
    """The experiment on examples already read; `reader` reads those of a --validation file.

    Raises:
        DataError: If they cannot be learned from.
        OptionError: If an option cannot be.
    """
    model_spec, reader = _network_spec(spec), reader or Reader()
    dtype = np.dtype(model_spec.dtype or "float32").type
    refuse_unfit(examples, spec.name)
    if past is not None:
        _refuse_other(examples.data, past)
        if spec.folds.folds is not None:
            raise OptionError(
                say("--folds: a run that goes on has seen all rows"), say("leave out --resume, or --folds")
            )
    early = () if past is not None else before_split(spec, len(examples.data), len(examples.data.classes))
    spec = spec.replace(**{choice.name: choice.value for choice in early}) if early else spec
    data, validation = building.held_out(
        examples.data,
        spec,
        lambda name: read_like(name, None, examples, spec.data, reader),
        usual=VALIDATION if len(examples.data) >= FEW_ROWS else None,
    )
    refuse_stored(spec, data, BATCH)
    building.check_stopping(spec, validation, len(data.classes))
    fill = learned_fill(data) if past is None else Fill(past.preparation.means)
    filled, unfilled = building.filling(spec, data, fill), building.unfilled(spec, data, validation)
    validation, test = (None if rows is None else filled(rows) for rows in (validation, examples.test))
    data = filled(data)
    reading = _reading(spec, examples, {"train": data, "validation": validation, "test": examples.test}, reader)
    if model_spec.label_smoothing and not data.classes:
        raise OptionError(say("--label-smoothing goes with classes, and the target is a number"), say("leave it out"))
    loss = _loss(spec.loss, data)
    one_logit = len(data.classes) == 2 and "binary" in loss.tasks
    count = 1 if not data.classes or one_logit else len(data.classes)
    beside = model_spec.features or ()
    preparation = past.preparation if past is not None else prepare(data, _scaling(spec, data), count, fill, beside)
    preparation = replace(preparation, missing=spec.data.missing or "fail", texts=examples.texts)
    weights = _weights(model_spec, data)
    if weights is not None and not loss.weighted:
        name = flag_name(loss.__name__)
        raise OptionError(
            say("--class-weight: the loss {name} takes no class weights", name=name), say("use cross-entropy")
        )
    bound = losses.classifier(loss, weights) if data.classes else loss
    model = _network(model_spec, len(preparation.names), count) if past is None else past.network
    problem = Problem(
        model,
        bound,
        preparation.encoded(data, dtype, model_spec.label_smoothing),
        None if validation is None else preparation.encoded(validation, dtype, model_spec.label_smoothing),
        spec.loss.l1,
        spec.loss.l2,
        {"accuracy": correct} if data.classes else {},
    )
    optimizer = _saved_optimizer(spec, past) or building.optimizer(spec.optimizer, "adam")
    rate = type(optimizer).usual_learning_rate if spec.rate.lr is None else spec.rate.lr
    batch = building.batch_size(spec.loop, len(data), usual=BATCH)
    pace = changes.pace(spec, batch, len(data))
    epochs = train_epochs(len(examples.data)) if spec.epochs.epochs is None else spec.epochs.epochs
    if past is not None:
        _refuse_shorter(pace, past)
    made = NetworkExperiment(
        spec=spec,
        data=data,
        validation=validation,
        problem=problem,
        start=initial(model, model_spec, spec.loop.seed, dtype) if past is None else past.parameters,
        optimizer=optimizer,
        schedule=building.schedule(changes.rates(spec), rate, pace.steps(epochs)),
        rate=rate,
        epochs=epochs,
        batch_size=batch,
        test=test,
        values=examples.values,
        preparation=preparation,
        loss=loss,
        dtype=dtype,
        weights=weights,
        past=past,
        reading=reading,
        unfilled=unfilled,
    )
    return made if past is not None else settled(made, early)


def _reading(spec: Spec, examples: Examples, parts: Mapping[str, Dataset | None], reader: Reader) -> ReadReport | None:
    """What was read, and which classes are missing from a part of the rows."""
    if examples.report is None or not examples.data.classes:
        return examples.report
    given = isinstance(spec.stop.validation, str)
    how = "given" if given else "shuffled" if spec.loop.shuffle else say("in order")
    missing = [*missing_classes({name: rows for name, rows in parts.items() if rows is not None}, how)]
    reader.say(warning.sentence for warning in missing)
    return examples.report.warned(missing)


def initial(model: Network, spec: NetworkSpec, seed: int, dtype: Any) -> Array:
    """Starting weights by the seed."""
    initializer = None if spec.init is None else named(INITIALIZER, "--init", spec.init)
    return model.initial(np.random.default_rng(seed), dtype, initializer)


def _network_spec(spec: Spec) -> NetworkSpec:
    assert isinstance(spec.model, NetworkSpec)  # noqa: S101 - for the type checker
    return spec.model


def refuse_unfit(examples: Examples, name: str) -> None:
    """Refuses rows from which no network can be learned.

    Raises:
        DataError: If there is one row, no input varies, there is one class, or nearly one a row that nobody asked for.
    """
    data = examples.data
    if examples.report is not None:
        refuse_own_labels(examples.report)
    refuse_single_row(data, name, say(": a network needs more"))
    refuse_constant_inputs(data, name, say("a network learns from inputs that vary; choose others with --x"))
    if len(data.classes) == 1:
        warnings = () if examples.report is None else examples.report.warnings
        other = next((one.sentence for one in warnings if one.kind == "first column"), "")
        raise DataError(
            say(
                "{name}: column '{target_name}': every row is of class '{classes}'",
                name=name,
                target_name=data.target_name,
                classes=data.classes[0],
            ),
            other or say("a classifier needs two classes; choose another target with --y"),
        )


def _refuse_other(data: Dataset, past: SavedModel) -> None:
    """Refuses to go on with other columns or classes than the run began with."""
    prepared = past.preparation
    if data.input_names != prepared.input_names or data.classes != prepared.classes:
        raise DataError(
            say(
                "--resume: the model was trained on {count} inputs and {count2} classes, and these rows "
                "have other ones",
                count=len(prepared.input_names),
                count2=len(prepared.classes) or "no",
            ),
            say("go on with the data the run began with"),
        )


def _saved_optimizer(spec: Spec, past: SavedModel | None) -> Optimizer | None:
    """The optimizer of a run that goes on, as it was at its start; None if it is not known from the last step."""
    if past is None:
        return None
    resumption = resumption_of(past)
    changed = any(one.step <= resumption.record.step for one in spec.changes.at or ())
    return None if changed else resumption.optimizer


def _refuse_shorter(pace: Pace, past: SavedModel) -> None:
    """Refuses to go on in an epoch that on these rows is over before it gets there."""
    record = resumption_of(past).record
    if record.within and pace.taken(record.step, record.within) >= pace.rows:
        each = -(-pace.rows // pace.size(record.step))
        raise DataError(
            say(
                "--resume: the model stopped {within} updates into an epoch, and with these rows one has {each}",
                within=record.within,
                each=each,
            ),
            say("go on with the data the run began with"),
        )


def _loss(spec: LossSpec, data: Dataset) -> LossDefinition:
    """The loss asked for, of those that go with the targets."""
    if not data.classes:
        return building.loss_named(spec)
    usual = "binary-cross-entropy" if len(data.classes) == 2 else "cross-entropy"
    found = building.loss_named(spec, usual, "binary", "multiclass")
    if len(data.classes) > 2 and "multiclass" not in found.tasks:
        name = flag_name(found.__name__)
        raise OptionError(
            say("--loss: {name} is for two classes, and there are {count}", name=name, count=len(data.classes)),
            say("use cross-entropy"),
        )
    return found


def _scaling(spec: Spec, data: Dataset) -> scaling.Scaling:
    largest = None if _network_spec(spec).features else largest_pixel(data)
    return building.scaling_for(spec.loop, scaling.standard if largest is None else scaling.by(largest))


def _network(spec: NetworkSpec, inputs: int, count: int) -> Network:
    hidden, names = spec.hidden or (), spec.activation or ("relu",)
    chosen: list[Activation] = [named(ACTIVATION, "--activation", name) for name in names]
    if len(chosen) not in (1, len(hidden)):
        raise OptionError(
            say("--activation: {count} activations for {count2} hidden layers", count=len(chosen), count2=len(hidden)),
            say("give one, or one for each"),
        )
    if spec.activation is not None and not hidden:
        raise OptionError(say("--activation: there is no hidden layer for it"), say("add --hidden 64"))
    sizes = (inputs, *hidden, count)
    if spec.dropout:
        if not hidden:
            raise OptionError(say("--dropout silences hidden neurons, and there are none"), say("add --hidden 64"))
        return Dropout(sizes, tuple(chosen), spec.dropout)
    return Network(sizes, tuple(chosen) if hidden else ())


def _weights(spec: NetworkSpec, data: Dataset) -> Array | None:
    """How much each class counts.

    Raises:
        OptionError: If a class is not among the data's.
    """
    wanted = spec.class_weight
    if wanted is None:
        return None
    if not data.classes:
        raise OptionError(say("--class-weight goes with classes, and the target is a number"))
    if isinstance(wanted, str):
        return class_weights(data.class_counts())
    weights = dict.fromkeys(data.classes, 1.0)
    for label, weight in wanted:
        if label not in weights:
            raise OptionError(
                say("--class-weight: there is no class '{label}'", label=label),
                say("classes: {names}", names=enumerated(data.classes)),
            )
        weights[label] = weight
    return np.array(list(weights.values()))
