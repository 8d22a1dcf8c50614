"""What the parser of the command line says, in this program's words."""

from __future__ import annotations

import re
from typing import Any

from gdcli.said import Said, say

__all__ = ["reworded"]

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
