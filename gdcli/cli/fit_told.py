"""What `gdcli fit` tells of a run once it has ended, in any format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gdcli.cli import telling
from gdcli.cli.options import LineOptions, LoopOptions, RateOptions
from gdcli.cli.plan import Plan
from gdcli.render.reports.fit import draw_fit, fit_columns, summarize_fit
from gdcli.render.screen import Screen
from gdcli.training.records import Status
from gdcli.training.streams import Run


class FitTold:
    """What is told of a run once it has ended: made once, shown in any format."""

    def __init__(
        self, plan_: Plan, run: Run, again: str, line: LineOptions, loop: LoopOptions, rate: RateOptions
    ) -> None:
        self._plan, self._run, self._again = plan_, run, again
        self._config = telling.configuration(
            plan_,
            scale=telling.scale_name(loop),
            schedule=rate.schedule,
            warmup=rate.warmup,
            lr_at=rate.lr_at,
            degree=line.degree,
            intercept=not line.no_intercept,
            shuffle=loop.shuffle,
            validation=None if plan_.experiment.validation is None else plan_.stop.validation,
            patience=plan_.stop.patience,
            min_delta=plan_.stop.min_delta,
            tolerance=plan_.stop.tolerance,
            target_loss=plan_.stop.target_loss,
            max_steps=plan_.stop.max_steps,
            keep=plan_.stop.keep,
        )

    def figures(self) -> dict[str, Any]:
        """For json and kv."""
        told = telling.fitted(self._plan, self._run)
        return telling.figures(self._plan, self._run, told, self._config, self._again)

    def save(self, path: str) -> None:
        """Writes the fitted model, in raw units."""
        from gdcli.experiments.checkpoint import save, saved_line

        kept = telling.kept(self._plan, self._run)
        experiment = self._plan.experiment
        parameters = np.array(telling.raw(self._plan, kept.parameters))
        save(Path(path), saved_line(experiment.data, experiment.basis, parameters, self._config, kept.epoch))

    def columns(self, width: int) -> list[Any]:
        """For the table."""
        experiment, run = self._plan.experiment, self._run
        return fit_columns(
            experiment.names,
            self._plan.loss_name,
            experiment.validation is not None,
            lambda record: run.ended and record.epoch == run.best.epoch,
            width,
        )

    def blocks(self, screen: Screen, plotted: bool) -> Iterator[str]:
        """Under the table."""
        if self._run.last.status is Status.DIVERGED:
            return
        told = telling.fitted(self._plan, self._run)
        if plotted:
            yield from draw_fit(told, *telling.drawing(self._plan, self._run), screen)
        yield ""
        yield from summarize_fit(told, screen)
