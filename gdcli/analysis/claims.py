"""Claims: sentences about an optimum, a limit or a quality, as values that say how sure they are."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from gdcli.analysis.collinearity import Dependence, near_twins
from gdcli.analysis.objective import Change, Objective
from gdcli.arrays import Array
from gdcli.data.warning import count as count_of
from gdcli.definitions.dataclass import dataclass
from gdcli.formatting import score
from gdcli.said import capitalized, enumerated, say, together

if TYPE_CHECKING:
    from gdcli.analysis.sharpness import Sharpness

__all__ = [
    "Claim",
    "blurred_powers",
    "condition",
    "digits",
    "majority_baseline",
    "mean_baseline",
    "number",
    "optimum_name",
    "r_squared",
    "sharpness_trust",
    "twins",
    "uniqueness",
]

Kind = Literal["exact", "bound", "extrapolation"]

NAMED = 3
"""Columns that are named one by one."""


@dataclass(frozen=True)
class Claim:
    """A sentence that is so, and how far.

    Args:
        kind: `exact` (a formula, right to all digits shown), `bound` (at most, at least), or `extrapolation` (about).
        subject: What it is about, in a word or two, for machines and labels.
        value: Its figure, or None.
        sentence: The claim, to be read aloud.
    """

    kind: Kind
    subject: str
    value: float | int | str | None
    sentence: str

    def row(self) -> dict[str, float | int | str | None]:
        """subject, kind, value, sentence; what is not finite is None."""
        finite = not isinstance(self.value, float) or math.isfinite(self.value)
        value = self.value if finite else None
        return {"subject": self.subject, "kind": self.kind, "value": value, "sentence": self.sentence}


def number(value: float, digits: int = 4) -> str:
    """A number as one says it: few digits, whole numbers with commas.

    >>> number(12345), number(0.29179606), number(1.7153e29, 2), number(math.inf)
    ('12,345', '0.2918', '1.7e+29', 'infinite')
    """
    if math.isinf(value):
        return "infinite"
    rounded = float(f"{value:.{digits}g}")
    whole = value if float(value).is_integer() else rounded
    if float(whole).is_integer() and abs(whole) < 1e9:
        return f"{int(whole):,}"
    return f"{rounded:.{digits}g}"


def optimum_name(objective: Objective | None) -> Claim | None:
    """What the optimum is called; None where it has no closed form.

    Args:
        objective: What the descent minimises.
    """
    if objective is None:
        return None
    if not (objective.l2 or objective.weight_decay):
        return Claim("exact", "optimum", objective.name, say("The optimum is the exact least-squares solution."))
    parts = [say("L2 {l2} on the weights", l2=number(objective.l2))] if objective.l2 else []
    if objective.weight_decay:
        parts.append(say("weight decay {weight_decay} on all parameters", weight_decay=number(objective.weight_decay)))
    sentence = say("The optimum is the exact ridge solution, with {names}.", names=together(say(" and "), parts))
    return Claim("exact", "optimum", objective.name, sentence)


def blurred_powers(columns: Sequence[str]) -> Claim:
    """That float64 cannot tell raw powers apart, where it can the standardised ones: x^3 near 1e18 has steps of 128.

    Args:
        columns: The powers that look like sums of others.
    """
    sentence = say(
        "In float64, {named} cannot be told from a sum of the other raw powers; the optimum shown is found with "
        "standardised ones. For descent too: --scale standard.",
        named=enumerated(columns),
    )
    return Claim("bound", "unique", 1, sentence)


def uniqueness(objective: Objective, start: Array | None = None, inputs: str = "", is_shown: bool = True) -> Claim:
    """Whether there is one optimum; of many, why, which one is shown and which one a descent goes to.

    Args:
        objective: What the descent minimises.
        start: Where it starts, shape (P,); None to leave that out.
        inputs: What the parameters multiply, where that is not the columns as they are: "scaled inputs".
        is_shown: Whether one of them is shown.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset, Linear, Problem, mse
    >>> from gdcli.analysis.objective import objective
    >>> rows = Dataset([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [4.0, 8.0, 9.0], ("a", "b"))
    >>> print(uniqueness(objective(Problem(Linear(2), mse, rows), SGD())).sentence)
    Many optima fit equally well: columns a and b carry the same information. The condition number is infinite. The \
one shown has the smallest parameters.
    """
    free = len(objective.rank.dependences)
    if not free:
        return Claim("exact", "unique", 1, say("The optimum is unique."))
    shown = say("The one shown has the smallest parameters") + (
        say(" for the {inputs}", inputs=inputs) if inputs else ""
    )
    if start is not None:
        apart = np.abs(objective.destination(start) - objective.optimum).max()
        same = apart <= 1e-9 * max(1.0, float(np.abs(objective.optimum).max()))
        goal = say("this descent goes to it") if same else say("this descent goes to the one nearest to its start")
        shown = say("{shown}; {goal}", shown=shown, goal=goal)
    reason = _reason(objective)
    many = say("Many optima fit equally well: {reason}. The condition number is infinite.", reason=reason)
    return Claim("exact", "unique", 0, say("{many} {shown}.", many=many, shown=shown) if is_shown else many)


def condition(objective: Objective) -> Claim:
    """The condition number of the Hessian, L/mu; infinite where a direction is flat."""
    value = objective.condition_number
    return Claim("exact", "condition number", value, say("The condition number is {value}.", value=number(value)))


def _reason(objective: Objective) -> str:
    """Why there are many."""
    facts, count = objective.rank.dependences, len(objective.names)
    if count > objective.rows and not (objective.l2 or objective.weight_decay):
        return say(
            "{count} parameters are more than {rows} can settle", count=count, rows=count_of(objective.rows, "row")
        )
    named = together(say("; "), (fact.sentence for fact in facts[:NAMED]))
    rest = len(facts) - NAMED
    return named if rest <= 0 else say("{named}; and {rest} more", named=named, rest=rest)


def twins(inputs: Array, names: Sequence[str], known: Sequence[Dependence] = ()) -> Claim | None:
    """Columns that carry almost the same information; None where there are none.

    Args:
        inputs: Shape (n, d).
        names: d names.
        known: Dependences that are said already: their columns are left out.
    """
    named = {fact.column for fact in known}
    pairs = near_twins(inputs, names, named)
    if not pairs:
        return None
    text = together(say("; "), (pair.sentence for pair in pairs[:NAMED]))
    sentence = say("{text}: the data hardly settle their weights one by one.", text=capitalized(text))
    return Claim("exact", "near twins", len(pairs), sentence)


def digits(objective: Objective, back: Change | None = None) -> Claim:
    """To how many digits the optimum shown is good; its value is the least of all parameters.

    `objective.digits(back)` has the number for each parameter: the digits beyond it are blanked where it is shown.

    Args:
        objective: What the descent minimises.
        back: A matrix (P, P) from its parameters to those that are shown.
    """
    shown = objective.optimum if back is None else back @ objective.optimum
    known = objective.digits(back)[shown != 0]
    least = int(known.min()) if len(known) else 15
    if least == 0 and known.max() > 0:
        return Claim("bound", "digits", 0, _some_certain(known, len(shown)))
    if least == 0:
        return Claim(
            "bound", "digits", 0, say("Rounding of the data leaves no digit of the optimum's parameters certain.")
        )
    return Claim(
        "bound",
        "digits",
        least,
        say("The optimum's parameters are good to at least {least} digit{s}.", least=least, s="s" * (least != 1)),
    )


def _some_certain(known: Array, count: int) -> str:
    """Of some parameters no digit is certain."""
    lost, least = int((known == 0).sum()), int(known[known > 0].min())
    return say(
        "Rounding of the data leaves no digit of {lost} of the {count} parameters of the optimum certain; the rest are "
        "good to at least {least} digit{s}.",
        lost=lost,
        count=count,
        least=least,
        s="s" * (least != 1),
    )


def r_squared(outputs: Array, targets: Array, intercept: bool) -> Claim:
    """R2, and which: with an intercept 1 - SSE / sum((y - mean)^2), without one 1 - SSE / sum(y^2).

    Without an intercept the mean is no model of the family, so it is no baseline either: R, and the certified values
    of NIST, compare with predicting 0.

    Args:
        outputs: n predictions.
        targets: n numbers.
        intercept: Whether the model has one.

    >>> import numpy as np
    >>> r_squared(np.array([2.0, 4.0]), np.array([2.0, 5.0]), False).sentence
    'R2 is 0.9655, uncentred: 1 is perfect, 0 is no better than predicting 0.'

    Source: Kvalseth 1985, Cautionary Note about R2; R's summary.lm.
    """
    residual = np.asarray(outputs, float) - targets
    centre = float(np.mean(targets)) if intercept else 0.0
    total, left = float(((targets - centre) ** 2).sum()), float(residual @ residual)
    value = 1 - left / total if total > 0 else float(left == 0)
    base = say("the mean") if intercept else "0"
    which = "" if intercept else ", uncentred"
    subject = "R2" if intercept else "R2 uncentred"
    sentence = say(
        "R2 is {value}{which}: 1 is perfect, 0 is no better than predicting {base}.",
        value=score(value),
        which=which,
        base=base,
    )
    return Claim("exact", subject, value, sentence)


def mean_baseline(targets: Array, name: str = "y") -> Claim:
    """The MSE of always predicting the mean."""
    mean = float(np.mean(targets))
    error = float(np.mean((targets - mean) ** 2))
    sentence = say(
        "Always predicting the mean of {name}, {mean}, has an MSE of {error}.",
        name=name,
        mean=number(mean),
        error=number(error),
    )
    return Claim("exact", "baseline", error, sentence)


def majority_baseline(targets: Array, classes: Sequence[str]) -> Claim:
    """The accuracy of always naming the most frequent class; its log loss is that of the classes' shares.

    Args:
        targets: n class indices.
        classes: K labels.

    >>> import numpy as np
    >>> majority_baseline(np.array([0, 0, 0, 1]), ("no", "yes")).sentence
    'Always saying no is right in 0.75 of the rows.'
    """
    counts = np.bincount(np.asarray(targets).astype(int), minlength=len(classes))
    share = float(counts.max() / counts.sum())
    sentence = say(
        "Always saying {classes} is right in {share:.3g} of the rows.",
        classes=classes[int(counts.argmax())],
        share=share,
    )
    return Claim("exact", "baseline", share, sentence)


def sharpness_trust(measured: Sharpness, error: float) -> Claim:
    """How far a sharpness can be trusted: its search and its finite differences together.

    Args:
        measured: The sharpness.
        error: Of its differences, as `difference_error` has it.
    """
    off = measured.residual + error
    part = off / abs(measured.value) if measured.value else math.inf
    if not part < 0.5:
        return Claim("bound", "sharpness error", off, say("Finite differences do not settle the sharpness here."))
    sentence = say(
        "The sharpness is {value}, off by at most about {part}.", value=number(measured.value), part=_part(part)
    )
    return Claim("bound", "sharpness error", off, sentence)


def _part(part: float) -> str:
    """A part of something: in per cent, or, of very little, as a power of ten, which float64 can tell from nothing."""
    part = max(part, sys.float_info.epsilon)
    return (
        f"{number(100 * part, 1)} %"
        if part >= 1e-4
        else say("one part in {floor}", floor=number(10 ** math.floor(-math.log10(part))))
    )
