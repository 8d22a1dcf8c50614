"""How often each class was taken for which, on the rows held out."""

from __future__ import annotations

import numpy as np

from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import write_title
from gdcli.live.panels.data import sampled
from gdcli.live.setup import NetworkScene
from gdcli.render import theme
from gdcli.render.screen import align_right, columns, fit, plain
from gdcli.said import say

__all__ = ["Confusion"]


class Confusion:
    """Truth down, answer across."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Counts of classes, as many as have room."""
        scene = run.setup.scene
        if isinstance(scene, NetworkScene):
            _draw(page, area, run, scene)

    def height(self, scene: NetworkScene) -> int:
        """Rows that all classes take."""
        return len(scene.preparation.classes) + 2


def _draw(page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
    rows, classes = sampled(scene.seen), scene.preparation.classes
    predicted = scene.predict(run.now.parameters, rows.inputs).astype(np.intp)
    counts = np.bincount(rows.targets.astype(np.intp) * len(classes) + predicted, minlength=len(classes) ** 2)
    table = counts.reshape(len(classes), len(classes))
    where = say("validation") if scene.held_out is not None else say("training")
    below = write_title(
        page,
        area,
        [
            (say("confusion"), theme.HEADING),
            (say(" {where} rows", where=where), theme.NOTE),
            (say("  truth down"), theme.NOTE),
        ],
    )
    names = [fit(plain(name, page.screen), 6) for name in classes]
    wide = max(len(str(int(table.max(initial=0)))), max(map(columns, names))) + 1
    label = max(map(columns, names)) + 2
    shown = min(len(classes), (below.width - label) // wide, below.height - 1)
    shown -= shown < len(classes) and shown == below.height - 1  # a line for what is left out
    for at in range(shown):
        page.write(below.left + label + at * wide, below.top, align_right(names[at], wide), theme.NOTE)
        page.write(below.left, below.top + 1 + at, align_right(names[at], label - 1), theme.NOTE)
        for to in range(shown):
            count = int(table[at, to])
            meaning = theme.RIGHT if at == to else theme.WRONG if count else theme.NOTE
            text = str(count) if count else "·"
            page.write(below.left + label + (to + 1) * wide - len(text), below.top + 1 + at, text, meaning)
    if left := len(classes) - shown:
        page.write(
            below.left,
            below.top + 1 + shown,
            say("and {left} class{s} more", left=left, s="es" * (left > 1)),
            theme.NOTE,
        )
