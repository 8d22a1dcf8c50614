"""A student's formulas, predictions and functions, as `check` reads them: right, nearly right and none."""

from __future__ import annotations

from random import Random

from .case import Case
from .stock import Stock
from .values import damaged

ANSWERS = ("--loss", "--rmse", "--grad-m", "--grad-b", "--step-m", "--step-b")
NAMES = ("m", "b", "x", "y", "n", "y_hat", "lr", "mx", "pi", "e", "xi", "λ", "foo", "mb", "x1", "__class__", "é", "ŷ")
NUMBERS = ("2", "0", "1", "0.5", ".5", "5.", "1e3", "1e308", "1e999", "13", "1_0", "0x1", "½", "２", "1e-400", "9" * 50)
FUNCTIONS = ("sum", "mean", "sqrt", "abs", "exp", "log", "tanh", "max", "min", "ln", "sin", "eval", "print")
SIGNS = ("+", "-", "*", "/", "^", "**", " ", "−", "×", "·", "//", "%", "=", ",", "@")
RIGHT = ("5*m + 3*b - 13", "3m + 2b - 8", "mean((y_hat - y)^2)", "sqrt(mean((mx + b - y)^2))", "m - lr*(5m + 3b - 13)")
ODD = (
    "",
    "(",
    ")",
    "((",
    "m(",
    "m)",
    "[m]",
    "{m}",
    "m.real",
    "m if b else x",
    "lambda: m",
    "'m'",
    "m;b",
    "\x1b[31m",
    "1" * 6000,
)
FUNCTION = "def get_rmse(data, m, b):\n    return {result}\n"
RESULTS = (
    *("3", "None", "'x'", "float('nan')", "[1]", "1/0", "10**400", "m", "data", "exit(7)", "get_rmse(data, m, b)"),
    *("print('x' * 10**6) or 1", "__import__('os')._exit(9)", "open('left.txt', 'w') and 1", "complex(m)", "True"),
    "(sum((m * x + b - y) ** 2 for x, y in data) / len(data)) ** 0.5",
)
DEEP = 6


def case(rng: Random, stock: Stock) -> Case:
    """Answers to check."""
    argv, files = ["check"], {"rows.csv": stock.files["rows.csv"], "gaps.csv": stock.files["gaps.csv"]}
    if rng.random() < 0.4:
        argv += rng.choice((["rows.csv", "--x", "x1"], ["rows.csv"], ["gaps.csv", "--missing", "drop", "--x", "x2"]))
    kind = rng.random()
    if kind < 0.02:  # a process each: few
        files["mine.py"] = FUNCTION.format(result=rng.choice(RESULTS)).encode()
        argv += [
            "--python",
            rng.choice(("mine.py:get_rmse", "mine.py:nope", "mine.py")),
            *rng.choice(([], ["--as", "loss"])),
        ]
    elif kind < 0.12:
        files["p.csv"] = damaged(rng, b"p\n4\n3\n") if rng.random() < 0.7 else b"p\n" + b"1\n" * rng.randrange(20)
        argv += ["--pred", "p.csv"]
    for option in rng.sample(ANSWERS, rng.choice((1, 1, 2, 3)) if kind >= 0.02 else 0):
        argv.append(f"{option}={formula(rng)}")
    if rng.random() < 0.2:
        argv += rng.choice(
            (["--m", "1e300"], ["--b", "nan"], ["--lr", "1e-300"], ["--seed", "7"], ["--m", "0", "--b", "0"])
        )
    form = ["--format", rng.choice(("json", "csv", "kv", "jsonl", "tsv", "value"))] if rng.random() < 0.5 else []
    language = ["--lang", "zh-TW"] if rng.random() < 0.2 else []
    return Case(
        "formulas",
        tuple(word.replace("\0", "") for word in (*argv, *form, *language)),
        files,
        tty=rng.random() < 0.1,
        encoding=rng.choice(("utf-8", "utf-8", "utf-8", "ascii")),
    )


def formula(rng: Random) -> str:
    """A formula, or nearly one."""
    kind = rng.random()
    if kind < 0.1:
        text = rng.choice(RIGHT)
        at = rng.randrange(len(text))
        return text[:at] + rng.choice((*SIGNS, *NAMES, *NUMBERS, "")) + text[at + rng.randrange(3) :]
    if kind < 0.2:
        return rng.choice((*RIGHT, *ODD))
    if kind < 0.24:
        count = rng.choice((20, 99, 101, 1000))
        return rng.choice(
            (
                "(" * count + "m" + ")" * count,
                "-" * count + "m",
                "m^" * count + "m",
                "sqrt(" * count + "m" + ")" * count,
            )
        )
    return _sum(rng, DEEP)


def _sum(rng: Random, deep: int) -> str:
    """An expression of the grammar, with a slip now and then."""
    if rng.random() < 0.02:
        return rng.choice(ODD)
    kind = rng.random()
    if deep == 0 or kind < 0.3:
        return (
            rng.choice(NAMES[:7] if rng.random() < 0.9 else NAMES)
            if rng.random() < 0.6
            else rng.choice(NUMBERS[:7] if rng.random() < 0.85 else NUMBERS)
        )
    if kind < 0.7:
        sign = rng.choice(SIGNS[:7] if rng.random() < 0.96 else SIGNS)
        return f"{_sum(rng, deep - 1)}{sign}{_sum(rng, deep - 1)}"
    if kind < 0.85:
        return f"{rng.choice(FUNCTIONS[:10] if rng.random() < 0.95 else FUNCTIONS)}({_sum(rng, deep - 1)})"
    return f"{rng.choice(('(', '-(', '2('))}{_sum(rng, deep - 1)})"
