"""What the quiz asks, topic by topic, by a seed: each draws a run, carries it out, and asks for one of its figures."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.library import fit, train
from gdcli.experiments.line_result import LineResult
from gdcli.experiments.network_result import NetworkResult
from gdcli.formatting import short
from gdcli.lessons.quiz import Choice, Question
from gdcli.said import say

__all__ = ["TOPICS", "questions", "texts"]

FILE = "quiz.toml"
EPOCHS, CURVE = 300, 40
THERE, FAR = 1e-3, 0.05
"""Parts of the start's distance to the least loss that are left: up to the first it has converged, from the second it
crawls; a run between the two is not asked about."""
APART = 1.1
"""How many times worse the worse of two fits is at least."""
ONE_INPUT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sample:deck", {"m": -1, "b": 5}),
    ("sample:deck", {"m": 4, "b": -2}),
    ("sample:bmi", {"standardize": True}),
    ("sample:line", {}),
)
"""Rows and starts whose rates are asked about."""


@cache
def _all_texts() -> dict[str, Any]:
    import tomllib  # not needed for --help

    return tomllib.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def texts(topic: str) -> dict[str, Any]:
    """A topic's sentences."""
    return dict(_all_texts()[topic])


def rates(rng: np.random.Generator, seed: int) -> Question:
    """Will it converge, crawl or diverge at this rate?"""
    source, options = ONE_INPUT[rng.integers(len(ONE_INPUT))]
    limit = float(_limit(source, tuple(options.items())))
    wanted = ("converge", "crawl", "diverge")[rng.integers(3)]
    low, high = {"converge": (0.4, 0.95), "crawl": (2e-4, 1e-3), "diverge": (1.06, 2.0)}[wanted]
    rate = float(f"{limit * rng.uniform(low, high):.3g}")
    given = options | {"lr": rate, "epochs": EPOCHS}
    result = _fit(source, given)
    outcome = _outcome(result)
    if outcome is None:
        return rates(rng, seed)
    figures = {
        "rows": source,
        "rate": f"{rate:g}",
        "epochs": EPOCHS,
        "limit": short(limit),
        "ran": result.run.last.epoch,
    }
    figures |= {
        "share": f"{100 * rate / limit:.3g}",
        "loss": short(float(result.run.last.loss)),
        "least": _least(result),
    }
    return _asked("rates", seed, outcome, figures, _command("fit", source, given))


@cache
def _limit(source: str, options: tuple[tuple[str, Any], ...]) -> float:
    """The largest stable rate."""
    limit = _fit(source, dict(options) | {"lr": 1e-6, "epochs": 1}).experiment.limit
    assert limit is not None  # noqa: S101 - a line with MSE has a formula
    return limit


def _outcome(result: LineResult) -> str | None:
    """What became of a run, by its losses; None where it is neither here nor there."""
    if result.diverged:
        return "diverge"
    assert result.optimum is not None  # noqa: S101 - a line with MSE has a formula
    first, last = (float(result.run.losses[at]) - result.optimum.scores.mse for at in (0, -1))
    return "converge" if last <= THERE * first else "crawl" if last >= FAR * first else None


def _fit(source: str, options: Mapping[str, Any]) -> LineResult:
    return fit(source, by=None, **options)


def _least(result: LineResult) -> str:
    return "" if result.optimum is None else short(result.optimum.scores.mse)


def step(rng: np.random.Generator, seed: int) -> Question:
    """Where does the next step land?"""
    start, rate = _start(rng), float(rng.choice([0.01, 0.05, 0.1, 0.2, 0.5, 1.0]))
    moved = _fit("sample:deck", start | {"lr": rate, "epochs": 1}).history[1]
    name = ("m", "b")[rng.integers(2)]
    slopes = _gradient(start)
    new = float(str(moved[name]))
    figures = start | {"grad_m": f"{slopes['m']:g}", "grad_b": f"{slopes['b']:g}", "rate": f"{rate:g}", "name": name}
    figures |= {"old": start[name], "slope": f"{slopes[name]:g}", "new": f"{new:.6g}"}
    given = start | {"lr": rate}
    return _asked("step", seed, f"{new:.6g}", figures, _command("step", "sample:deck", given), within=0.005)


