"""Specs: what a run is, before any row is read. Frozen values in the library's words, JSON-able and picklable.

Each group's fields are the options of the command line, of `gdcli.fit(...)` and of a saved model alike: the name, the
default, the text form and the line of help stand here and nowhere else. The file is long because it is that place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from gdcli.data.sources import title
from gdcli.definitions import OPTIMIZER, STOPPING_RULE
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.notation import Change, ClassWeight, Named, Setting, Settings
from gdcli.experiments.options import Group, Option, option, options_of_definitions
from gdcli.said import enumerated, say

if TYPE_CHECKING:
    from gdcli.training.rules import StoppingRule

__all__ = [
    "ChangeSpec",
    "DataSpec",
    "EpochSpec",
    "FoldSpec",
    "LineSpec",
    "LoopSpec",
    "LossSpec",
    "NetworkSpec",
    "OptimizerSpec",
    "RateSpec",
    "Spec",
    "StopSpec",
]

DATA_HELP = "A table (csv, tsv, ...; .gz too), .npz, - for stdin, or sample:NAME; several files are one table."
FEATURES_HELP = "Further inputs, made from the columns: powers, products, sin, cos, exp, abs. [none]"
CONSTANT = Named("constant")
FIT_EPOCHS, FIT_RATE = 500, 0.1
TRAIN_EPOCHS, TRAIN_ROWS, MOST_EPOCHS = 20, 32_000, 1000


def train_epochs(rows: int) -> int:
    """A network's usual passes over the data: 20, or as many as show it few rows 32,000 times, 1,000 batches of 32."""
    return min(MOST_EPOCHS, max(TRAIN_EPOCHS, -(-TRAIN_ROWS // max(1, rows))))


@dataclass(frozen=True)
class DataSpec(Group):
    """Where the rows come from and how to read them.

    Args:
        source: A path, `-` for standard input, or sample:NAME.
    """

    source: str | None = None
    x: tuple[str, ...] | None = option(
        None, "Input columns, by name or number; else all other numeric.", "A,B", "columns"
    )
    y: str | None = option(
        None, "Target column; else y, target, label, class, or the last.", "C", "text", ("--y", "--target")
    )
    missing: str | None = option(None, "What to do with empty cells. [fail]", "fail|drop|mean", "missing")
    delimiter: str | None = option(None, "Cell separator. [detected]", "CHAR", "text")
    header: bool | None = option(None, "Whether the first line holds the columns' names. [detected]", "", "switch")
    encoding: str = option("utf-8", "Encoding of the text. [utf-8]", "NAME", "text")
    decimal: str = option(".", "The decimal mark. [.]", ".|,", "text")
    thousands: str | None = option(None, "What separates groups of three digits. [nothing]", "CHAR", "text")
    na: tuple[str, ...] | None = option(
        None, "Further words that stand for a gap, beside the usual ones: NA, -, ?, #N/A, ...", "WORD,...", "names"
    )
    comment: str | None = option(None, "What a line begins with that is no row. [#]", "TEXT", "text")
    allow: tuple[str, ...] | None = option(
        None, "Raise limits: columns, cell, unpacked, entries, groups.", "NAME=N,...", "names"
    )

    @classmethod
    def arguments(cls) -> tuple[Option, ...]:
        """DATA."""
        return (Option("source", None, DATA_HELP, "[DATA]...", "text"),)


@dataclass(frozen=True)
class LineSpec(Group):
    """A linear model's form and start."""

    m: float | None = option(None, "Slope (one input). [0]", "M", "number")
    b: float | None = option(None, "Intercept. [0]", "B", "number")
    start: tuple[float, ...] | str | None = option(
        None, "All parameters, in raw units; or drawn by --seed. [zeros]", "W1,W2,...,B|random", "start"
    )
    degree: int = option(1, "Powers of each input, up to N. [1]", "N", "degree")
    no_intercept: bool = option(False, "Through the origin: no b.")


@dataclass(frozen=True)
class NetworkSpec(Group):
    """A network's form, and what it is trained on besides the rows."""

    hidden: tuple[int, ...] | None = option(
        None, "Neurons of each hidden layer. [none: softmax regression]", "N,N", "hidden"
    )
    activation: tuple[str, ...] | None = option(
        None, "{activation}: one for all hidden layers, or one for each. [relu]", "NAME,...", "names"
    )
    init: str | None = option(None, "{initializer}. [what suits the activation]", "NAME", "text")
    dropout: float | None = option(None, "Silences hidden neurons while training. [0]", "P", "below_one")
    dtype: str | None = option(None, "[float32]", "float32|float64", "dtype")
    task: str | None = option(
        None, "[as the target looks: text or few whole numbers]", "classification|regression", "task"
    )
    categorical: tuple[str, ...] | None = option(None, "Text columns to take as inputs, one-hot.", "A,B", "columns")
    features: tuple[str, ...] | None = option(None, FEATURES_HELP, "x1^2,x1x2,sin(x1)", "names")
    test: str | None = option(None, "Rows to test on at the end.", "FILE", "text")
    labels: str | None = option(None, "Labels of IDX images.", "FILE", "text")
    test_labels: str | None = option(None, "Labels of the test set's IDX images.", "FILE", "text")
    shuffle_rows: int | None = option(
        None,
        "Rows kept in memory and shuffled at a time; the others stay on disk. [all; very large files: some]",
        "N",
        "count",
    )
    label_smoothing: float = option(0.0, "Part of a label spread over all. [0]", "S", "below_one")
    class_weight: str | tuple[ClassWeight, ...] | None = option(
        None,
        "What each class counts for in the mean over the rows; balanced: rows / (classes x the class's rows). [1]",
        "balanced|A=2,B=1",
        "class_weight",
    )


@dataclass(frozen=True)
class RateSpec(Group):
    """The learning rate and how it moves."""

    lr: float | None = option(
        None, "Learning rate. [0.1; train: the optimizer's usual one]", "LR", "positive", ("--lr", "--learning-rate")
    )
    schedule: Named = option(
        CONSTANT,
        "{schedule}; settings as step:every=9,factor=0.5.",
        "NAME",
        "schedule",
    )
    warmup: int = option(0, "Steps of a straight ramp up to it. [0]", "STEPS", "whole")
    lr_at: tuple[Change, ...] | None = option(
        None, "From that step on, that rate; 1 = the first.", "STEP:LR,...", "lr_at"
    )


@dataclass(frozen=True)
class LoopSpec(Group):
    """Batches, order, scale."""

    batch_size: int | str | None = option(None, "Rows a step. [full; train: 32]", "N|full", "batch_size")
    shuffle: bool = option(True, "Shuffle rows each epoch. [yes]")
    seed: int = option(0, "Of split and shuffling. [0]", "N", "whole")
    scale: str | float | None = option(
        None,
        "Scale inputs, as training rows ask. [none; train: standard, images by their largest pixel]",
        "none|standard|minmax|NUMBER",
        "scale",
    )
    standardize: bool = option(False, "Short for --scale standard.")
    threads: int | None = option(None, "For linear algebra. [1]", "N", "count")

    @property
    def scaling(self) -> str | float | None:
        """The scaling asked for, by either option.

        Raises:
            OptionError: If two are.
        """
        reject_together({"--standardize": self.standardize, "--scale": self.scale})
        return "standard" if self.standardize else self.scale

    @property
    def is_scaled(self) -> bool:
        """Whether inputs are scaled at all."""
        return self.standardize or self.scale not in (None, "none")

    @property
    def takes_raw(self) -> bool:
        """Whether a network is asked to take its inputs as they are; unless asked, it scales them."""
        return not self.standardize and self.scale == "none"


@dataclass(frozen=True)
class EpochSpec(Group):
    """Passes over the data."""

    epochs: int | None = option(None, "Passes over the data. [500; train: until the loss is flat]", "N", "whole")
    chosen: str | None = option(None, "What was chosen: a rerun: line has it, json repeats it.", "NOTE", "note")


@dataclass(frozen=True)
class Numbered(Group):
    """A group whose further options are the fields of definitions: numbers by name, as far as given."""

    settings: Settings = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The group with these values of its options; others are not looked at."""
        own = {one.name for one in fields(cls)}
        given = {one.name: values[one.name] for one in cls.options() if one.name in values}
        numbers = tuple((name, value) for name, value in given.items() if name not in own and value is not None)
        return cls(**{name: value for name, value in given.items() if name in own}, settings=numbers)

    def values(self) -> dict[str, Any]:
        """Each option's value; None where a number is not given."""
        given = dict(self.settings)
        own = {one.name for one in fields(self)}
        return {one.name: getattr(self, one.name) if one.name in own else given.get(one.name) for one in self.options()}


@dataclass(frozen=True)
class OptimizerSpec(Numbered):
    """How a gradient becomes an update: an optimizer's name, and its hyperparameters as far as given."""

    optimizer: str | None = option(None, "{optimizer}. [sgd; train: adam]", "NAME", "text")

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The optimizer, then the hyperparameters of all optimizers."""
        return (*super().options(), *options_of_definitions(OPTIMIZER))


@dataclass(frozen=True)
class LossSpec(Group):
    """What is minimised."""

    loss: str | None = option(
        None,
        "{loss:regression}; for classes {loss:binary,multiclass}. [mse; classes: cross-entropy]",
        "NAME",
        "text",
    )
    l1: float = option(0.0, "Adds A sum |w|, biases left out. [0]", "A", "non_negative")
    l2: float = option(0.0, "Adds A/2 sum w^2, biases left out. [0]", "A", "non_negative")


@dataclass(frozen=True)
class StopSpec(Numbered):
    """What is held out, which epoch counts, and the stopping rules by their settings."""

    validation: str | float | None = option(
        None, "Rows held out: a part, or a file of them.", "FRACTION|FILE", "validation"
    )
    keep: str | None = option(
        None, "Which epoch's parameters count where rows are held out. [best]", "best|last", "keep"
    )
    require_converged: bool = option(False, "Exit 5 unless a tolerance (1e-6 if none is given) or target was met.")

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """What is held out and kept, then the settings of all stopping rules."""
        own = super().options()
        return (*own[:-1], *options_of_definitions(STOPPING_RULE), own[-1])

    def rules(self) -> tuple[StoppingRule, ...]:
        """The stopping rules in force."""
        from gdcli.training.rules import converging, idle_settings, in_force  # needs NumPy, which a spec does not

        given = in_force(dict(self.settings))
        idle = idle_settings(given, [name for name, _ in self.settings])
        for name, needed in idle.items():
            flag, other = (one.replace("_", "-") for one in (name, needed))
            raise OptionError(
                say("--{flag} goes with --{other}", flag=flag, other=other),
                say("give --{other} as well, or leave --{flag} out", other=other, flag=flag),
            )
        return converging(given) if self.require_converged else given

    def rule(self, name: str, default: Any = None) -> Any:
        """A rule's setting, as given."""
        return dict(self.settings).get(name, default)


@dataclass(frozen=True)
class FoldSpec(Group):
    """How the run is scored on rows that it has not seen, beside those held out."""

    folds: int | None = option(
        None, "Score by K-fold cross-validation too: mean and standard error. [none]", "K", "count"
    )


@dataclass(frozen=True)
class ChangeSpec(Group):
    """What changes in mid-run."""

    at: tuple[Setting, ...] | None = option(
        None,
        "From that step on, that value: of lr, batch-size, optimizer and its settings, l1, l2, dropout. Repeatable.",
        "STEP:NAME=VALUE",
        "at",
    )


def reject_together(options: Mapping[str, Any]) -> None:
    """Refuses options that say two things about one.

    Raises:
        OptionError: If more than one of them is given.
    """
    given = [name for name, value in options.items() if value]
    if len(given) > 1:
        raise OptionError(
            say("{given} and {given2} cannot both be given", given=given[0], given2=given[1]),
            say("leave out one of {names}", names=enumerated(given)),
        )


@dataclass(frozen=True)
class Spec:
    """One run: what is learnt, from which rows, how, and what ends it.

    Args:
        model: A line or a network.
        data: Where the rows come from.
        rate: The learning rate.
        loop: Batches, order, scale.
        epochs: Passes over the data.
        optimizer: From gradient to update.
        loss: What is minimised.
        stop: What ends it.
        folds: How it is scored beside that.
        changes: What changes in mid-run.

    >>> Spec(LineSpec(), DataSpec("sample:deck")).replace(lr=0.5, degree=2).model.degree
    2
    """

    model: LineSpec | NetworkSpec
    data: DataSpec = DataSpec()
    rate: RateSpec = RateSpec()
    loop: LoopSpec = LoopSpec()
    epochs: EpochSpec = EpochSpec()
    optimizer: OptimizerSpec = OptimizerSpec()
    loss: LossSpec = LossSpec()
    stop: StopSpec = StopSpec()
    folds: FoldSpec = FoldSpec()
    changes: ChangeSpec = ChangeSpec()

    COMMANDS: ClassVar[Mapping[str, type[Group]]] = {"fit": LineSpec, "train": NetworkSpec}

    @property
    def command(self) -> str:
        """The command that runs it."""
        return next(name for name, kind in self.COMMANDS.items() if isinstance(self.model, kind))

    @property
    def name(self) -> str:
        """What the rows are called."""
        return say("standard input") if self.data.source == "-" else title(str(self.data.source))

    @classmethod
    def of(cls, command: str, source: str | None, values: Mapping[str, Any]) -> Spec:
        """The run of a command with these options, given as texts or values.

        Raises:
            OptionError: If there is no such option, or a value is none of its own.
        """
        known = {one.name: one for one in options_of(command)}
        for name in values.keys() - known.keys():
            raise OptionError(
                say("{command} has no option '{name}'", command=command, name=name), did_you_mean(name, known)
            )
        read = {name: known[name].read(value) for name, value in values.items()}
        groups = {name: kind.of(read) for name, kind in groups_of(command).items()}
        spec = cls(**groups)  # type: ignore[arg-type]  # each group is of its field's kind
        return replace(spec, data=replace(spec.data, source=source))

    def groups(self) -> Iterator[tuple[str, Group]]:
        """The groups by name, in the order of the command line."""
        for name in groups_of(self.command):
            yield name, getattr(self, name)

    def values(self) -> dict[str, Any]:
        """Each option's value, by name."""
        return {name: value for _, group in self.groups() for name, value in group.values().items()}

    def given(self) -> dict[str, Any]:
        """The options whose value is not the default."""
        usual = {one.name: one.default for one in options_of(self.command)}
        return {name: value for name, value in self.values().items() if value != usual[name]}

    def replace(self, **changes: Any) -> Spec:
        """The same run with some options changed, by their names; `source` names other rows."""
        result, data = self, self.data
        if "source" in changes:
            data = replace(data, source=changes.pop("source"))
            result = replace(result, data=data)
        left = set(changes)
        for name, group in result.groups():
            own = {one.name for one in group.options()} & left
            if own:
                left -= own
                made = type(group).of(group.values() | {one: changes[one] for one in own})
                made = replace(made, source=data.source) if isinstance(made, DataSpec) else made
                result = replace(result, **{name: made})  # type: ignore[arg-type]  # as above
        if left:
            raise OptionError(say("{command} has no option '{min}'", command=self.command, min=min(left)))
        return result

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON has it."""
        groups: dict[str, Any] = {name: asdict(group) for name, group in self.groups()}  # type: ignore[call-overload]  # dataclasses
        return groups | {"model": {"kind": self.command, **groups["model"]}}

    @classmethod
    def from_dict(cls, known: Mapping[str, Any]) -> Spec:
        """The spec that `as_dict` gave, with or without JSON between.

        Raises:
            KeyError, TypeError, ValueError: If it is none.
        """
        model = dict(known["model"])
        command = str(model.pop("kind"))
        kinds = groups_of(command)
        written = {"folds": {}, "changes": {}, **known, "model": model}  # earlier versions had none of these
        parts = {name: _restored(kind, written[name]) for name, kind in kinds.items()}
        spec = cls(**parts)  # type: ignore[arg-type]  # as above
        try:
            read = cls.of(command, spec.data.source, spec.given())
        except OptionError as error:
            raise ValueError(error.message) from None
        empty = None in spec.given().values()  # where the usual value is another
        if read != spec or empty or not isinstance(spec.data.source, str | None):
            raise ValueError(say("a spec with a value that no option takes"))
        return read


def groups_of(command: str) -> dict[str, type[Group]]:
    """The groups of options of `fit` or `train`, in the order of the command line."""
    return {
        "data": DataSpec,
        "model": Spec.COMMANDS[command],
        "rate": RateSpec,
        "loop": LoopSpec,
        "epochs": EpochSpec,
        "optimizer": OptimizerSpec,
        "loss": LossSpec,
        "stop": StopSpec,
        "folds": FoldSpec,
        "changes": ChangeSpec,
    }


def options_of(command: str) -> tuple[Option, ...]:
    """The options of `fit` or `train` that make its spec, in order."""
    return tuple(one for kind in groups_of(command).values() for one in kind.options())


RECORDS: Mapping[str, type[Any]] = {"schedule": Named, "lr_at": Change, "at": Setting, "class_weight": ClassWeight}
"""What the parts of some fields are, which JSON has as lists."""


def _restored(kind: type[Group], known: Mapping[str, Any]) -> Group:
    """A group from what JSON made of it."""
    values = {name: _frozen(RECORDS.get(name), value) for name, value in dict(known).items()}
    if not isinstance(values.get("settings", ()), tuple):
        raise TypeError("the settings are no pairs of names and numbers")
    return kind(**values)


def _frozen(record: type[Any] | None, value: Any) -> Any:
    """Lists as tuples, and the records that they were."""
    if not isinstance(value, list | tuple):
        return value
    if record is Named:
        name, settings = value
        return Named(name, _frozen(None, settings))
    if record is not None:
        made = tuple(record(*part) for part in value)
        if any(isinstance(one, Setting) and not isinstance(one.name, str) for one in made):
            raise TypeError("a setting's name is no text")
        return made
    return tuple(_frozen(None, part) for part in value)
