"""A sweep in lines: what is about to run, and each run as it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from gdcli.experiments.sweep.batching import row_count
from gdcli.experiments.sweep.executors import Finished, SweepEvent
from gdcli.experiments.sweep.grid import Choice
from gdcli.experiments.sweep.planning import Plan
from gdcli.experiments.sweep.result import SweepResult
from gdcli.experiments.sweep.swept_run import SweptRun, brief
from gdcli.said import say, together

__all__ = ["command_lines", "epochs_done", "header", "outcome_line"]


def header(planned: Plan) -> str:
    """What is about to happen, in a line."""
    grid, runs, stacks = planned.grid, len(planned.specs), len(planned.jobs)
    of_stacks = (
        "" if stacks == runs else say(" as one stack") if stacks == 1 else say(" in {stacks:,} stacks", stacks=stacks)
    )
    parts = [
        say(
            "{runs:,} run{s} of gdcli {command}{of_stacks}",
            runs=runs,
            s="s" * (runs > 1),
            command=planned.command,
            of_stacks=of_stacks,
        ),
        *(
            say("{name} {listing}", name=name.replace("_", "-"), listing=_listing(grid.lists[name]))
            for name in grid.differing
        ),
        say("{row_count:,} rows from {name}", row_count=row_count(planned.rows[0]), name=grid.base.name),
        "" if "seed" in grid.differing else say("seed {seed}", seed=planned.specs[0].loop.seed),
    ]
    return together("   ", (part for part in parts if part))


def _listing(listed: Sequence[Choice]) -> str:
    """A list in a line: all of a few, the ends of many."""
    texts = [brief(choice.text) for choice in listed]
    if len(texts) <= 6:
        return ("; " if any("," in text for text in texts) else ", ").join(texts)
    return say(
        "{texts}, {texts2}, ... {texts3} ({count})", texts=texts[0], texts2=texts[1], texts3=texts[-1], count=len(texts)
    )


def outcome_line(run: SweptRun) -> str:
    """A run that has ended, in a line."""
    losses, name = run.losses, say("{name}: ", name=run.name) if run.name else ""
    held_out = "best_validation_loss" in losses
    best, kind = (
        losses["best_validation_loss" if held_out else "best_loss"],
        say("validation loss") if held_out else say("loss"),
    )
    return say("{name}{verdict}", name=name, verdict=run.verdict) + (
        say(", best {kind} {best:.4g}", kind=kind, best=best) if best is not None else ""
    )


def epochs_done(planned: Plan) -> tuple[int, Callable[[SweepEvent | object], int]]:
    """How many epochs all runs have together, and how many are done after each event."""
    each = [int(spec.epochs.epochs or 0) for spec in planned.specs]
    running: dict[int, int] = {}
    ended: set[int] = set()

    def done(event: SweepEvent | object) -> int:
        if isinstance(event, Finished):
            ended.add(event.number)
        else:
            stack, passes = cast("tuple[int, int]", event)
            running[stack] = passes
        return min(sum(each), max(sum(running.values()), sum(each[number] for number in ended)))

    return sum(each), done


def command_lines(result: SweepResult) -> list[str]:
    """The commands that repeat the sweep, its best run, and the run of the size to keep."""
    best, keep, lines = result.best, result.keep, [f"rerun: {result.rerun}"]
    if best is not None:
        lines.append(say("best run: {rerun}", rerun=best.rerun))
    if best is not None and keep is not None and keep.number != best.number:
        lines.append(say("keep: {rerun}", rerun=keep.rerun))
    return lines