def _start(rng: np.random.Generator) -> dict[str, Any]:
    """Whole numbers for m and b whose gradient is nowhere 0."""
    start = {"m": int(rng.integers(-4, 7)), "b": int(rng.integers(-4, 8))}
    return start if all(_gradient(start).values()) else _start(rng)


def _gradient(start: Mapping[str, float]) -> dict[str, float]:
    """Of the lecture's MSE: 5m + 3b - 13 and 3m + 2b - 8."""
    m, b = start["m"], start["b"]
    return {"m": 5 * m + 3 * b - 13, "b": 3 * m + 2 * b - 8}


def optimizers(rng: np.random.Generator, seed: int) -> Question:
    """Which optimizer drew this curve?"""
    words = texts("optimizers")
    start, rate = _start(rng), float(rng.choice([0.05, 0.1, 0.15]))
    slopes = _gradient(start)
    name = list(words["why"])[rng.integers(len(words["why"]))]
    if abs(slopes["m"]) < 2:  # a step of lr and one of lr times the slope have to look different
        return optimizers(rng, seed)
    given = start | {"lr": rate, "epochs": CURVE, "optimizer": name}
    result = _fit("sample:deck", given)
    losses = tuple(float(loss) for loss in result.run.losses)
    path = ", ".join(f"{row['m']:.3f}" for row in result.history[:6])
    figures = start | {"grad_m": f"{slopes['m']:g}", "grad_b": f"{slopes['b']:g}", "rate": f"{rate:g}", "path": path}
    figures |= {
        "why": words["why"][name][0],
        "zh_why": words["why"][name][1],
        "epochs": CURVE,
        "loss": short(losses[-1]),
    }
    return _asked("optimizers", seed, name, figures, _command("fit", "sample:deck", given), curve=losses)


def overfitting(rng: np.random.Generator, seed: int) -> Question:
    """Which of two fits generalises?"""
    return _compared(rng, seed, wanted=("low", "high")[rng.integers(2)])


def _compared(rng: np.random.Generator, seed: int, wanted: str) -> Question:
    """Two fits of which the wanted one generalises, and the one of the higher degree fits its own rows better."""
    low, high = sorted(int(one) for one in rng.choice([1, 2, 3, 6, 9, 12], 2, replace=False))
    drawn = int(rng.integers(12))
    fits = {degree: _trend(degree, drawn) for degree in (low, high)}
    held = {degree: one.validation.rmse for degree, one in fits.items() if one.validation is not None}
    best = "low" if held[low] < held[high] else "high"
    fits_better = fits[high].scores.rmse < fits[low].scores.rmse
    if max(held.values()) < APART * min(held.values()) or not fits_better or best != wanted:
        return _compared(rng, seed, wanted)
    rows = fits[low].experiment.validation
    figures: dict[str, Any] = {"train": len(fits[low].experiment.data), "held": 0 if rows is None else len(rows)}
    for name, degree in (("low", low), ("high", high)):
        figures |= {name: degree, f"{name}_train": short(fits[degree].scores.rmse), f"{name}_held": short(held[degree])}
    figures |= {"best": short(min(held.values())), "worst": short(max(held.values()))}
    given = {"degree": figures[best], **TREND, "seed": drawn}
    return _asked("overfitting", seed, best, figures, _command("fit", "sample:trend", given))


TREND: dict[str, Any] = {"standardize": True, "validation": 0.3, "lr": 0.1, "epochs": 200}


@cache
def _trend(degree: int, seed: int) -> LineResult:
    """A polynomial through part of the few points of a cubic."""
    return _fit("sample:trend", TREND | {"degree": degree, "seed": seed})


