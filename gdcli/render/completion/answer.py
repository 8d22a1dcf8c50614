"""What the program answers to a shell's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdcli.render.completion.candidates import candidates
from gdcli.render.completion.line import BREAKS, cut, for_bash

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_GDCLI_COMPLETE"


def answer(environ: Mapping[str, str], arguments: Sequence[str]) -> str:
    """Candidates, one a line: for bash as they are to be put in, else the word and, after a tab, a line about it.

    Args:
        environ: Has the shell's name; of bash, also the line up to the cursor and where its words break.
        arguments: Of the other shells, the words up to the cursor.
    """
    shell = environ.get(VARIABLE)
    if shell == "bash":
        line = cut(environ.get("_GDCLI_LINE", ""), environ.get("_GDCLI_BREAKS", BREAKS))
        fitting = candidates(line.words[1:], line.word)
        return "".join(f"{for_bash(one.text, line)}\n" for one in fitting)
    if shell not in SHELLS or not arguments:
        return ""
    word = cut(arguments[-1]).word if shell == "fish" else arguments[-1]
    return "".join(f"{one.text}\t{one.help}\n" for one in candidates(arguments[:-1], word))
