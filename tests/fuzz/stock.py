"""What inputs are made of: sound tables, models and recordings, made once by the program itself."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

ROWS = "x1,x2,y\n" + "".join(f"{x / 10},{x * x % 7 / 7:.3f},{x / 5 + 1 + x * 37 % 11 / 10:g}\n" for x in range(1, 17))
CLASSES = "x1,x2,colour,kind\n" + "".join(
    f"{x % 5 / 2},{x % 7},{('red', 'blue')[x % 2]},{('yes', 'no', 'may be')[x % 3]}\n" for x in range(1, 25)
)
GAPS = ROWS.replace("0.3,", ",", 1).replace("\n0.9,", "\nNA,", 1)
MODELS = {
    "line": ["fit", "rows.csv", "--epochs", "3"],
    "powers": ["fit", "rows.csv", "--epochs", "3", "--degree", "2", "--standardize"],
    "model": ["train", "classes.csv", "--hidden", "4", "--epochs", "2", "--validation", "0.25"],
    "linear": ["train", "classes.csv", "--hidden", "3", "--activation", "linear", "--epochs", "1"],
    "numbers": ["train", "rows.csv", "--task", "regression", "--epochs", "2", "--optimizer", "momentum"],
    "texts": [
        *("train", "classes.csv", "--categorical", "colour", "--missing", "mean", "--dropout", "0.2"),
        *("--hidden", "4,3", "--epochs", "1"),
    ],
    "weights": [
        *("train", "classes.csv", "--class-weight", "balanced", "--optimizer", "adamw", "--epochs", "1", "--l2", "0.1")
    ],
}  # fmt: skip
SITTINGS = {
    "lines": (["live", "rows.csv", "--x", "x1"], "n\nlr 0.2\nn 3\nc\no\nn 2\nb\nz\nf\nq\n"),
    "batches": (["live", "rows.csv", "--batch-size", "5", "--degree", "2", "--standardize"], "n\ne\ns\nn\nM\nn 2\nq\n"),
    "nets": (["live", "classes.csv", "--hidden", "3", "--validation", "0.25"], "n\ne\na\nn\nlr 0.01\nn 2\nq\n"),
    "example": (["live"], "n 3\nlr 3\nn 5\nb\nz\nn\nx\nq\n"),
}


@dataclass(frozen=True)
class Stock:
    """Sound files.

    Args:
        files: Tables and models that a command line may name.
        rows_of: The rows that go with each model.
        recordings: Recordings, by name.
    """

    files: Mapping[str, bytes]
    rows_of: Mapping[str, str]
    recordings: Mapping[str, bytes]
    models: Sequence[str] = field(default_factory=tuple)

    @classmethod
    def made(cls, folder: Path) -> Stock:
        """Has the program make them in a folder."""
        tables = {"rows.csv": ROWS, "classes.csv": CLASSES, "gaps.csv": GAPS}
        with contextlib.chdir(folder):
            for name, text in tables.items():
                Path(name).write_text(text, encoding="utf-8")
            for name, words in MODELS.items():
                _run([*words, "--save", f"{name}.safetensors"], "")
            for name, (words, typed) in SITTINGS.items():
                _run([*words, "--plain", "--record", f"{name}.jsonl"], typed)
            read = {path.name: path.read_bytes() for path in sorted(Path().iterdir())}
        models = [f"{name}.safetensors" for name in MODELS]
        rows_of = {f"{name}.safetensors": words[1] for name, words in MODELS.items()}
        recordings = {f"{name}.jsonl": read.pop(f"{name}.jsonl") for name in SITTINGS}
        return cls(read, rows_of, recordings, models)


def _run(words: list[str], typed: str) -> None:
    err = io.StringIO()
    code = run(words, Terminal(io.BytesIO(typed.encode()), io.StringIO(), err))
    if code:
        raise RuntimeError(f"gdcli {' '.join(words)}: {err.getvalue()}")
