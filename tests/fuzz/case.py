"""One input: a command line with its files and what is typed, as a value that is kept and run again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """An input.

    Args:
        surface: What it is thrown at.
        argv: The words after `gdcli`; the first is @keys or @spec where no command line is run.
        files: What lies in the folder it runs in.
        stdin: What comes by standard input; None where it is closed.
        keys: Keys pressed in a sitting.
        environ: The environment.
        tty: Whether stdout and stderr say that they are a terminal.
        encoding: The locale's.
        was: What was wrong, in a line, of an input that is kept.
    """

    surface: str
    argv: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes | None = None
    keys: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    tty: bool = False
    encoding: str = "utf-8"
    was: str = ""

    def dumped(self) -> str:
        """As JSON, texts readable."""
        known = asdict(self) | {
            "files": {name: _written(content) for name, content in self.files.items()},
            "stdin": None if self.stdin is None else _written(self.stdin),
        }
        usual = asdict(Case("", ()))
        return json.dumps({name: value for name, value in known.items() if value != usual[name]}, indent=1) + "\n"

    @classmethod
    def loaded(cls, text: str) -> Case:
        """From JSON."""
        known = json.loads(text)
        files = {name: _read(content) for name, content in known.get("files", {}).items()}
        stdin = _read(known["stdin"]) if known.get("stdin") is not None else None
        lists = {name: tuple(known.get(name, ())) for name in ("argv", "keys")}
        return cls(**(known | lists | {"files": files, "stdin": stdin}))


def _written(content: bytes) -> Any:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _read(content: Any) -> bytes:
    return content.encode() if isinstance(content, str) else base64.b64decode(content["base64"])
