"""A shell's script, and putting it where the shell finds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gdcli.data.atomic_write import replaced
from gdcli.errors import DataError, OptionError, did_you_mean, reason
from gdcli.experiments.shell import quoted
from gdcli.render.completion.answer import SHELLS
from gdcli.said import say


def script(shell: str) -> str:
    """A shell's script.

    Raises:
        OptionError: If there is none for it.
    """
    if shell not in SHELLS:
        raise OptionError(say("there is no completion for '{shell}'", shell=shell), did_you_mean(shell, SHELLS))
    return Path(__file__).with_name(f"gdcli.{shell}").read_text(encoding="utf-8")


def install(shell: str, environ: Mapping[str, str]) -> list[Path]:
    """Writes a shell's script to where it is found, and gives the files that were written.

    Args:
        shell: bash, zsh or fish; the first two get a line in their start-up file that reads the script, once.
        environ: Has HOME, and XDG_DATA_HOME, XDG_CONFIG_HOME, ZDOTDIR where they are not the usual.

    Raises:
        OptionError: If there is no script for that shell.
        DataError: If it cannot be written.
    """
    text = script(shell)
    if not environ.get("HOME"):
        raise DataError(
            say("--install-completion: HOME is not set"),
            say("put it where you like: gdcli completion {shell}", shell=shell),
        )
    home = Path(environ["HOME"])
    if shell == "fish":
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "completions"
        return [_written(folder / "gdcli.fish", text)]
    target = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "gdcli" / f"completion.{shell}"
    start = home / ".bashrc" if shell == "bash" else Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    return [_written(target, text), *_mentioned(start, f"source {quoted(str(target))}")]


def _written(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            say("{path}: {reason}", path=path.parent, reason=reason(error)), say("make the folder first")
        ) from None
    with replaced(path) as file:
        file.write(text)
    return path


def _mentioned(start: Path, line: str) -> list[Path]:
    """A shell's start-up file with a line at its end, unless it has it already."""
    try:
        before = start.read_text(encoding="utf-8", errors="surrogateescape") if start.exists() else ""
    except OSError as error:
        raise DataError(
            say("{path}: {reason}", path=start, reason=reason(error)), say("add to it: {line}", line=line)
        ) from None
    if line in before.splitlines():
        return []
    with replaced(start, "wb") as file:
        text = f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n"
        file.write(text.encode("utf-8", "surrogateescape"))
    return [start]
