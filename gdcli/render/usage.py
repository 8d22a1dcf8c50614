"""What the parser of the command line says, in this program's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from gdcli.errors import OptionError
from gdcli.said import Said, say

__all__ = ["refuse_values", "reworded"]

PATTERN = re.compile(r"[*?\[]|://")
"""What is in a name that stands for files, or for rows elsewhere."""
POSSIBLE = re.compile(r"(.*) \(Possible options: (.*)\)")
KNOWN = (
    (r"no such option: (\S+)", say("no such option: {name}", name="")),
    (r"no such command '(.*)'", say("no such command '{name}'", name="")),
    (r"Option '(.*)' requires an argument", say("Option '{name}' requires an argument", name="")),
    (r"Option '(.*)' does not take a value", say("Option '{name}' does not take a value", name="")),
    (r"Missing argument '(.*)'", say("Missing argument '{name}'", name="")),
    (r"Missing option '(.*)'", say("Missing option '{name}'", name="")),
)
"""Messages of the parser, and the same as sentences."""


def reworded(message: str, error: Any) -> tuple[str, str]:
    """The parser's message, the option first, then what is wrong with it; and what to do.

    Args:
        message: What it says.
        error: Its error: where it holds a sentence of ours, that is kept.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "gdcli"
    message = message.rstrip(".").removeprefix("Invalid value for ").removeprefix("Invalid value: ")
    if message.startswith("'-"):  # "'--lr' / '--learning-rate': ..." names each spelling
        names, colon, rest = message.partition("': ")
        option, own = names.split(" / ")[0].strip("'"), getattr(error, "message", "")
        message = say("{option}: {what}", option=option, what=own if own == rest else rest) if colon else message
    head, did, suggestion = message.partition(" Did you mean")
    if did:
        return _said(head.rstrip(".?")), say("did you mean{suggestion}?", suggestion=suggestion.rstrip("?"))
    return _said(message), say("see '{path} --help'", path=path)


def refuse_values(words: Sequence[str], parameters: Iterable[Any], sources: Sequence[str]) -> None:
    """Refuses a value of an option that takes none, which would be taken for DATA.

    Args:
        words: The command line.
        parameters: What the parser knows of the command.
        sources: What the parser took for DATA.

    Raises:
        OptionError: If a word after such an option names no rows.
    """
    other = {flag: no for one in parameters if getattr(one, "is_flag", False) for flag, no in _opposites(one)}
    for flag, word in pairwise(words):
        named = word.startswith(("-", "sample:")) or PATTERN.search(word) or word not in sources
        if flag in other and not (named or Path(word).exists()):
            raise OptionError(
                say("{flag} takes no value, and there are no rows named '{word}'", flag=flag, word=word),
                say("leave '{word}' out", word=word)
                + say("; {other} is the opposite of {flag}", other=other[flag], flag=flag) * bool(other[flag]),
            )


def _opposites(parameter: Any) -> list[tuple[str, str]]:
    """A switch's names, and that which turns it the other way, if there is one."""
    on, off = parameter.opts, parameter.secondary_opts
    return [(one, there[0] if there else "") for names, there in ((on, off), (off, on)) for one in names]


def _said(message: str) -> str:
    """A message as a sentence that other languages have, as far as it is known."""
    if isinstance(message, Said):
        return message
    if found := POSSIBLE.fullmatch(message):
        return say("{message} (Possible options: {names})", message=_said(found[1]), names=found[2])
    message = message[0].lower() + message[1:] if message.startswith(("No such", "Got ")) else message
    for pattern, known in KNOWN:
        if found := re.fullmatch(pattern, message):
            return Said(message, known.template, {"name": found[1]})
    if found := re.fullmatch(r"got unexpected extra argument(?:s|\(s\))? \((.*)\)", message):
        return _unexpected(message, found[1])
    return message


def _unexpected(message: str, words: str) -> Said:
    return Said(message, "{text}", {"text": say("got unexpected extra arguments ({words})", words=words)})
