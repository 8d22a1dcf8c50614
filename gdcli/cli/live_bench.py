"""Where the playground's runs are set up: the options of `fit` and `train`, and what keys change in them."""

from __future__ import annotations

import base64
import dataclasses
import io
import math
from typing import Any, TypeVar

import typer
from typer._click.exceptions import UsageError

from gdcli.cli.examples import Examples, hidden_sizes, read_examples
from gdcli.cli.experiment import held_out
from gdcli.cli.live_line import line_setup
from gdcli.cli.live_network import network_setup
from gdcli.cli.live_scene import Origin, embedded, is_network, recommended
from gdcli.cli.network_plan import dtype_named, network_plan
from gdcli.cli.options import (
    FIT_EPOCHS,
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.output import exact
from gdcli.cli.parse import flag_name
from gdcli.cli.plan import plan
from gdcli.cli.reading import read, sample_named
from gdcli.cli.terminal import Terminal
from gdcli.data.samples import samples
from gdcli.errors import DataError, OptionError
from gdcli.live.setup import Choice, LineScene, Setup, Turns
from gdcli.nn import activations
from gdcli.optim import optimizers

__all__ = ["LiveBench"]

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
PENALTIES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
NOISES = (0.0, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
FIRST_LAYER = 4
STOPPING = {"tolerance", "target_loss", "require_converged", "patience", "min_delta", "max_steps", "keep"}
G = TypeVar("G")


class LiveBench:
    """Sets runs up, as `fit` and `train` do, from options that keys change.

    Args:
        origin: The command line: its options, and which were given.
        terminal: Where standard input is.
        piped: What came in by it, if DATA is `-`.
        shown: What the data is called on the screen, if not by DATA.
    """

    def __init__(self, origin: Origin, terminal: Terminal, piped: bytes | None = None, shown: str = "") -> None:
        self._first = self._origin = origin
        self._terminal, self._piped, self._shown = terminal, piped, shown
        self._rows: tuple[Any, Any] = (None, None)
        self._setup: Setup | None = None
        self._network = False

    @property
    def setup(self) -> Setup:
        """The run as it is set up now."""
        if self._setup is None:
            self._setup = self._made()
        return self._setup

    # setting up

    def group(self, kind: type[G]) -> G:
        """One of the groups of options."""
        return kind(**{name: self._origin.options[name] for name in kind._fields})  # type: ignore[attr-defined]

    @property
    def name(self) -> str:
        """What DATA stands for."""
        return str(self._origin.options["data"])

    def _made(self) -> Setup:
        self._network = is_network(self._origin, self._reader())
        return self._train() if self._network else self._fit()

    def _reader(self) -> Terminal:
        """The terminal, with what came in by a pipe to be read once more."""
        if self._piped is None:
            return self._terminal
        return dataclasses.replace(self._terminal, stdin=io.BytesIO(self._piped))

    def _fit(self) -> Setup:
        data, loop, stop = self.group(DataOptions), self.group(LoopOptions), self.group(StopOptions)
        rows = self._read((data, "fit"), lambda: read(self.name, data, self._reader()))
        train, validation = held_out(rows, stop.validation, loop, data, self._reader())
        epochs = self._origin.options["epochs"]
        made = plan(
            train,
            validation,
            self.group(LineOptions),
            self.group(RateOptions),
            loop,
            FIT_EPOCHS if epochs is None else epochs,
            self.group(OptimizerOptions),
            self.group(LossOptions),
            stop,
        )
        return self._stopping(line_setup(made, self._shown or self.name, self._fixed_length))

    def _train(self) -> Setup:
        data, network = self.group(DataOptions), self.group(NetworkOptions)
        dtype = dtype_named(network.dtype)
        key = data, network.task, network.categorical, dtype, network.labels, network.test
        examples: Examples = self._read(key, lambda: read_examples(self.name, data, network, dtype, self._reader()))
        made = network_plan(
            self.name,
            examples,
            data,
            network,
            self.group(RateOptions),
            self.group(LoopOptions),
            self._origin.options["epochs"],
            self.group(OptimizerOptions),
            self.group(LossOptions),
            self.group(StopOptions),
            None,
            self._reader(),
        )
        return self._stopping(network_setup(made, self._shown or self.name, self._fixed_length), made.loss_unit)

    def _stopping(self, setup: Setup, unit: float = 1.0) -> Setup:
        """With the rules that end a run to convergence."""
        options = self._origin.options
        tolerance, target, patience = (options[name] for name in ("tolerance", "target_loss", "patience"))
        return dataclasses.replace(
            setup,
            tolerance=setup.tolerance if tolerance is None else tolerance,
            target=None if target is None else target / unit,
            patience=setup.patience if patience is None else patience,
        )

    def _read(self, key: Any, make: Any) -> Any:
        """Rows, read once as long as nothing about reading them changes."""
        if self._rows[0] != key:
            self._rows = key, make()
        return self._rows[1]

    @property
    def _fixed_length(self) -> bool:
        """Whether the schedule ends somewhere."""
        return not str(self._origin.options["schedule"]).startswith("constant")

    # changing

    def again(self, rate: float | None) -> str:
        """The same run."""
        self._turn(rate)
        return "The same start again, by its schedule." if self._fixed_length else "The same start again."

    def restart_from(self, x: float, y: float, rate: float | None) -> str:
        """The same run, from another start."""
        scene = self.setup.scene
        if not isinstance(scene, LineScene) or scene.landscape is None:
            raise OptionError("a start is pointed at on a loss surface")
        values = scene.raw(self.setup.start).tolist()
        for at, value in zip(scene.landscape.over, (x, y), strict=True):
            values[at] = value
        if scene.names == ("m", "b"):
            self._set(m=values[0], b=values[1], start=None)
        else:
            self._set(m=None, b=None, start=",".join(map(exact, values)))
        self._turn(rate)
        return f"Start at {scene.landscape.names[0]} = {exact(x)}, {scene.landscape.names[1]} = {exact(y)}."

    def change(self, choice: Choice, rate: float | None) -> str:
        """Another run, with one setting changed; if it cannot be set up, the old one stays."""
        before = self._origin, self._setup
        try:
            words: str = getattr(self, f"_{choice.name}")(choice.direction)
            self._turn(rate)
            _ = self.setup
        except BaseException:
            self._origin, self._setup = before
            raise
        return words

    def _turn(self, rate: float | None) -> None:
        """The learning rate that a hand left on the dial; a schedule that ends somewhere has its own."""
        given = self._origin.options["lr_at"] is not None
        if rate is not None and not self._fixed_length and (given or rate != self.setup.rate):
            self._set(lr=rate, lr_at=None)

    def _set(self, **changed: Any) -> None:
        self._origin = self._origin.changed(**changed)
        self._setup = None

    def _seed(self, direction: int) -> str:
        seed = self._origin.options["seed"] + direction
        self._set(seed=seed)
        setup = self.setup
        changed = ["another start"] * self._network
        changed += ["another split"] * (setup.problem.validation is not None)
        changed += ["another order of the rows"] * (setup.batch_size is not None and setup.shuffle)
        return f"Seed {seed}: {', '.join(changed) or 'nothing here depends on it'}."

    def _optimizer(self, direction: int) -> str:
        names = [flag_name(name) for name in vars(optimizers) if name in optimizers.__all__]  # simple ones first
        now = flag_name(type(self.setup.optimizer).__name__)
        chosen = names[(names.index(now) + direction) % len(names)]
        unset = dict.fromkeys(("momentum", "beta1", "beta2", "decay", "epsilon", "weight_decay"))
        self._set(optimizer=chosen, **unset)
        return f"{type(self.setup.optimizer).__name__}, from the same start."

    def _batch(self, direction: int) -> str:
        rows = len(self.setup.scene.data)
        ladder = [size for size in BATCHES if size < rows] + [rows]
        now = self.setup.batch_size or rows
        chosen = _next(ladder, now, direction)
        self._set(batch_size="full" if chosen == rows else str(chosen))
        return "Full batches, from the same start." if chosen == rows else f"Batches of {chosen}, from the same start."

    def _penalty(self, direction: int) -> str:
        chosen = _next(PENALTIES, self._origin.options["l2"], direction)
        self._set(l2=chosen)
        return f"L2 penalty {chosen:g}, from the same start."

    def _activation(self, direction: int) -> str:
        hidden = self._hidden()
        if not hidden:
            raise OptionError("there is no hidden layer to have an activation: h adds one")
        names = [flag_name(name) for name in vars(activations) if name in activations.__all__]
        now = (self._origin.options["activation"] or "relu").split(",")[0].strip().lower().replace("_", "-")
        chosen = names[(names.index(now) + direction) % len(names)]
        self._set(activation=chosen)
        return f"Activation {chosen}, from the same seed."

    def _hidden(self) -> tuple[int, ...]:
        if not self._network:
            raise OptionError("a line has no layers; a network is trained on classes, or with --hidden")
        return hidden_sizes(self._origin.options["hidden"])

    def _layers(self, direction: int) -> str:
        hidden = self._hidden()
        if direction < 0 and not hidden:
            raise OptionError("there is no hidden layer to take away")
        return self._with_hidden((*hidden, hidden[-1] if hidden else FIRST_LAYER) if direction > 0 else hidden[:-1])

    def _neurons(self, direction: int) -> str:
        hidden = self._hidden()
        if not hidden:
            raise OptionError("there is no hidden layer: h adds one")
        return self._with_hidden((*hidden[:-1], max(1, hidden[-1] + direction)))

    def _with_hidden(self, hidden: tuple[int, ...]) -> str:
        changed: dict[str, Any] = {"hidden": ",".join(map(str, hidden)) or None}
        activation = self._origin.options["activation"]
        if activation and ("," in activation or not hidden):
            changed["activation"] = activation.split(",")[0] if hidden else None
        if not hidden:
            changed["dropout"] = None
        self._set(**changed)
        return f"{self.setup.model}, from the same seed."

    def _noise(self, direction: int) -> str:
        name, _, settings = self.name.removeprefix("sample:").partition(":")
        toys = {sample.name for sample in samples() if sample.source == "toy"}
        if not self.name.startswith("sample:") or name not in toys:
            raise OptionError(f"{self.name} is real data: noise goes with the toy data sets (d shows the others)")
        parts = dict(part.split("=") for part in settings.split(",") if part)
        chosen = _next(NOISES, float(parts.get("noise", 0.1)), direction)
        parts["noise"] = exact(chosen)
        text = f"{name}:{','.join(f'{key}={value}' for key, value in parts.items())}"
        sample_named(text)
        self._set(data=f"sample:{text}")
        return f"Noise {chosen:g} in {name}."

    def _data(self, direction: int) -> str:
        """The data that came first, then the samples."""
        names = [f"sample:{sample.name}" for sample in samples()]
        first = self._first.options["data"]
        names = [*names] if first in names else [first, *names]
        base = ":".join(self.name.split(":")[:2]) if self.name.startswith("sample:") else self.name
        at = names.index(self.name if self.name in names else base if base in names else names[0])
        chosen = names[(at + direction) % len(names)]
        self._origin = self._first if chosen == first else recommended(chosen, self._first)
        self._setup = None
        return f"{chosen}."

    # telling

    def rerun(self, turns: Turns, step: int) -> str:
        """The command that ends where the screen does."""
        setup, options = self.setup, self._origin.options
        per_epoch = setup.steps_per_epoch
        whole = step % per_epoch == 0
        forced: dict[str, Any] = {
            "data": options["data"],
            "lr": setup.rate,
            "epochs": -(-step // per_epoch) if setup.epochs is None else setup.epochs,
            "seed": options["seed"],
        }
        if not step:
            forced["epochs"] = 0
        elif not whole or (setup.epochs is not None and step < setup.epochs * per_epoch):
            forced["max_steps"] = step
        if setup.problem.validation is not None:
            forced["keep"] = "last"
        if text := _turns(options["lr_at"], [(at, rate) for at, rate in turns if at < step]):
            forced["lr_at"] = text
        told = Origin(options, self._origin.given - STOPPING)  # where it ends is said by its steps
        return told.command("train" if self._network else "fit", forced)

    def saved(self) -> dict[str, Any]:
        """The command line, and the rows that came from elsewhere."""
        return {
            "name": self.setup.name,
            "words": self._origin.words(),
            "rows": embedded(self.name, self._piped),
        }

    @classmethod
    def from_saved(cls, saved: Any, recording: str, terminal: Terminal) -> LiveBench:
        """The bench that a recording tells of.

        Raises:
            DataError: If it does not.
        """
        try:
            words, rows, name = saved["words"], saved["rows"], saved["name"]
            piped = None if rows is None else base64.b64decode(rows, validate=True)
            origin = Origin.parsed([str(word) for word in words if word not in ("-h", "--help")])
            if origin.options["data"] in (None, "-") and piped is None:
                raise ValueError("no data")
        except (ValueError, KeyError, TypeError, UsageError, typer.Exit):
            raise DataError(f"{recording}: does not say what was set up", "make one with gdcli live --record") from None
        return cls(origin if piped is None else origin.changed(data="-"), terminal, piped, str(name))


def _turns(given: str | None, turns: Turns) -> str:
    """What --lr-at takes: the turns given, as far as no hand overruled them, and those of the hand."""
    first = turns[0][0] + 1 if turns else math.inf
    parts = [part for part in (given or "").split(",") if part and int(part.split(":")[0]) < first]
    return ",".join([*parts, *(f"{at + 1}:{exact(rate)}" for at, rate in turns)])


def _next(ladder: Any, now: float, direction: int) -> Any:
    """The rung above or below; at the ends, where one is."""
    if direction > 0:
        return next((rung for rung in ladder if rung > now), ladder[-1])
    return next((rung for rung in reversed(ladder) if rung < now), ladder[0])
