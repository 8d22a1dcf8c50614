"""Words as a shell takes them: bash and zsh, and where a word has nothing but printable signs, any POSIX shell."""

import os
import re
import shlex

_BARE_EQUALS = re.compile(r"(?:^|:)=")
"""Where zsh puts the path of a command in place of its name."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def quoted(word: str) -> str:
    r"""A word of a command line, so that a shell hands over the same bytes.

    A sign that cannot be shown is written as its bytes' octal numbers: a file's name may hold any but `/` and zero.

    >>> print(quoted("a b.csv"), quoted("x\ty"), quoted("\u202etxt.csv"), quoted("=ls"))
    'a b.csv' $'x\011y' $'\342\200\256txt.csv' '=ls'
    """
    return single_quoted(word) if word.isprintable() else "$'" + "".join(map(_spelled, word)) + "'"


def single_quoted(word: str) -> str:
    """A word or the value of a variable in single quotes, where it needs any; every shell takes it as it stands.

    >>> print(single_quoted("0.5"), single_quoted("a b"), single_quoted("it's"), single_quoted("=ls"))
    0.5 'a b' 'it'"'"'s' '=ls'
    """
    safe = shlex.quote(word)
    return f"'{word}'" if safe == word and _BARE_EQUALS.search(word) else safe


def ascii_only(line: str) -> str:
    r"""A line of `quoted` words in ASCII alone, for a stream that can write nothing else.

    >>> print(ascii_only("gdcli fit 'größe.csv'"))
    gdcli fit 'gr'$'\303\266\303\237''e.csv'
    """
    return _NOT_ASCII.sub(lambda signs: "'$'" + _octal(signs[0]) + "''", line)


def _spelled(sign: str) -> str:
    """A sign between `$'` and `'`."""
    if sign in "'\\":
        return f"\\{sign}"
    return sign if " " <= sign <= "~" else _octal(sign)


def _octal(signs: str) -> str:
    try:
        spelled = os.fsencode(signs)
    except UnicodeEncodeError:  # not from a command line: no file has such a name here
        spelled = signs.encode("utf-8", "replace")
    return "".join(f"\\{byte:03o}" for byte in spelled)
