"""Results: what came of a run. Every format, picture, notebook and saved model reads one."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gdcli.data.report import ReadReport
from gdcli.definitions import flag_name
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.experiment import Experiment, Interrupted, never
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.options import Option
from gdcli.experiments.saving import Saving
from gdcli.experiments.spec import Spec, options_of
from gdcli.formatting import exact, short
from gdcli.said import say, together
from gdcli.training.records import Epoch, Row, Status
from gdcli.training.streams import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gdcli.analysis.claims import Claim
    from gdcli.analysis.evidence import Verdict
    from gdcli.experiments.folds import FoldScores
    from gdcli.training.rules import StoppingRule

AS_TEXT = ("batch_size", "scale", "validation")
"""Readers whose values a config has as text, whatever they are."""


@dataclass(frozen=True, eq=False)
class Result(ABC):
    """What came of a run.

    Args:
        run: The records that passed, and what is remembered of them.
        invocation: The command that repeats it.
        history: The rows that were kept, one a record; empty where they were streamed.
        experiment: What was run.
        interrupted: Asked while folds are run; True ends them.
        saving: The file that its model goes to.
    """

    run: Run
    invocation: Invocation
    history: list[Row] = field(default_factory=list, repr=False)
    experiment: Experiment = None  # type: ignore[assignment]  # fields before it have defaults
    interrupted: Interrupted = never
    saving: Saving = field(default_factory=Saving, repr=False)

    def saved_after(self, records: Iterable[Epoch]) -> Iterator[Epoch]:
        """Passes the run's records on, and saves its model when the last has passed, unless it diverged."""
        yield from records
        self.keep_model()

    def keep_model(self) -> None:
        """Saves the model where it goes to, unless it diverged."""
        if not self.diverged:
            self.saving.write(self.save)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is said of the run, tested on the rows held out, else on those it was trained on."""
        from gdcli.experiments.judgement import verdicts_of

        return verdicts_of(self.experiment, self.run)

    @cached_property
    def folds(self) -> FoldScores | None:
        """The scores of --folds; None without it, of a run that diverged, or where it was interrupted."""
        count = self.experiment.spec.folds.folds
        if count is None or self.status in (Status.DIVERGED, Status.INTERRUPTED):
            return None
        from gdcli.experiments.folds import cross_validate

        return cross_validate(self.experiment, count, self.interrupted)

    @property
    def status(self) -> Status:
        """Why it ended."""
        return self.run.last.status

    @property
    def diverged(self) -> bool:
        """Whether it diverged."""
        return self.status is Status.DIVERGED

    @property
    def reading(self) -> ReadReport | None:
        """What was read and how it is understood; None of a data set made elsewhere."""
        return self.experiment.reading

    @property
    def rerun(self) -> str:
        """The command line that repeats it."""
        return str(self.invocation)

    @property
    def kept(self) -> Epoch:
        """The best record where validation is watched, else (or if asked for) the last."""
        return self.run.best if self.experiment.keeps_best else self.run.last

    def _repr_html_(self) -> str:
        """What a notebook shows: the equation, the scores, the pictures."""
        import gdcli

        return gdcli._as_html(self)

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """The object that json has, without its history."""

    def divergence(self) -> tuple[str, str]:
        """What happened where it diverged, and what would work; also that no model is saved, where one was to be."""
        what, hint = self.explain_divergence()
        if self.saving.path is None:
            return what, hint
        unsaved = say("{path} is not written: what has diverged is no model.", path=self.saving.path)
        return what, together("\n", [hint, unsaved])

    @abstractmethod
    def explain_divergence(self) -> tuple[str, str]:
        """What happened where it diverged, and what would work."""

    @abstractmethod
    def not_converged(self) -> str:
        """Where it stopped short of converging, in a line."""

    @abstractmethod
    def save(self, path: str) -> None:
        """Writes the model."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of it, each with how sure that is."""
        return ()


def described(reading: ReadReport | None) -> dict[str, object] | None:
    """What was read, as json has it."""
    return None if reading is None else reading.as_dict()


ENDINGS = {
    Status.INTERRUPTED: say("interrupted"),
    Status.STOPPED_EARLY: say("stopped early"),
    Status.CONVERGED: say("converged"),
}


def explain_start(name: str, loss: float, target: str) -> tuple[str, str]:
    """Of a run that diverged before its first step: what is too large, and what would work."""
    value = short(loss, 2)
    what = say("the start's {name}, {value}, is too large for arithmetic: no rate can help.", name=name, value=value)
    return what, say("Give the columns in other units, '{target}' first: divided by a power of ten.", target=target)


def ended_words(status: Status) -> str:
    """How a run ended, as people say it."""
    return ENDINGS.get(status, say("completed") if status is Status.COMPLETED else str(status).replace("_", " "))


def ending(last: Epoch, epochs: int, rules: Sequence[StoppingRule]) -> list[tuple[str, str]]:
    """A remark on what ended a run before its planned end, and why: (label, text)."""
    if last.status not in ENDINGS:
        return cut_short(last, epochs)
    met = [rule for rule in rules if rule.status is last.status]
    met = [rule for rule in met if type(rule).__name__ in last.ended_by] or met
    reasons = together(say(" or "), filter(None, (_reason(rule, at_once=not last.step) for rule in met)))
    words = say(
        "{endings} at epoch {epoch:,} of {epochs:,}", endings=ENDINGS[last.status], epoch=last.epoch, epochs=epochs
    )
    return [("ended", say("{words}: {reasons}", words=words, reasons=reasons) if reasons else words)]


def _reason(rule: StoppingRule, at_once: bool) -> str:
    """Why a run ends by a rule, at its start perhaps: as it says it, else its option."""
    if at_once and type(rule).__name__ == "Tolerance":
        return say("the gradient is zero at the start, to rounding")
    if rule.reason or rule.status is not Status.STOPPED_EARLY:
        return rule.reason
    name = dataclasses.fields(rule)[0].name  # type: ignore[arg-type]  # every rule is a dataclass
    return f"--{flag_name(name)} {exact(getattr(rule, name))}"


def cut_short(last: Epoch, epochs: int) -> list[tuple[str, str]]:
    """A remark that a run ended before its last epoch did, where nothing else ended it: (label, text)."""
    if last.status is not Status.COMPLETED or last.passes >= epochs:
        return []
    where = "in" if last.within else say("at the end of")
    return [
        (
            "ended",
            say(
                "after {step:,} steps, {where} epoch {epoch:,} of {epochs:,}",
                step=last.step,
                where=where,
                epoch=last.epoch,
                epochs=epochs,
            ),
        )
    ]


def plain_options(spec: Spec, **resolved: Any) -> dict[str, Any]:
    """The options that are given, as json has them: numbers as numbers, all else as it is written.

    Args:
        spec: The run.
        **resolved: Values in force where none was given.
    """
    known = {one.name: one for one in options_of(spec.command)}
    given = spec.given()
    return {name: plain(known[name], value) for name, value in {**given, **resolved}.items()}


def plain(option: Option, value: Any) -> Any:
    """An option's value as json has it."""
    from gdcli.experiments.notation import write

    if value is None or (isinstance(value, bool | int | float | str) and option.accepts not in AS_TEXT):
        return value
    return write(value)


def in_order(spec: Spec, values: dict[str, Any]) -> dict[str, Any]:
    """The values in the order of the spec's options."""
    return {one.name: values[one.name] for one in options_of(spec.command) if one.name in values}
