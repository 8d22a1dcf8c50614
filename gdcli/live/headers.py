"""What stands above the pictures: data, model and settings, the step, the figures, in small and in large."""

from __future__ import annotations

import math

from gdcli.formatting import short
from gdcli.live.course import figures
from gdcli.live.projector import Figure, rate_figure
from gdcli.live.session import Session
from gdcli.live.setup import LineScene
from gdcli.render import theme
from gdcli.render.theme import Meaning
from gdcli.said import enumerated, say, together

__all__ = ["figures_in_words", "header", "large_figures", "mood", "names", "parameters", "step_words"]

MOST_NAMES = 3  # parameters that have room
EPOCHS_TOO = 80  # columns from which epochs have room as well
WIDE = 100  # from which words are not shortened


def names(session: Session) -> list[tuple[str, Meaning]]:
    """Data, model and settings."""
    setup = session.run.setup
    settings = enumerated(setup.settings.values())
    return [(setup.name, theme.HEADING), (setup.model, theme.PLAIN), (settings, theme.NOTE)]


def step_words(session: Session, width: int) -> str:
    """Steps and, of batches, epochs."""
    run = session.run
    epochs = (
        say(" epoch {epoch:,}", epoch=run.now.epoch) if run.setup.batch_size is not None and width >= EPOCHS_TOO else ""
    )
    return say("step {number:,}{epochs}", number=run.now.number, epochs=epochs)


def mood(session: Session) -> tuple[str, Meaning]:
    """Whether it runs, and how fast."""
    lane = say("lane {at} of {count}, ", at=session.at + 1, count=len(session.lanes)) if session.lanes else ""
    if session.running:
        state = enumerated((say("running"), session.describe_speed()))
        return lane + state, theme.RUNNING
    return lane + (say("replay") if session.replaying else say("paused")), theme.NOTE


def header(session: Session) -> list[tuple[str, Meaning]]:
    """The projector's header: what is run, and where it stands."""
    return [*names(session), (step_words(session, EPOCHS_TOO), theme.HEADING), mood(session)]


def parameters(session: Session) -> list[str]:
    """A line's parameters in the data's own units, each by its name; none where there are many."""
    run, scene = session.run, session.run.setup.scene
    if not isinstance(scene, LineScene) or len(scene.names) > MOST_NAMES:
        return []
    pairs = zip(scene.names, scene.raw(run.now.parameters).tolist(), strict=True)
    return [f"{name} = {short(value, 6)}" for name, value in pairs]


def large_figures(session: Session) -> list[Figure]:
    """Loss, learning rate and, of classes, accuracy."""
    scene, setup = session.run.setup.scene, session.run.setup
    loss, held_out, accuracy, held_accuracy = _newest(session)
    rate = rate_figure(session.run)
    if isinstance(scene, LineScene):
        return [Figure(loss, (setup.loss_name,), theme.RESULT), rate]
    unit, held = scene.loss_unit, setup.problem.validation is not None
    figures = [Figure(loss * unit, _held(say("loss"), short(held_out * unit), held), theme.RESULT), rate]
    if math.isnan(accuracy):
        return figures
    return [*figures, Figure(accuracy, _held(say("accuracy"), f"{held_accuracy:.3f}", held), theme.RESULT, 3)]


def _held(name: str, value: str, held: bool) -> list[str]:
    """What a figure is, with its value on the rows held out where there are some."""
    parts = (say("validation"), say("val."), say("val."))
    return [*(say("{name} ({rows} {value})", name=name, rows=rows, value=value) for rows in parts if held), name]


def figures_in_words(session: Session, width: int) -> str:
    """The parameters of a line and its loss; losses and accuracies of a network."""
    setup = session.run.setup
    scene = setup.scene
    if isinstance(scene, LineScene):
        now = say("{name} {loss}", name=setup.loss_name, loss=short(_newest(session)[0], 6))
        return together("  ", [*parameters(session), now])
    loss, held_out, accuracy, held_accuracy = _newest(session)
    other = say("validation") if width >= WIDE else say("val.")
    text: list[str] = [say("loss {loss}", loss=short(loss * scene.loss_unit))]
    text += (
        [say("{other} {held_out}", other=other, held_out=short(held_out * scene.loss_unit))]
        if setup.problem.validation is not None
        else []
    )
    text += [say("  accuracy {accuracy:.3f}", accuracy=accuracy)] if not math.isnan(accuracy) else []
    text += (
        [say("{other} {held_accuracy:.3f}", other=other, held_accuracy=held_accuracy)]
        if not math.isnan(held_accuracy)
        else []
    )
    return together("  ", text)


def _newest(session: Session) -> tuple[float, float, float, float]:
    """The losses and accuracies of this state, or of the last one that was measured."""
    measured = session.run.now.measured
    if measured is not None:
        return figures(measured)
    loss, held_out, accuracy, held_accuracy = session.run.losses.values[-1].tolist()
    return loss, held_out, accuracy, held_accuracy