def batches(rng: np.random.Generator, seed: int) -> Question:
    """How many steps are so many epochs?"""
    rows, batch = (320, 32) if seed % 8 == 0 else (int(rng.integers(20, 400)), int(rng.integers(5, 65)))
    epochs = int(rng.integers(1, 6))
    source, given = f"sample:line:rows={rows}", {"lr": 1e-3, "batch_size": batch, "epochs": epochs}
    steps = _fit(source, given).run.last.step
    figures = {"rows": rows, "batch": batch, "epochs": epochs, "parts": f"{rows / batch:.4g}", "per": steps // epochs}
    figures |= {"steps": steps, "passes": "1 epoch" if epochs == 1 else f"{epochs} epochs"}
    return _asked("batches", seed, str(steps), figures, _command("fit", source, given))


def confusion(rng: np.random.Generator, seed: int) -> Question:
    """What does the confusion matrix say?"""
    source, drawn = ("sample:iris", "sample:wine")[rng.integers(2)], int(rng.integers(12))
    result = _flowers(source, drawn)
    assert result.confusion is not None  # noqa: S101 - it has classes
    counts, at = np.asarray(result.confusion[1]), int(rng.integers(len(result.classes)))
    kinds = texts("confusion")["asked"]
    kind = list(kinds)[rng.integers(len(kinds))]
    total, right = int(counts.sum()), int(np.trace(counts))
    own, truth, said = int(counts[at, at]), int(counts[at].sum()), int(counts[:, at].sum())
    value, shown = {
        "wrong": (truth - own, f"{truth} - {own}"),
        "taken": (said - own, f"{said} - {own}"),
        "accuracy": (right / total, f"{right} / {total}"),
        "recall": (own / truth, f"{own} / {truth}"),
    }[kind]
    figures = {"count": total, "one": result.classes[at], "sum": shown, "answer": f"{value:.4g}"}
    made = _asked("confusion", seed, f"{value:.4g}", figures, _command("train", source, NETWORK | {"seed": drawn}),
                  wording=kinds[kind], within=0.005 if kind in ("accuracy", "recall") else 0.0)  # fmt: skip
    return made._replace(matrix=tuple(tuple(int(one) for one in row) for row in counts), classes=result.classes)


NETWORK: dict[str, Any] = {"hidden": [6], "epochs": 4, "lr": 0.02, "validation": 0.3}


@cache
def _flowers(source: str, seed: int) -> NetworkResult:
    """A small network that is not yet very good."""
    return train(source, seed=seed, **NETWORK)


TOPICS: dict[str, Callable[[np.random.Generator, int], Question]] = {
    "rates": rates,
    "step": step,
    "optimizers": optimizers,
    "overfitting": overfitting,
    "batches": batches,
    "confusion": confusion,
}
"""Who asks, by topic."""


def questions(topic: str | None, count: int, seed: int) -> list[Question]:
    """So many questions; the first is the seed's, the next those of the seeds after it.

    Args:
        topic: One topic, or None for one after the other.
        count: How many.
        seed: What they are drawn by.

    Raises:
        OptionError: If there is no such topic.

    >>> questions("batches", 1, 0)[0].answer == questions("batches", 1, 0)[0].answer
    True
    """
    names = list(TOPICS)
    if topic is not None and topic not in names:
        raise OptionError(say("quiz: there is no topic '{topic}'", topic=topic), did_you_mean(topic, names))
    asked = [topic or names[(seed + at) % len(names)] for at in range(count)]
    return [
        TOPICS[name](np.random.default_rng([names.index(name), seed + at]), seed + at) for at, name in enumerate(asked)
    ]


def _asked(
    topic: str,
    seed: int,
    answer: str,
    figures: Mapping[str, Any],
    command: str,
    *,
    wording: Mapping[str, str] | None = None,
    within: float = 0.0,
    curve: tuple[float, ...] = (),
) -> Question:
    """A question with its figures filled in."""
    words = texts(topic) | dict(wording or {})
    said = {name: words[name].format_map(figures) for name in ("text", "zh_text", "because", "zh_because")}
    choices = (Choice(key, en.format_map(figures), zh.format_map(figures)) for key, en, zh in words.get("choices", ()))
    return Question(
        topic, seed, answer=answer, command=command, choices=tuple(choices), within=within, curve=curve, **said
    )


def _command(command: str, source: str, given: Mapping[str, Any]) -> str:
    """A run as it is typed."""
    flags = " ".join(_flag(name.replace("_", "-"), value) for name, value in given.items())
    return f"gdcli {command} {shlex.quote(source)} {flags}"


def _flag(name: str, value: Any) -> str:
    if value is True:
        return f"--{name}"
    return f"--{name} {','.join(map(str, value)) if isinstance(value, list) else value}"
