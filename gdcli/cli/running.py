"""What `fit` and `train` share: the run at the terminal, from an experiment to an exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from gdcli.cli.lifetime import unwound
from gdcli.cli.options import WorkerOptions
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, DivergedError, NotConvergedError
from gdcli.experiments.invocation import show_command
from gdcli.experiments.reading import Reader
from gdcli.render.formats import Format
from gdcli.render.progress import ProgressBar, ReadingBar
from gdcli.render.remarks import brief
from gdcli.said import say
from gdcli.training.records import Status

if TYPE_CHECKING:
    from gdcli.data.report import Remarked
    from gdcli.experiments.experiment import Experiment
    from gdcli.experiments.result import Result
    from gdcli.experiments.spec import Spec
    from gdcli.experiments.workers import Workers


def progress_bar(experiment: Experiment, terminal: Terminal) -> ProgressBar:
    """A bar over the run's steps, on a terminal."""
    visible = terminal.stderr.isatty() and not terminal.quiet
    color = terminal.screen(terminal.stderr).color
    return ProgressBar(terminal.stderr, experiment.steps, "steps", visible, _step, color, terminal.speak)


def _step(record: Any) -> int:
    return getattr(record, "step", 0)


def reader(terminal: Terminal) -> Reader:
    """Reads rows, standard input being the terminal's."""
    return Reader(terminal.stdin)


@contextmanager
def reading(terminal: Terminal) -> Iterator[Reader]:
    """The same, with a bar of how much has been read of what is large, on a terminal."""
    visible = terminal.stderr.isatty() and not terminal.quiet
    bar = ReadingBar(terminal.stderr, visible, terminal.screen(terminal.stderr).color, terminal.speak)
    try:
        yield Reader(terminal.stdin, progress=bar)
    finally:
        bar.erase()


@contextmanager
def employed(asked: WorkerOptions, terminal: Terminal) -> Iterator[Workers | None]:
    """Those who read in place of this process, if any are asked for; a signal lets none of them go on."""
    if asked == WorkerOptions():
        yield None
        return
    from gdcli.experiments.workers import workers  # few ask for them

    with unwound(), workers(asked.workers, asked.cluster, terminal.note) as those:
        yield those


def note_all(notes: Iterable[str], terminal: Terminal) -> None:
    """Remarks, each on a line."""
    for note in notes:
        terminal.note(note)


def note_read(rows: Remarked, spec: Spec, terminal: Terminal, room: int | None, then: Iterable[str] = ()) -> None:
    """What is worth knowing about the rows of a spec, all of it unless lines are limited, and what is said then."""
    note_all([*brief(rows.remarks(), room, terminal.lines_of, show_command(spec)), *then], terminal)


def resolved(experiment: Experiment, form: Format, saved: bool) -> dict[str, Any]:
    """The options with which the same run is made again, and what was chosen where that is part of what it leaves."""
    spec = experiment.spec
    known = {"lr": experiment.rate, "epochs": experiment.epochs, "seed": spec.loop.seed}
    lasting = saved or not (form.rows_only or form.for_people)
    note = {"chosen": experiment.choice_note} if lasting and experiment.choice_note else {}
    return {**experiment.chosen.options, **known, **note}


def finish(result: Result, require_converged: bool) -> None:
    """The exit code: how the run ended.

    Raises:
        DivergedError: If it diverged.
        NotConvergedError: If it had to converge and did not.
        typer.Exit: With 130, if it was interrupted.
    """
    if result.status is Status.DIVERGED:
        raise DivergedError(*result.divergence())
    if result.status is Status.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if require_converged and result.status is not Status.CONVERGED:
        raise NotConvergedError(
            result.not_converged(), say("give more --epochs, a larger --lr, or a looser --tolerance")
        )
