"""Whether a training run overfits, and from which epoch on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gdcli.analysis.claims import number
from gdcli.analysis.evidence import Mean, Verdict, mean_of, quantile
from gdcli.arrays import Array
from gdcli.said import say
from gdcli.training.records import Epoch, Overfitting

__all__ = ["generalisation_gap", "overfitting", "overfitting_since"]

CHOSEN = 0.99
"""Confidence of a one-sided test: higher than usual, because the best epoch was chosen on the same rows."""
GROWN = 0.05  # part of the best held-out loss by which it must have risen, to be said at all
STRONG = 0.5  # and to be called strong
DOUBTFUL = 0.2  # part by which it must have risen for rows that cannot tell to be said to be so few
NOTHING = 1e-6  # part of the first held-out loss that is rounding, or as good as solved
FEWEST = 5  # rows held out whose spread says how far apart two means may be
TIMES = 1.5  # a held-out loss this many times the training loss is a gap


def overfitting(best: Epoch, last: Epoch, verdicts: Sequence[Verdict]) -> Overfitting | None:
    """Training against rows held out, at the best epoch and at the last; None without a validation set.

    Args:
        best: The record of the least validation loss.
        last: The last record.
        verdicts: What is said of the run.
    """
    if best.validation_loss is None or last.validation_loss is None:
        return None
    train, validation = float(best.loss), float(best.validation_loss)
    last_train, last_validation = float(last.loss), float(last.validation_loss)
    return Overfitting(
        _degree({verdict.name: verdict for verdict in verdicts}),
        best.epoch,
        train,
        validation,
        last_train,
        last_validation,
        validation - train,
        last_validation - last_train,
    )


def _degree(said: Mapping[str, Verdict]) -> str:
    """none, slight or strong."""
    if "overfitting" not in said:
        return "slight" if "generalisation gap" in said else "none"
    figures = said["overfitting"].figures
    return "strong" if _is_strong(figures["best_loss"], figures["last_loss"]) else "slight"


def _is_strong(best: float, last: float) -> bool:
    return last - best >= STRONG * best


def overfitting_since(
    best: int,
    last: int,
    best_rows: Array,
    last_rows: Array,
    best_loss: float,
    last_loss: float,
    measure: str = say("loss"),
    first: float = 0.0,
) -> Verdict:
    """Whether the loss on rows held out rose from its best epoch to the last while the training loss fell.

    A paired t test of the rows' losses, at 99 %: the best epoch is the best on these very rows, and at 95 % that choice
    alone would be called overfitting too often. A rise is slight below half of the best loss, and strong from there
    on; below a twentieth it is none.

    Args:
        best: The epoch at which the held-out loss was least.
        last: The last epoch.
        best_rows: Each held-out row's loss at the best epoch.
        last_rows: The same at the last.
        best_loss: The training loss at the best epoch.
        last_loss: The training loss at the last.
        measure: What the losses are called.
        first: The held-out loss at the start; of what is next to nothing beside it no gap is spoken of.

    Returns:
        `overfitting`; `overfitting not settled` where the loss rose by a fifth and these rows are too few to tell that
        from chance; or `no sign of overfitting` with the least gap that they could show.

    Source: the lecture, "Which trend line is better?"; Prechelt 1998, Early Stopping - But When?
    """
    rise, level = mean_of(last_rows - best_rows), float(np.mean(best_rows))
    figures = {
        "best_epoch": best,
        "best_loss": level,
        "last_loss": level + rise.value,
        "best_training_loss": best_loss,
        "last_training_loss": last_loss,
    }
    rose = last_loss < best_loss and rise.value > GROWN * level
    if rose and not rise.above(CHOSEN) and rise.value >= DOUBTFUL * level:
        sentence = _not_settled(best, rise, level, measure)
        return Verdict("overfitting not settled", sentence, figures, rise.count, rise.standard_error)
    if rose and rise.above(CHOSEN):
        degree = say("Strong") if _is_strong(level, level + rise.value) else say("Slight")
        rows = say("the {count:,} rows held out", count=rise.count)
        sentence = say(
            "{degree} overfitting since epoch {best:,}: the {measure} on {rows} rose from {level} to "
            "{level2} (standard error {standard_error}), that on training rows fell from {best_loss} to "
            "{last_loss}.",
            degree=degree,
            best=best,
            measure=measure,
            rows=rows,
            level=number(level, 3),
            level2=number(level + rise.value, 3),
            standard_error=number(rise.standard_error, 2),
            best_loss=number(best_loss, 3),
            last_loss=number(last_loss, 3),
        )
        return Verdict("overfitting", sentence, figures, rise.count, rise.standard_error)
    sentence = _no_sign(best, last, rise, level, first, measure)
    return Verdict("no sign of overfitting", sentence, figures, rise.count, rise.standard_error)


def _not_settled(best: int, rise: Mean, level: float, measure: str) -> str:
    sentence = say(
        "Whether it overfits, {rows:,} row{s} held out cannot tell: since epoch {best:,} the {measure} on them rose "
        "from {level} to {level2}",
        rows=rise.count,
        s="s" * (rise.count != 1),
        best=best,
        measure=measure,
        level=number(level, 3),
        level2=number(level + rise.value, 3),
    )
    reach = rise.reach(CHOSEN)
    if not math.isfinite(reach):
        return say("{sentence}.", sentence=sentence)
    return say("{sentence}; a rise of up to {reach} may be chance.", sentence=sentence, reach=number(reach, 2))


def _no_sign(best: int, last: int, rise: Mean, level: float, first: float, measure: str) -> str:
    rows = rise.count
    if best == last:
        return say(
            "No sign of overfitting: the last epoch, {last}, is the best on the {rows:,} row{s} held out.",
            last=last,
            rows=rows,
            s="s" * (rows != 1),
        )
    shown = max(rise.reach(CHOSEN), GROWN * level)  # a smaller rise is not called overfitting, however sure
    if rise.value == 0 == rise.standard_error or max(level, level + rise.value) <= NOTHING * first:
        return say(
            "No sign of overfitting: on the {rows:,} row{s} held out the {measure} is {level} at the best epoch, "
            "{best}, and {level2} at the last, {last}.",
            measure=measure,
            rows=rows,
            s="s" * (rows != 1),
            level=number(level, 3),
            best=best,
            level2=number(level + rise.value, 3),
            last=last,
        )
    if not math.isfinite(shown):
        return say("No sign of overfitting (one row held out cannot show a gap).")
    power = say("could show a gap of {shown} or more to their best {measure}", shown=number(shown, 2), measure=measure)
    return say("No sign of overfitting ({rows:,} rows held out {power}).", rows=rows, power=power)


def generalisation_gap(
    training: Array, held_out: Array, right: tuple[Array, Array] | None = None, measure: str = say("loss")
) -> Verdict | None:
    """Whether a model does worse on rows held out than on those it was trained on: a loss 1.5 times as high or more.

    Welch's test of two means, at 99 %; for classes the accuracy must be lower too. None where there
    is no such gap, or the rows cannot tell: of fewer than five, the spread is luck.

    Args:
        training: Each training row's loss.
        held_out: Each held-out row's loss.
        right: For classes, whether the model is right, on either set.
        measure: What the losses are called.

    Source: Welch 1947, The Generalization of Student's Problem.
    """
    if len(held_out) < FEWEST:
        return None
    gap, error, freedom = _welch(training, held_out)
    low, high = float(np.mean(training)), float(np.mean(held_out))
    if not (gap > quantile(CHOSEN, freedom) * error and high > TIMES * low):
        return None
    figures = {"training_loss": low, "held_out_loss": high}
    if right is not None:
        lost, spread, count = _welch(right[1].astype(float), right[0].astype(float))
        if not lost > quantile(0.975, count) * spread:
            return None
        figures |= {"training_accuracy": float(np.mean(right[0])), "held_out_accuracy": float(np.mean(right[1]))}
    sentence = say(
        "Worse on rows it has not seen: {measure} {high} on the {count:,} held out, {low} in training "
        "(standard error of the gap {error}).",
        measure=measure,
        high=number(high, 3),
        count=len(held_out),
        low=number(low, 3),
        error=number(error, 2),
    )
    return Verdict("generalisation gap", sentence, figures, len(held_out), error)


def _welch(first: Array, second: Array) -> tuple[float, float, int]:
    """The second mean less the first, its standard error, and the degrees of freedom."""
    means = mean_of(first), mean_of(second)
    error = math.hypot(means[0].standard_error, means[1].standard_error)
    gap = means[1].value - means[0].value
    if not 0 < error < math.inf:
        return gap, error, 1
    parts = [(mean.standard_error / error) ** 4 / max(1, mean.count - 1) for mean in means]  # free of units
    return gap, error, max(1, int(1 / sum(parts)))
