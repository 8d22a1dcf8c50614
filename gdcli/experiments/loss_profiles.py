"""Losses on a grid of predictions: which are looked at, against what, and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gdcli.analysis.loss_shape import by_probability, by_residual, one_minus_p
from gdcli.arrays import Array
from gdcli.definitions import LOSS, definitions
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.function_profiles import FunctionRange, first_line
from gdcli.nn.losses import LossDefinition
from gdcli.said import enumerated, say

__all__ = ["AGAINST", "LossPoint", "LossProfile", "Pictures", "pictures_of"]

AGAINST = {"p": ("binary", "multiclass"), "residual": ("regression",)}
"""What a loss is drawn against, and the tasks whose losses are."""
COMPARED = "1-p"
P = {"low": 0.01, "high": 0.99, "landmarks": (0.01, 0.1, 0.5, 0.9, 0.99)}
RESIDUAL = {"low": -3.0, "high": 3.0, "landmarks": (-3.0, -1.0, 0.0, 1.0, 3.0)}
RANGES: Mapping[str, dict[str, Any]] = {"p": P, "residual": RESIDUAL}


@dataclass(frozen=True)
class LossPoint:
    """One loss at one prediction."""

    against: str
    x: float
    name: str
    loss: float
    gradient: float
    logit_gradient: float | None

    def row(self) -> dict[str, Any]:
        """against, x, name, loss, its gradient by x, and by the logit where x is a probability."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class LossProfile:
    """One loss on its points.

    Args:
        definition: The loss.
        against: `p`, the probability of the true class, or `residual`.
        x: Where it is evaluated.
        loss: Its values there.
        gradient: Its slopes by x.
        logit_gradient: Its slopes by the logit; empty against a residual.
    """

    definition: LossDefinition
    against: str
    x: Sequence[float]
    loss: Sequence[float]
    gradient: Sequence[float]
    logit_gradient: Sequence[float] = ()

    @property
    def name(self) -> str:
        """The loss's name."""
        return self.definition.__name__

    @property
    def title(self) -> str:
        """The loss as people write it."""
        return self.definition.title

    @property
    def formulas(self) -> tuple[str, ...]:
        """The loss and its slopes as text; empty where the definition gives none."""
        return self.definition.formulas.get(self.against, ())

    def curves(self) -> dict[str, Sequence[float]]:
        """The loss, then each slope, by what it is."""
        slopes = {"gradient": self.gradient, "logit_gradient": self.logit_gradient}
        return {"loss": self.loss} | {name: values for name, values in slopes.items() if values}

    def rows(self) -> Iterator[LossPoint]:
        """Each point."""
        by_logit: Sequence[float | None] = self.logit_gradient or [None] * len(self.x)
        for x, value, slope, logit in zip(self.x, self.loss, self.gradient, by_logit, strict=True):
            yield LossPoint(self.against, x, self.name, value, slope, logit)

    def facts(self) -> dict[str, Any]:
        """The loss in words."""
        written = dict(zip(self.curves(), self.formulas, strict=False))
        return {"title": self.title, "about": first_line(self.definition), "formulas": written or None}


@dataclass(frozen=True, eq=False)
class Pictures:
    """What is drawn: the losses by what they are drawn against, and the range of that.

    Args:
        losses: The definitions, by `p` and `residual`.
        ranges: Where they are evaluated, by the same.
    """

    losses: Mapping[str, Sequence[LossDefinition]]
    ranges: Mapping[str, FunctionRange]

    def profiles(self, for_people: bool, drawn: bool) -> dict[str, list[LossProfile]]:
        """Each loss on its points."""
        points = {against: grid.values(for_people, drawn) for against, grid in self.ranges.items()}
        return {
            against: [_profile(one, against, points[against]) for one in chosen]
            for against, chosen in self.losses.items()
        }

    def at_landmarks(self) -> dict[str, list[LossProfile]]:
        """Each loss at a few round points."""
        ranges = {against: replace(grid, points=None) for against, grid in self.ranges.items()}
        return Pictures(self.losses, ranges).profiles(for_people=True, drawn=False)


def pictures_of(names: Sequence[str] | None, against: str | None, given: Mapping[str, Any]) -> Pictures:
    """The losses of these names, or all, against what they can be drawn against.

    Args:
        names: Flag names, and `1-p`; None for all.
        against: `p`, `residual`, or None for both.
        given: Low, high and points, as far as given.

    Raises:
        OptionError: If there is no such loss, or it cannot be drawn there.
    """
    if against is not None and against not in AGAINST:
        raise OptionError(
            say("--against: '{against}' is none of {names}", against=against, names=enumerated(AGAINST)),
            did_you_mean(against, AGAINST),
        )
    named = [_named(name) for name in names] if names else None
    kinds = [kind for kind in AGAINST if against in (None, kind)]
    losses = {kind: _suited(named, kind) for kind in kinds}
    for one in named or ():
        if not any(one in chosen for chosen in losses.values()):
            other = next(kind for kind in AGAINST if kind not in kinds)
            raise OptionError(
                say(
                    "--against {against}: {title} is drawn against {other}",
                    against=against,
                    title=one.title,
                    other=other,
                ),
                say("--against {other}", other=other),
            )
    losses = {kind: chosen for kind, chosen in losses.items() if chosen}
    return Pictures(losses, {kind: _range(kind, given, len(losses)) for kind in losses})


def _named(name: str) -> LossDefinition:
    known = {**definitions(LOSS), COMPARED: one_minus_p}
    flag = name.lower().replace("_", "-")
    if flag not in known:
        raise OptionError(say("loss: there is no '{name}'", name=name), did_you_mean(flag, known))
    found: LossDefinition = known[flag]
    return found


def _suited(named: Sequence[LossDefinition] | None, kind: str) -> list[LossDefinition]:
    """The losses named, else all, that can be drawn against this, each curve once."""
    if named is not None:
        return [one for one in dict.fromkeys(named) if _fits(one, kind)]
    every = [*definitions(LOSS).values(), one_minus_p]
    several = sorted((one for one in every if _fits(one, kind)), key=lambda one: "multiclass" not in one.tasks)
    curves = {one.formulas.get(kind) or one.__name__: one for one in reversed(several)}
    return [one for one in several if one in curves.values()]


def _fits(definition: LossDefinition, kind: str) -> bool:
    return bool(set(AGAINST[kind]) & set(definition.tasks))


def _range(kind: str, given: Mapping[str, Any], pictures: int) -> FunctionRange:
    """The range of a picture, as given or as usual.

    Raises:
        OptionError: If it is none, or reaches beyond the probabilities.
    """
    grid = FunctionRange(**{**RANGES[kind], **given})
    if kind == "p" and not (grid.low > 0 and grid.high < 1):
        flag, end = ("from", grid.low) if grid.low <= 0 else ("to", grid.high)
        hint = say("; --against residual draws the losses of numbers") * (pictures > 1)
        raise OptionError(
            say("--{flag} {end:g}: a probability lies between 0 and 1", flag=flag, end=end),
            say("as in --from 0.01 --to 0.99{hint}", hint=hint),
        )
    return grid


def _profile(definition: LossDefinition, against: str, x: Array) -> LossProfile:
    curves = (by_probability if against == "p" else by_residual)(definition, x)
    return LossProfile(definition, against, x.tolist(), *(each.tolist() for each in curves))
