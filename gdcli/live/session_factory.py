"""Where the playground's runs are set up, as `fit` and `train` set them up, from a spec that keys change."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Self, TypeVar

from gdcli.data.samples import samples
from gdcli.definitions import ACTIVATION, OPTIMIZER, flag_name
from gdcli.definitions import names as names_of
from gdcli.errors import OptionError
from gdcli.experiments import notation
from gdcli.experiments.changes import together, with_changes
from gdcli.experiments.line import line_experiment
from gdcli.experiments.network import network_experiment
from gdcli.experiments.notation import RANDOM, Change, Named, Setting
from gdcli.experiments.reading import Reader, read_examples, sample_rows
from gdcli.experiments.spec import NetworkSpec, OptimizerSpec, Spec
from gdcli.formatting import exact
from gdcli.live.configuration import Configuration, Origin, Parser, sample_configuration, with_rows
from gdcli.live.experiment_setup import has_end
from gdcli.live.line_scene import line_setup
from gdcli.live.messages import describe_changes
from gdcli.live.momentum import next_kept
from gdcli.live.network_scene import network_setup
from gdcli.live.saved_setup import as_saved, restored
from gdcli.live.setup import Choice, LineScene, Setup, Turns
from gdcli.said import enumerated, say

__all__ = ["SessionFactory"]

T = TypeVar("T")
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
PENALTIES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
DROPOUTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)
NOISES = (0.0, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
TOY_NOISE = 0.1
FIRST_LAYER = 4
FORM = ("layers", "neurons", "activation", "data")  # what is not given is chosen anew for another model, or other rows


class SessionFactory:
    """Sets runs up from a configuration that keys change.

    Args:
        configuration: The run to begin with.
        parse: Reads the command of a sample.
        piped: The rows, if they come from standard input.
        shown: What the data is called on the screen, if not by its source.
    """

    def __init__(
        self, configuration: Configuration, parse: Parser, piped: bytes | None = None, shown: str = ""
    ) -> None:
        self._first = self._now = configuration
        self._parse, self._piped, self._shown = parse, piped, shown
        self._rows: tuple[Any, Any] = (None, None)
        self._setup: Setup | None = None
        self.notes: list[str] = []

    @classmethod
    def from_origin(cls, origin: Origin, parse: Parser, piped: bytes | None = None) -> SessionFactory:
        """The runs that begin with the options given.

        Raises:
            GdcliError: If they go together with no run.
        """
        return cls(with_rows(origin, parse, _reader(piped, [])), parse, piped)

    @classmethod
    def from_saved(cls, saved: Any, recording: str, parse: Parser) -> SessionFactory:
        """The runs of a recording.

        Raises:
            DataError: If it does not hold one.
        """
        configuration, piped, name = restored(saved, recording, parse)
        return cls(configuration, parse, piped, name)

    @property
    def setup(self) -> Setup:
        """The run as it is set up now."""
        if self._setup is None:
            self._setup = self._network() if self._is_network else self._line()
        return self._setup

    @property
    def spec(self) -> Spec:
        """The run's spec."""
        return self._now.spec

    def configuration(self, changes: Sequence[Setting] = ()) -> Configuration:
        """The run's spec, and which of its options are named, with what was changed by hand from the start."""
        return self._folded(changes) if changes else self._now

    @property
    def source(self) -> str:
        """Where the rows come from."""
        return str(self.spec.data.source)

    # setting up

    @property
    def _is_network(self) -> bool:
        return isinstance(self.spec.model, NetworkSpec)

    def _line(self) -> Setup:
        spec, reader = self.spec, _reader(self._piped, self.notes)
        rows = self._read(spec.data, lambda: reader.numbers(self.source, spec.data))
        return line_setup(line_experiment(spec, rows, reader), self._shown or self.source)

    def _network(self) -> Setup:
        spec, model, reader = self.spec, self._model, _reader(self._piped, self.notes)
        key = spec.data, model.task, model.categorical, model.dtype, model.labels, model.test, model.test_labels
        examples = self._read(key, lambda: read_examples(spec.data, model, reader))
        return network_setup(network_experiment(spec, examples, reader), self._shown or self.source)

    def _read(self, key: Any, read: Callable[[], T]) -> T:
        """Rows, read once as long as nothing about reading them changes."""
        if self._rows[0] != key:
            self._rows = key, read()
        rows: T = self._rows[1]
        return rows

    # changing

    def with_options(self, **changes: Any) -> Self:
        """Another factory, on the same rows, with some options of the run changed; this one stays as it is."""
        other = copy(self)
        if changes:
            other._set(**changes)
        return other

    def again(self, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """The same run, with what was changed in the one before."""
        if changes or rate is not None:
            self._keep(changes)
        self._take_rate(rate)
        return say("The same start again, by its schedule.") if has_end(self.spec) else say("The same start again.")

    def restart_from(self, x: float, y: float, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """The same run, from another start."""
        scene = self.setup.scene
        if not isinstance(scene, LineScene) or scene.landscape is None:
            raise OptionError(say("a start is pointed at on a loss surface"))
        values = scene.raw(self.setup.start).tolist()
        for at, value in zip(scene.landscape.over, (x, y), strict=True):
            values[at] = value
        self._keep(changes)
        if scene.names == ("m", "b"):
            self._set(m=values[0], b=values[1], start=None)
        else:
            self._set(m=None, b=None, start=tuple(values))
        self._take_rate(rate)
        return say(
            "Start at {names} = {x}, {names2} = {y}.",
            names=scene.landscape.names[0],
            x=exact(x),
            names2=scene.landscape.names[1],
            y=exact(y),
        )

    def value(self, choice: Choice, now: Setup) -> tuple[str, str] | None:
        """The option and its next value, of a setting that can change in mid-run."""
        chosen = VALUES.get(choice.name)
        return None if chosen is None else chosen(now, choice.direction)

    def change(self, choice: Choice, rate: float | None, changes: Sequence[Setting] = ()) -> str:
        """Another run, with one setting changed; if it cannot be set up, the old one stays."""
        with self._or_back():
            now = self.setup
            if changes or rate is not None or choice.name not in FORM:
                self._keep(changes)
            words = self._changed(choice, self.setup if changes else now)
            self._take_rate(rate)
            _ = self.setup
        return words

    def _changed(self, choice: Choice, now: Setup) -> str:
        if (new := self.value(choice, now)) is not None:
            return self._begin_with(Setting(1, *new))
        words: str = getattr(self, f"_{choice.name}")(choice.direction)
        return words

    def set_options(self, changes: Sequence[Setting], rate: float | None) -> str:
        """The same run with options of other values; if it cannot be set up, the old one stays."""
        with self._or_back():
            self._keep()
            words = self._begin_with(*changes)
            self._take_rate(rate)
            _ = self.setup
        return words

    @contextmanager
    def _or_back(self) -> Iterator[None]:
        """The run as it was, where another cannot be set up."""
        before = self._now, self._setup
        try:
            yield
        except BaseException:
            self._now, self._setup = before
            raise

    def _begin_with(self, *changes: Setting) -> str:
        """The run with options of other values from its start."""
        if any(one.name == "optimizer" for one in changes):  # another one begins with its own settings
            self._set(**dict.fromkeys(one.name for one in OptimizerSpec.options()[1:]))
        self._fold(changes)
        return say("{describe_changes}, from the same start.", describe_changes=describe_changes(changes))

    def _keep(self, changes: Sequence[Setting] = ()) -> None:
        """What was chosen for the run, so that nothing is chosen again; what was changed by hand, from the start."""
        self._set(**self.setup.chosen, lr=self.setup.rate)
        self._fold(changes)

    def _fold(self, changes: Sequence[Setting]) -> None:
        self._now, self._setup = self._folded(changes), None

    def _folded(self, changes: Sequence[Setting]) -> Configuration:
        spec = with_changes(self.spec, changes)
        before, after = self.spec.values(), spec.replace(at=self.spec.changes.at).values()
        named = {one.name for one in changes} | {name for name in after if after[name] != before[name]}
        return self._now.changed(**{name: after[name] for name in named})

    def _take_rate(self, rate: float | None) -> None:
        """The learning rate set by hand; a schedule that ends somewhere has its own."""
        others = tuple(one for one in self.spec.changes.at or () if one.name != "lr")
        given = self.spec.rate.lr_at is not None or len(others) < len(self.spec.changes.at or ())
        if rate is not None and not has_end(self.spec) and (given or rate != self.spec.rate.lr):
            self._set(lr=rate, lr_at=None, at=others or None)

    def _set(self, **changes: Any) -> None:
        self._now, self._setup = self._now.changed(**changes), None

    def _seed(self, direction: int) -> str:
        seed = self.spec.loop.seed + direction
        self._set(seed=seed)
        setup = self.setup
        model = self.spec.model
        changed = [say("another start")] * (isinstance(model, NetworkSpec) or model.start == RANDOM)
        changed += [say("another split")] * (setup.problem.validation is not None)
        changed += [say("another order of the rows")] * (setup.batch_size is not None and setup.shuffle)
        return say("Seed {seed}: {names}.", seed=seed, names=enumerated(changed) or say("nothing here depends on it"))

    @property
    def _model(self) -> NetworkSpec:
        """The network's form.

        Raises:
            OptionError: If it is a line.
        """
        if not isinstance(self.spec.model, NetworkSpec):
            raise OptionError(say("a line has no layers; a network is trained on classes, or with --hidden"))
        return self.spec.model

    def _activation(self, direction: int) -> str:
        model = self._model
        if not model.hidden:
            raise OptionError(say("there is no hidden layer to have an activation: h adds one"))
        names = names_of(ACTIVATION)
        chosen = _turned(names, (model.activation or ("relu",))[0].lower().replace("_", "-"), direction)
        self._set(activation=(chosen,))
        return say("Activation {chosen}, from the same seed.", chosen=chosen)

    def _layers(self, direction: int) -> str:
        hidden = self._model.hidden or ()
        if direction < 0 and not hidden:
            raise OptionError(say("there is no hidden layer to take away"))
        return self._with_hidden((*hidden, hidden[-1] if hidden else FIRST_LAYER) if direction > 0 else hidden[:-1])

    def _neurons(self, direction: int) -> str:
        hidden = self._model.hidden
        if not hidden:
            raise OptionError(say("there is no hidden layer: h adds one"))
        return self._with_hidden((*hidden[:-1], max(1, hidden[-1] + direction)))

    def _with_hidden(self, hidden: tuple[int, ...]) -> str:
        activation = (self._model.activation or ())[:1]
        if hidden:
            self._set(hidden=hidden, activation=activation or None)
        else:
            self._set(hidden=None, activation=None, dropout=None)
        return say("{model}, from the same seed.", model=self.setup.model)

    def _noise(self, direction: int) -> str:
        text = self.source.removeprefix("sample:") if self.source.startswith("sample:") else ""
        name, toys = text.partition(":")[0], {sample.name for sample in samples() if sample.source == "toy"}
        if name not in toys:
            raise OptionError(
                say("{source} is real data: noise goes with the toy data sets (d shows the others)", source=self.source)
            )
        settings = dict(notation.named(f"sample:{text}", text).settings)
        chosen = _next(NOISES, settings.get("noise", TOY_NOISE), direction)
        toy = str(Named(name, tuple((settings | {"noise": chosen}).items())))
        sample_rows(toy)
        self._set(source=f"sample:{toy}")
        return say("Noise {chosen:g} in {name}.", chosen=chosen, name=name)

    def _data(self, direction: int) -> str:
        """The data that came first, then the samples."""
        names, first = [f"sample:{sample.name}" for sample in samples()], str(self._first.spec.data.source)
        names = names if first in names else [first, *names]
        base = ":".join(self.source.split(":")[:2]) if self.source.startswith("sample:") else self.source
        now = next((name for name in (self.source, base) if name in names), names[0])
        chosen = _turned(names, now, direction)
        self._now = self._first if chosen == first else sample_configuration(chosen, self._parse)
        self._setup = None
        return say("{chosen}.", chosen=chosen)

    # what repeats it

    def rerun(self, turns: Turns, step: int, changes: Sequence[Setting] = ()) -> str:
        """The command that ends where the screen does."""
        setup, spec = self.setup, self.spec
        pace = (setup if setup.changed is None else setup.changed(changes)).pace
        place = pace.place(step)
        epochs = place.passes + bool(place.within) if setup.epochs is None else setup.epochs
        more: dict[str, Any] = {**setup.chosen, "lr": setup.rate, "seed": spec.loop.seed}
        more["epochs"] = epochs if step else 0
        if step < pace.steps(more["epochs"]):
            more["max_steps"] = step
        if setup.problem.validation is not None:
            more["keep"] = "last"
        if rates := _changes(spec.rate.lr_at or (), [(at, rate) for at, rate in turns if at < step]):
            more["lr_at"] = rates
        turned = tuple(Setting(at + 1, "lr", "") for at, _ in turns)  # what is given for the rate ends with them
        made = together(spec.changes.at or (), (*turned, *changes))
        more["at"] = tuple(one for one in made if one.step <= step and one.value) or None
        return str(self._now.without_endings().invocation(**more))  # where it ends is said by its steps

    def saved(self) -> dict[str, Any]:
        """All that is needed to set up the same again, with nothing left to choose: for a recording."""
        setup = self.setup
        return as_saved(self._now.changed(**setup.chosen, lr=setup.rate), self._piped, setup.name)


def _next_optimizer(now: Setup, direction: int) -> tuple[str, str]:
    return "optimizer", _turned(names_of(OPTIMIZER), flag_name(type(now.optimizer).__name__), direction)


def _numbered_optimizer(now: Setup, number: int) -> tuple[str, str]:  # noqa: ARG001 - as the others
    """The optimizer of that number, counted in order of complexity."""
    return "optimizer", names_of(OPTIMIZER)[number - 1]


def _next_kept(now: Setup, direction: int) -> tuple[str, str]:
    name, value = next_kept(now.optimizer, direction)
    return name, exact(value)


def _next_batch(now: Setup, direction: int) -> tuple[str, str]:
    rows = len(now.scene.data)
    chosen = _next([*(size for size in BATCHES if size < rows), rows], now.batch_size or rows, direction)
    return "batch_size", "full" if chosen == rows else str(chosen)


def _next_penalty(now: Setup, direction: int) -> tuple[str, str]:
    return "l2", exact(_next(PENALTIES, now.problem.l2, direction))


def _next_dropout(now: Setup, direction: int) -> tuple[str, str]:
    return "dropout", exact(_next(DROPOUTS, getattr(now.problem.model, "rate", 0.0), direction))


VALUES: dict[str, Callable[[Setup, int], tuple[str, str]]] = {
    "optimizer": _next_optimizer,
    "straight": _numbered_optimizer,
    "kept": _next_kept,
    "batch": _next_batch,
    "penalty": _next_penalty,
    "dropout": _next_dropout,
}
"""Settings that can change in mid-run: the option, and its next value."""


def _reader(piped: bytes | None, notes: list[str]) -> Reader:
    """Reads rows; those of standard input as often as they are asked for."""
    return Reader(None if piped is None else io.BytesIO(piped), notes=notes)


def _changes(given: Sequence[Change], turns: Turns) -> tuple[Change, ...]:
    """The changes of rate given, as far as none made by hand overrules them, and those made by hand."""
    first = turns[0][0] + 1 if turns else math.inf
    return (*(one for one in given if one.step < first), *(Change(at + 1, rate) for at, rate in turns))


def _next(ladder: Sequence[T], now: Any, direction: int) -> T:
    """The rung above or below; at the ends, where one is."""
    if direction > 0:
        return next((rung for rung in ladder if rung > now), ladder[-1])
    return next((rung for rung in reversed(ladder) if rung < now), ladder[0])


def _turned(names: Sequence[str], now: str, direction: int) -> str:
    """The name after or before one, round and round."""
    return names[(names.index(now) + direction) % len(names)]
