"""The little languages of options: changes in mid-run, features, ranges, schedules, weights, paths into a result."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .case import Case
from .stock import Stock
from .values import NO_NUMBERS, ODD_NUMBERS

FIT = ("fit", "rows.csv", "--epochs", "6")
TRAIN = ("train", "classes.csv", "--epochs", "3", "--lr", "0.1")
REGRESSION = ("train", "rows.csv", "--epochs", "2", "--lr", "0.01", "--hidden", "2")
SWEEP = ("sweep", "fit", "rows.csv", "--epochs", "3")
SURFACE = ("surface", "rows.csv", "--x", "x1", "--epochs", "3")
NUMBERS = ("1", "2", "3", "0.1", "0.5", "1e-3", "0.9", "5", "0", "-1", "1e3", "1e308", "nan", "x", "")
ODD = (
    *("", ":", ",", "=", "..", "-", "^", "(", ")", "*", "x1", "nan", "inf", "1e999", "é", "  ", "::", "=="),
    *ODD_NUMBERS,
)
SETTINGS = {
    "lr": NUMBERS,
    "batch-size": ("1", "4", "full", "16", "0", "x"),
    "optimizer": ("adam", "sgd", "momentum", "adagrad", "nope"),
    "momentum": ("0.5", "0.9", "1", "0"),
    "beta1": ("0.5", "0.9", "1"),
    "l2": NUMBERS,
    "l1": NUMBERS,
    "weight-decay": NUMBERS,
    "dropout": ("0.1", "0.5", "1"),
    "epochs": NUMBERS,
}
SCHEDULES = {
    "constant": (),
    "step": ("every=2", "factor=0.5", "every=0"),
    "exponential": ("factor=0.9", "decay=0.1", "rate=0.5"),
    "cosine": ("end=0.1", "minimum=0"),
    "inverse-time": ("decay=0.1", "rate=1"),
    "one-cycle": ("peak=0.5", "start=0.1"),
    "nope": ("x=1",),
}


def _number(rng: Random) -> str:
    """A number, small ones first among the likely."""
    return rng.choice(NUMBERS[:8] if rng.random() < 0.85 else NUMBERS)


def _listed(rng: Random, one: Callable[[], str]) -> str:
    return ",".join(one() for _ in range(rng.choice((1, 1, 2, 2, 3))))


def _change(rng: Random) -> str:
    name = rng.choice(list(SETTINGS)[: 6 if rng.random() < 0.7 else None])
    values = SETTINGS[name]
    return f"{name}={values[0] if rng.random() < 0.3 else rng.choice(values)}"


def _at(rng: Random) -> str:
    steps = sorted(rng.randrange(1, 6) for _ in range(rng.choice((1, 1, 2, 3))))
    return ",".join(f"{step}:{_change(rng)}" for step in steps)


def _feature(rng: Random) -> str:
    column, other = (rng.choice(("x1", "x2", "x1", "x2", "y", "1", "z")) for _ in range(2))
    powers = ("2", "3", "9", "10", "1", "0", "-1", "2.5")
    forms = (
        f"{column}^{rng.choice(powers[: 3 if rng.random() < 0.8 else None])}",
        f"{column}{rng.choice(('', '', '*', ' '))}{other}",
        f"{rng.choice(('sin', 'cos', 'exp', 'abs', 'log'))}({rng.choice(('', '2', '0.5*', '1e308'))}{column})",
        column,
    )
    return rng.choice(forms[: 3 if rng.random() < 0.9 else None])


def _features(rng: Random) -> str:
    return _listed(rng, lambda: _feature(rng))


def _range(rng: Random) -> str:
    low, high = rng.choice(
        (("0.01", "1"), ("0.1", "0.5"), ("1e-3", "1e-1"), ("1", "1"), ("1", "0.1"), ("0", "1"), ("x", ""))
    )
    kind = rng.choice(("lin", "log", "log", "", "geo"))
    return f"{low}..{high}" + rng.choice((f":{kind}{rng.randrange(5)}", f":{kind}3", f":{kind}"))


def _window(rng: Random) -> str:
    sound = rng.choice(("-1:1", "0:3:5", "-5:5:9", "1e-3:1", "-1e3:1e3:4"))
    return sound if rng.random() < 0.5 else ":".join(_number(rng) for _ in range(rng.choice((1, 2, 2, 3, 3, 4))))


def _rates(rng: Random) -> str:
    return _listed(rng, lambda: f"{rng.randrange(1, 9)}:{_number(rng)}")


def _schedule(rng: Random) -> str:
    name = rng.choice(list(SCHEDULES))
    some = ",".join(rng.sample(SCHEDULES[name], min(len(SCHEDULES[name]), rng.choice((0, 0, 1, 2)))))
    return name + (f":{some}" if some or rng.random() < 0.05 else "")


def _weights(rng: Random) -> str:
    names = ["yes", "no", "may be"] if rng.random() < 0.7 else ["yes", "x", "", "no"]
    return rng.choice(
        ("balanced", ",".join(f"{name}={_number(rng)}" for name in rng.sample(names, rng.randrange(1, 4))))
    )


def _limits(rng: Random) -> str:
    names = ("columns", "cell", "unpacked", "columns", "row")
    return _listed(rng, lambda: f"{rng.choice(names)}={rng.choice(('9', '99', '1', '1e3', '2', '0', 'x'))}")


def _path(rng: Random) -> str:
    sound = (
        "train.mse",
        "status",
        "history.-1.loss",
        "history.0",
        "config.lr",
        "parameters",
        "verdicts.0.sentence",
        "rerun",
    )
    parts = ("train", "history", "mse", "loss", "-1", "0", "99", "parameters", "config", "*", "", "steps")
    return rng.choice(sound) if rng.random() < 0.5 else ".".join(rng.choice(parts) for _ in range(rng.randrange(1, 4)))


def _start(rng: Random) -> str:
    return rng.choice(("random", ",".join(_number(rng) for _ in range(rng.choice((2, 3, 3, 3, 4))))))


def _hidden(rng: Random) -> str:
    return _listed(rng, lambda: rng.choice(("1", "2", "3", "4", "2", "3", "0", "x", "2x2", "")))


def _race(rng: Random) -> str:
    lists = (
        ("optimizer", ("sgd", "adam", "momentum", "x")),
        ("lr", NUMBERS[:9]),
        ("batch-size", ("1", "4", "full", "0")),
    )
    name, values = rng.choice(lists)
    listed = ",".join(rng.sample(values, rng.choice((1, 2, 2, 3))))
    return listed if name == "optimizer" and rng.random() < 0.5 else f"{name}={listed}"


def _every(rng: Random) -> str:
    return rng.choice(("auto", "1", "2", "x2", "x10", "x1", "x0", "x", "0", "-1", "1.5", "2x", "AUTO"))


def _epochs(rng: Random) -> str:
    return rng.choice(("1..3:lin3", "1..3:lin2", "1,2", "2..1:lin2", "1..4:log3", "1..2", "0..2:lin3"))


LANGUAGES: tuple[tuple[tuple[str, ...], str, Callable[[Random], str]], ...] = (
    (FIT, "--at", _at),
    ((*TRAIN, "--hidden", "3"), "--at", _at),
    (("sweep", "fit", "rows.csv", "--l2", "0.1,0.2", "--epochs", "4"), "--at", lambda rng: f"2:lr={_number(rng)}"),
    (("live", "rows.csv", "--x", "x1", "--plain"), "--at", _at),
    (REGRESSION, "--features", _features),
    (("step", "rows.csv", "--hidden", "2"), "--features", _features),
    (SWEEP, "--lr", _range),
    (SWEEP, "--l2", _range),
    (SWEEP[:3], "--epochs", _epochs),
    (("sweep", "train", "classes.csv", "--epochs", "1", "--lr", "0.1"), "--hidden", _hidden),
    (SURFACE, "--m-range", _window),
    (SURFACE, "--b-range", _window),
    (("surface", "classes.csv", "--hidden", "2", "--epochs", "4"), "--x-range", _window),
    (FIT, "--lr-at", _rates),
    (FIT, "--schedule", _schedule),
    ((*TRAIN, "--hidden", "3"), "--schedule", _schedule),
    (TRAIN, "--class-weight", _weights),
    (FIT, "--allow", _limits),
    (FIT, "--get", _path),
    (("step",), "--get", _path),
    (FIT, "--start", _start),
    (TRAIN, "--hidden", _hidden),
    (("live", "rows.csv", "--x", "x1", "--plain"), "--race", _race),
    (FIT, "--every", _every),
)


def case(rng: Random, stock: Stock) -> Case:
    """A command with such an option."""
    command, option, write = rng.choice(LANGUAGES)
    text = write(rng)
    if rng.random() < 0.2 and option != "--epochs":  # many epochs take long, which is no fault
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(ODD if rng.random() < 0.7 else NO_NUMBERS) + text[at + rng.randrange(3) :]
    form = ["--format", rng.choice(("json", "csv", "kv", "jsonl"))] if rng.random() < 0.4 and option != "--get" else []
    form = form if command[0] != "live" else []
    language = ["--lang", "zh-TW"] if rng.random() < 0.2 else []
    files = {name: content for name, content in stock.files.items() if name.endswith(".csv")}
    words = (*command, f"{option}={text}".replace("\0", ""), *form, *language)
    return Case("languages", words, files, b"n\nn 3\ne\nq\n" if command[0] == "live" else None)
