"""What a training run shows: whether it overfits, and from which epoch on; whether it was over too soon."""

from __future__ import annotations

from collections.abc import Sequence

from gdcli.training.records import RISE, Epoch, Overfitting

__all__ = ["overfitting", "still_falling"]

GAP = 0.05  # accuracy this much lower on rows not trained on is a gap
RATIO = 1.5  # as is a loss this much higher
FALL = 0.01  # a loss that fell by this part of itself in the last fifth of a run was still falling,
SOLVED = 1e-3  # unless it is this part of the first one: no more is needed


def overfitting(best: Epoch, last: Epoch) -> Overfitting | None:
    """Judges a run by its best and its last epoch; None without a validation set.

    It overfits slightly if the validation loss rose again, or is well above the training loss; strongly if it
    rose by half, or is three times the training loss, or accuracy is 0.15 lower.

    Source: the lecture, "Which trend line is better?"; Prechelt 1998, Early Stopping - But When?
    """
    if best.validation_loss is None or last.validation_loss is None:
        return None
    train, validation = float(best.loss), float(best.validation_loss)
    last_train, last_validation = float(last.loss), float(last.validation_loss)
    lost = last.metrics.get("accuracy", 0.0) - last.metrics.get("validation_accuracy", 0.0)
    rise = last_validation / validation if validation > 0 and last_train < train else 1.0
    ratio = validation / train if train > 0 else 1.0
    if rise > RATIO or lost > 3 * GAP or (ratio > 2 * RATIO and lost > GAP):
        verdict = "strong"
    elif rise > RISE or lost > GAP or ratio > RATIO:
        verdict = "slight"
    else:
        verdict = "none"
    return Overfitting(
        verdict,
        best.epoch,
        train,
        validation,
        last_train,
        last_validation,
        validation - train,
        last_validation - last_train,
    )


def still_falling(losses: Sequence[float]) -> bool:
    """Whether more epochs would have lowered a loss: in its last fifth it fell by one per cent, and ends at its least.

    As near to it as that one per cent, so that noise does not hide it.

    >>> still_falling([1.0, 0.9, 0.8]), still_falling([1.0, 0.5, 0.499]), still_falling([1.0, 0.6, 0.5, 0.55])
    (True, False, False)
    """
    if len(losses) < 2:
        return False
    last, earlier = losses[-1], losses[-1 - -(-(len(losses) - 1) // 5)]
    enough = FALL * abs(last)
    return earlier - last > enough >= last - min(losses) and last > SOLVED * losses[0]
