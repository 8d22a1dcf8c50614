"""Single words that results carry as plain text, which a screen says in the reader's language."""

from __future__ import annotations

from gdcli.said import say

__all__ = ["sized", "status_word", "word"]

WORDS = {
    str.__str__(one): one
    for one in (
        say("accuracy"),
        say("No activation"),
        say("z. A network of nothing else is one line, however deep"),
        say("Rectified linear unit"),
        say("ReLU that never goes quite silent"),
        say("z where z > 0, else 0.01z"),
        say("Exponential linear unit"),
        say("z where z > 0, else exp(z) - 1"),
        say("Logistic curve, a number made a probability"),
        say("Hyperbolic tangent, a sigmoid from -1 to 1"),
        say("ReLU with a rounded corner"),
        say("Gaussian error linear unit"),
        say("z Φ(z), where Φ(z) is the chance that a standard normal lies below z"),
        say("all zero"),
        say("normal with variance 1 / fan_in"),
        say("uniform in ±sqrt(3 / fan_in)"),
        say("uniform in ±sqrt(6 / (fan_in + fan_out))"),
        say("normal with variance 2 / (fan_in + fan_out)"),
        say("normal with variance 2 / fan_in"),
        say("uniform in ±sqrt(6 / fan_in)"),
        say("r, within -1 and 1"),
        say("r^2/2, or |r| - 1/2"),
        say("direction"),
        say("effective step"),
        say("m hat"),
        say("v hat"),
        say("velocity"),
        say("squares"),
        say("sum of squares"),
        say("mean of (p - y)^2"),
        say("p(s - sum of p s), s = 2(p - y)/K"),
        say("a line: y = 2x + 1, x evenly from 0 to 10"),
        say("a line whose MSE surface is a long ravine: y = 2x - 10, x evenly from 10 to 20, far from 0"),
        say("a saddle for one linear hidden neuron, y = v(wx), at w = v = 0: y = x, x evenly from -1 to 1"),
        say("a cubic, to overfit or underfit: y = x^3 / 2 - 2x + 1, x evenly from -3 to 3"),
        say('a few points of a cubic, "which trend line is better?": y = x^3 - 3x, x evenly from -2 to 2'),
        say("three clouds a straight line can part: class k around 2 (cos t, sin t), t = π/2 + 2πk/3"),
        say("exclusive or: 0.1 to 1 from either axis, class 1 where the signs of x1 and x2 differ"),
        say("a ring within a ring: class 0 on radius 1, class 1 on radius 1/2, evenly around"),
        say("two hooked half circles: class 0 (cos t, sin t), class 1 (1 - cos t, 1/2 - sin t), t evenly in 0..π"),
        say("two arms of one and a half turns: class k at r (cos t, sin t), t = 3πr + πk, r = 1/n, 2/n, ... 1"),
        say("default"),
        say("variable"),
        say("file"),
        say("validation accuracy"),
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
        say("macro f1"),
        say("minimum"),
        say("mixed"),
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
        say("saved"),
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


def sized(part: str, count: int) -> str:
    """How many rows a part has: train, validation or test.

    >>> sized("train", 1200)
    '1,200 train'
    """
    said = {"train": say("{n:,} train", n=count), "validation": say("{n:,} validation", n=count)}
    return said.get(part, say("{n:,} test", n=count))


def status_word(status: str) -> str:
    """A status as people say it."""
    return word(str(status).replace("_", " "))
