"""What came of one fit for each group: ranked, the best first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DivergedError, NotConvergedError
from gdcli.experiments.experiment import Interrupted, never
from gdcli.experiments.groups import GroupsExperiment, group_experiment
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.reading import Reader
from gdcli.experiments.result import described
from gdcli.experiments.spec import Spec
from gdcli.formatting import exact
from gdcli.said import say
from gdcli.training.grouped import GroupOutcome
from gdcli.training.records import Row, Status

__all__ = ["GroupFit", "GroupsResult", "fit_groups"]


@dataclass(frozen=True, eq=False)
class GroupFit:
    """One group's fit.

    Args:
        group: The group.
        by: The column of the groups.
        figures: What came of it, by name, in the order of the table.
    """

    group: str
    by: str
    figures: Row

    def row(self) -> Row:
        """The group, then its figures."""
        return {self.by: self.group, **self.figures}


@dataclass(frozen=True, eq=False)
class GroupsResult:
    """One fit for each group, the best first.

    Args:
        experiment: What was run.
        outcome: Where it ended.
        invocation: The command that repeats it.
    """

    experiment: GroupsExperiment
    outcome: GroupOutcome
    invocation: Invocation

    @cached_property
    def groups(self) -> tuple[GroupFit, ...]:
        """The fits, by the MSE on held-out rows if there are any, else on all; then those that came to nothing."""
        return tuple(self._ranked())

    def __len__(self) -> int:
        return len(self.experiment.rows.labels)

    def __iter__(self) -> Iterator[GroupFit]:
        return iter(self.groups)

    def __getitem__(self, group: object) -> GroupFit:
        """A group's fit."""
        return next(one for one in self.groups if one.group == str(group))

    @cached_property
    def parameters(self) -> Array:
        """In raw units, (G, P), of the groups that were fitted."""
        with np.errstate(all="ignore"):
            return self.experiment.raw(self.outcome.parameters)

    def counts(self) -> dict[str, int]:
        """How many groups ended how."""
        kinds, numbers = np.unique(self.outcome.status.astype(str), return_counts=True)
        found = dict(zip(kinds.tolist(), numbers.tolist(), strict=True))
        left = len(self) - len(self.outcome.parameters)
        return found | ({"not_fitted": left} if left else {})

    def check(self, require_converged: bool = False) -> None:
        """Refuses to call it done.

        Raises:
            DivergedError: If every group diverged.
            NotConvergedError: If all had to converge, and one did not.
        """
        counts, fitted = self.counts(), len(self.outcome.parameters)
        if counts.get("diverged") == fitted:
            raise DivergedError(
                say("every group diverged at lr {rate}", rate=exact(self.experiment.rate)), say("give a smaller --lr")
            )
        if require_converged and counts.get("converged", 0) < fitted:
            left = fitted - counts.get("converged", 0)
            raise NotConvergedError(
                say("{left:,} of {fitted:,} groups have not converged", left=left, fitted=fitted),
                say("give more --epochs"),
            )

    def figures(self) -> dict[str, Any]:
        """The object that json has, without its groups."""
        one, spec = self.experiment, self.experiment.spec
        config = {"lr": one.rate, "optimizer": type(one.optimizer).__name__.lower(), "epochs": one.epochs}
        return {
            "by": one.rows.by,
            "count": len(self),
            "statuses": self.counts(),
            "seed": spec.loop.seed,
            "config": config | {"scale": spec.loop.scaling or "none"},
            "reading": described(one.rows.report),
            "rerun": str(self.invocation),
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of a group's figures."""
        own = ("rows", *self.experiment.names, "mse", "r2")
        held = ("validation_mse",) if self.experiment.problem.validation is not None else ()
        return (*own, *held, "optimum_mse", "epochs", "status")

    def _ranked(self) -> Iterator[GroupFit]:
        one = self.experiment
        labels, by = one.rows.labels, _apart(one.rows.by, self.names)
        table = self._columns()
        score = table[self.names.index("validation_mse" if "validation_mse" in self.names else "mse")]
        failed = [status == Status.DIVERGED for status in self.outcome.status]
        order = np.lexsort((np.where(np.isfinite(score), score, np.inf), failed))
        columns = [column if isinstance(column, list) else _numbers(column) for column in table]
        for at in order.tolist():
            figures = {name: column[at] for name, column in zip(self.names, columns, strict=True)}
            yield GroupFit(labels[one.fitted[at]], by, figures)
        for at in np.setdiff1d(np.arange(len(labels)), one.fitted).tolist():
            nothing: Row = dict.fromkeys(self.names)
            yield GroupFit(labels[at], by, nothing | {"rows": int(one.rows.train.rows[at]), "status": "not_fitted"})

    @np.errstate(all="ignore")
    def _columns(self) -> list[Any]:
        """The figures of the groups that were fitted, a column for each name."""
        one, problem = self.experiment, self.experiment.problem
        mse = problem.data_loss(self.outcome.parameters, problem.data)
        variance = one._variance
        r2 = np.where(variance > 0, 1 - mse / np.where(variance > 0, variance, 1), np.nan)
        held = [] if problem.validation is None else [problem.data_loss(self.outcome.parameters, problem.validation)]
        best = problem.data_loss(one.objective.optimum, problem.data)
        status = [str(one) for one in self.outcome.status]
        rows, epochs = one.rows.train.rows[one.fitted].tolist(), self.outcome.epochs.tolist()
        return [rows, *self.parameters.T, mse, r2, *held, best, epochs, status]


def _numbers(values: Array) -> list[float | None]:
    """Numbers, None where one is not finite."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _apart(by: str, names: Sequence[str]) -> str:
    """The column's name in the rows: not one that means something else there."""
    return f"group_{by}" if by in names else by


def fit_groups(
    spec: Spec, by: str, reader: Reader, invocation: Invocation, interrupted: Interrupted = never
) -> GroupsResult:
    """Reads the rows and fits each group.

    Raises:
        DataError: If they cannot be read, or no group can be fitted.
        OptionError: If an option cannot be.
    """
    experiment = group_experiment(spec, by, reader)
    return GroupsResult(experiment, experiment.run(interrupted), invocation.with_options(by=by, **experiment.chosen))
