"""Combinations of options, drawn from the index of all commands and options that completion has.

A test holds that index to the real tree, so that a new option is among them by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from gdcli.render.completion import answer

from .case import Case
from .stock import Stock
from .values import FILE_NAMES, NAMES, NO_NUMBERS, ODD_NUMBERS, weighted

NEVER = {"--install-completion", "--cluster", "--web", "--workers", "--threads", "--plugin", "--port", "--host"}
"""They write elsewhere, open ports, start processes or code."""
RARE = {"--help", "--help-all", "--debug"}
"""They end it, or say more of an error."""
LOOPS = {"--epochs", "--max-steps", "--steps", "--rows", "--points", "--folds", "--random", "--patience", "--show"}
"""A large value is a long run, which is no fault."""
SHORT = {
    "fit": ["--epochs", "6"],
    "train": ["--epochs", "2"],
    "sweep fit": ["--epochs", "4"],
    "sweep train": ["--epochs", "2"],
    "surface": ["--epochs", "5"],
    "live": ["--plain"],
    "lr-find": [],
}
NUMBERS = ("0", "1", "2", "3", "0.1", "0.5", "1e-3", "-1", "10", "1.5", "0.9", "1e-9", "100")
MORE = ("1e308", "1e-308", "1e999", "nan", "inf", "-inf", "-0", "99999999999999999999", "1e5", "0x1", "1_0", "½", "")
RATES, PARTS, SIZES = (
    ("0.1", "0.01", "1", "1e-3", "3", "1e3"),
    ("0", "0.1", "0.5", "0.9"),
    ("0", "1e-6", "0.1", "1", "1e3"),
)
SOUND = {
    **dict.fromkeys(("LR", "LR,..."), RATES),
    **dict.fromkeys(("U", "P", "S", "R", "FRACTION|FILE"), PARTS),
    **dict.fromkeys(("M", "B", "Z", "A", "D", "E", "T", "L", "SECONDS"), SIZES),
    **dict.fromkeys(("N", "K", "STEPS", "N|full"), ("1", "2", "3", "5", "0")),
    **dict.fromkeys(("LOW:HIGH[:COUNT]",), ("-1:1", "0:3:5", "-5:5:9", "0..1", "1:1")),
    "STEP:LR,...": ("1:0.5", "2:0.1,4:0.01"),
    "N,N": ("2", "3,2", "1", "8"),
    "WORD,...": ("0.5,2", "red", "NA"),
    "CHAR": (";", ",", "'", " ", "\t"),
    ".|,": (".", ","),
    "NAME=N,...": ("columns=9", "cell=9", "unpacked=3"),
    "W1,W2,...,B|random": ("1,1,1", "random", "0,0", "1e200,1,1"),
    "NAME": ("train.mse", "status", "schema", "rerun", "history.-1.loss", "utf-8", "latin-1", "utf-16"),
    "TEXT": ("gd_", "#", "%", "//"),
    "balanced|A=2,B=1": ("balanced", "yes=2,no=1", "yes=2"),
    "NAME,...|OPTION=V,...": ("sgd,adam", "lr=0.01,0.1", "batch-size=1,2", "sgd"),
    "N|xK|auto": ("1", "2", "x2", "auto"),
}
"""Values that make sense, by what stands for them in the help."""
TEXTS = (
    *("x1", "y", "x1,y", "1", "2", "1,2", "red", "0.1,0.2", "0.1..1:3", "1..3", "1:0.5", "1:0.5,3:0.1", "a=1,b=2"),
    "x",
)
ODD = (
    *("", " ", ",", ";", ":", "=", "..", "-", "--", "\x1b[31m", "\u202e", "\udcff", "é", "a=b=c", "1:2:3", "0..0"),
    *("..:", "9" * 400, "9" * 5000),
)
FILES = ("out.txt", "model.safetensors", "rows.csv", "none.csv", "dir/none.csv", "out.svg", "out.jsonl", "")
SETTINGS = (
    *(b'color = "never"', b"plot = false", b"quiet = true", b"threads = 1", b'format = "none"', b"quiet = 3", b"x ="),
    *(b"seed = 1", b"[fit]\nlr = 1", b"\xff\xfe", b"\x00", b'color = "\x1b[31m"', b"a" * 5000, b'color = ["always"]'),
)
ENVIRONS = (
    *({},) * 8,
    *({"TERM": "dumb"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "COLORTERM": "truecolor"}),
    *({"GDCLI_QUIET": "1"}, {"GDCLI_FORMAT": "\udcff"}, {"GDCLI_SEED": "1"}, {"GDCLI_COLOR": "never"}),
)


@dataclass(frozen=True)
class Known:
    """An option as the index has it."""

    flags: tuple[str, ...]
    kind: str
    metavar: str


@cache
def known_options() -> dict[str, list[Known]]:
    """The options of each command."""
    found: dict[str, list[Known]] = {}
    for line in (Path(answer.__file__).parent / "index.tsv").read_text(encoding="utf-8").splitlines():
        command, flags, kind, *rest = [*line.split("\t"), "", ""]
        if command and flags.startswith("-") and not NEVER & set(flags.split()):
            found.setdefault(command, []).append(Known(tuple(flags.split()), kind, rest[1]))
    return found


def case(rng: Random, stock: Stock) -> Case:
    """A command with options."""
    command = rng.choice(list(known_options()))
    argv = [*command.split(), *_what(rng, command, stock), *SHORT.get(command, [])]
    for option in rng.choices(known_options()[command], k=rng.choice((1, 1, 2, 2, 3, 5))):
        if not RARE & {*option.flags} or rng.random() < 0.05:
            argv += written(rng, option)
    rng.random() < 0.05 and argv.append(rng.choice(("extra", "--nope", "-", "--", "--epochs", "-f")))
    stdin = rng.choice((None, b"", b"x,y\n1,2\n2,4\n3,5\n", b"n\nlr 0.2\nn 3\nf\nq\n"))
    return Case(
        "options",
        tuple(word for word in argv if "\0" not in word),
        stock.files | ({"gdcli.toml": rng.choice(SETTINGS)} if rng.random() < 0.05 else {}),
        stdin,
        environ=rng.choice(ENVIRONS),
        tty=rng.random() < 0.15,
        encoding=rng.choice(("utf-8", "utf-8", "utf-8", "ascii", "latin-1")),
    )


def _what(rng: Random, command: str, stock: Stock) -> Sequence[str]:
    """What a command is about."""
    model, rows = rng.choice(stock.models), _rows(rng, command)
    own = {
        "evaluate": [model, stock.rows_of[model]],
        "predict": [model, stock.rows_of[model]],
        "collapse": [model],
        "activation": rng.choice(([], ["relu"], ["tanh", "elu"], ["nope"])),
        "sample": rng.choice(([], ["line"], ["moons"], ["iris"], ["nope"])),
        "help": rng.choice(([], ["fit"], ["sweep"], ["nope"])),
        "completion": [rng.choice(("bash", "zsh", "fish", "nope"))],
        "lr-find": [rng.choice(("fit", "train")), rows],
        "mse": [rows, "--m", "2", "--b", "1", "--x", "x1"],
        "rmse": [rows, "--pred", "x1"],
        "score": rng.choice(([rows, "--m", "1", "--x", "x1"], [rows, "--start", "0,0,0"], [rows, "--pred", "1"])),
    }
    if command in own:
        return own[command]
    other = rng.choice((["sample:line"], ["sample:deck"], ["-"], [], ["none.csv"]))
    return [rows] if rng.random() < 0.6 else other


def _rows(rng: Random, command: str) -> str:
    """Rows that a command can learn from, mostly."""
    if rng.random() < 0.15:
        return rng.choice(("gaps.csv", "classes.csv", "rows.csv"))
    return (
        rng.choice(("rows.csv", "classes.csv")) if command in ("train", "sweep train", "live", "show") else "rows.csv"
    )


def written(rng: Random, option: Known) -> list[str]:
    """An option with a value, in one of the ways it can be written."""
    flag = rng.choice(option.flags)
    if option.kind == "flag":
        return [flag]
    value = _value(rng, option)
    if not flag.startswith("--"):
        return [f"{flag}{value}"] if rng.random() < 0.3 else [flag, value]
    return [f"{flag}={value}"] if rng.random() < 0.3 or value.startswith("-") else [flag, value]


def _value(rng: Random, option: Known) -> str:
    kind, _, listed = option.kind.partition(":")
    choices = [one for one in listed.split("|") if one]
    if set(option.flags) & LOOPS:
        return rng.choice(("1", "2", "3", "5", "0", "-1", "x", "", "1.5", "1e99", "nan"))
    if option.metavar in SOUND and rng.random() < 0.7:
        return rng.choice(SOUND[option.metavar])
    if rng.random() < 0.12:
        return rng.choice(ODD + NAMES + NO_NUMBERS + ODD_NUMBERS)
    if kind in ("choice", "list") and choices and rng.random() < 0.85:
        some = rng.sample(choices, min(len(choices), rng.choice((1, 1, 2)) if kind == "list" else 1))
        return ",".join(some)
    if kind == "file":
        return rng.choice(FILES + FILE_NAMES) if rng.random() < 0.3 else f"out{listed or '.txt'}"
    if kind in ("column", "columns"):
        return rng.choice(("x1", "x2", "y", "1", "2", "x1,x2", "kind", "colour", "0", "9", "x1,x1", "", "nope"))
    return rng.choice(weighted(rng, ((6, NUMBERS), (2, MORE), (3, TEXTS), (1, ODD))))
