"""Single words that results carry as plain text, which a screen says in the reader's language."""

from __future__ import annotations

from gdcli.said import say

__all__ = ["word"]

WORDS = {
    str.__str__(one): one
    for one in (
        say("accuracy"),
        say("at"),
        say("balanced accuracy"),
        say("baseline"),
        say("best"),
        say("binary cross-entropy"),
        say("class"),
        say("classes"),
        say("completed"),
        say("converged"),
        say("converges"),
        say("converging"),
        say("crawling"),
        say("cross-entropy"),
        say("data"),
        say("date"),
        say("dates"),
        say("digits"),
        say("diverged"),
        say("diverges"),
        say("diverging"),
        say("ended"),
        say("epochs"),
        say("fitted"),
        say("folds"),
        say("found"),
        say("gradient"),
        say("group"),
        say("groups"),
        say("held out"),
        say("improved"),
        say("improving, but will diverge"),
        say("input"),
        say("interrupted"),
        say("kept"),
        say("left out"),
        say("limit"),
        say("log loss"),
        say("loss"),
        say("minimum"),
        say("neither"),
        say("none"),
        say("not fitted"),
        say("note"),
        say("number"),
        say("optima"),
        say("optimum"),
        say("oscillating"),
        say("overshot"),
        say("parameters"),
        say("penalty"),
        say("perfect"),
        say("prediction"),
        say("probability"),
        say("rate"),
        say("residual"),
        say("row"),
        say("rows"),
        say("score"),
        say("seed"),
        say("sharpness"),
        say("squared error"),
        say("start"),
        say("status"),
        say("steps"),
        say("stopped"),
        say("stopped early"),
        say("target"),
        say("target loss"),
        say("test"),
        say("text"),
        say("train"),
        say("training"),
        say("truth"),
        say("try"),
        say("twins"),
        say("unchanged"),
        say("validation"),
        say("verdict"),
        say("whole number"),
    )
}


def word(text: str) -> str:
    """A word as a sentence that can be said in another language; others as they are.

    >>> word("baseline").template, word("BMI")
    ('baseline', 'BMI')
    """
    return WORDS.get(text, text)
