"""What must never come of an input, whatever it is."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import shlex
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .case import Case
from .trial import Outcome

CODES = (0, 1, 2, 3, 4, 5)
"""Of an answer; 1 is that of a check that failed, and of a bug, which is looked for by its words."""
SGR = re.compile(r"\x1b\[[0-9;]*m")
BARS = re.compile(r"\r|\x1b\[[0-9]*[KAG]|\x1b\[\?25[lh]|\x1b\[2J|\x1b\[H")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029]")
NONFINITE = re.compile(r"(?<![\w.'\"+-])[-+]?(?:nan|inf|infinity)(?![\w.])", re.IGNORECASE)
NAN = re.compile(r"(?<![\w.])nan(?![\w.:])")  # `nan:` is a name before what is said of it
GIVEN = re.compile(r"(?<![\w.])(?:nan|inf|infinity)(?![\w.])", re.IGNORECASE)  # in an input it may be quoted, too
MACHINE = ("csv", "tsv", "json", "jsonl", "kv", "value")
ROWS = ("csv", "tsv", "jsonl")
OUTPUTS = ("-o", "--output", "--save", "--record")
HELP = {"-h", "--help", "--help-all", "help"}
DIVERGED = ("diverge", "ran away", "發散")
LITTER = re.compile(r"gdcli-live-\d+\.svg")


def violations(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with an outcome, each in a line; nothing if all is well."""
    return [*_bugs(case, outcome), *_files(case, outcome), *_output(case, outcome)]


def _bugs(case: Case, outcome: Outcome) -> Iterator[str]:
    err = outcome.err.decode(case.encoding, "replace")
    if outcome.raised:
        yield outcome.raised
        return
    for word in ("a bug:", "Traceback", "Warning:", "panicked"):
        if word in err and not (word == "Traceback" and "--debug" in case.argv):
            yield f"{word} {_line_with(word, err)}"
    if outcome.code not in CODES:
        yield f"exit code {outcome.code}"
    if outcome.stray:
        yield f"past the terminal: {outcome.stray[:200]!r}"
    said = [line for line in SGR.sub("", err).splitlines() if line.startswith("gdcli: ")]
    if len(said) != (outcome.code != 0) and outcome.code != 1 and not case.argv[0].startswith("@"):
        yield f"exit code {outcome.code} with {len(said)} error lines"
    yield from _controls("stderr", err, case, True)


def _files(case: Case, outcome: Outcome) -> Iterator[str]:
    """Nothing is left behind, and nothing harmed, but what was asked for."""
    asked = _outputs(case)
    for name in outcome.after.keys() - outcome.before.keys():
        if name not in asked and not LITTER.fullmatch(name):
            yield f"leftover file {name!r}"
        elif outcome.code in (2, 3) and name not in _kept(case):
            yield f"a file {name!r} of a run that was refused"
    for name, content in outcome.before.items():
        if outcome.after.get(name) != content and name not in asked:
            yield f"file {name!r} was changed"


def _kept(case: Case) -> list[str]:
    """What outlasts an error: a recording; and what was saved of a run in which only `--get` names nothing."""
    return _values(case, ("--record", "--save") if _values(case, ("--get",)) else ("--record",))


def _output(case: Case, outcome: Outcome) -> Iterator[str]:
    form = form_of(case)
    last = [*_values(case, ("-o", "--output"))][-1:]  # of several, the last is the output
    written = [outcome.after[name] for name in last if name in outcome.after]
    for content in [outcome.out, *written] if outcome.code in (0, 4, 5) else [outcome.out]:
        if content in outcome.before.values():
            continue
        try:
            text = content.decode("utf-8" if form in MACHINE or content is not outcome.out else case.encoding)
        except UnicodeDecodeError as error:
            yield f"stdout is no text: {error}"
            continue
        on_screen = case.tty and content is outcome.out
        yield from _controls("stdout", text, case, form not in ROWS or on_screen)
        if text and outcome.code in (0, 4, 5) and not case.argv[0].startswith("@") and not HELP & {*case.argv}:
            yield from _parsed(form, text)
            yield from _finite(form, text, case, outcome)


def _controls(name: str, text: str, case: Case, strictly: bool) -> Iterator[str]:
    if not strictly:
        return
    if case.tty or "always" in " ".join(case.argv) or case.environ:
        text = BARS.sub("", SGR.sub("", text))
    if found := CONTROL.search(text):
        yield f"a raw control byte on {name}: {text[max(0, found.start() - 20) : found.end() + 20]!r}"


def _parsed(form: str, text: str) -> Iterator[str]:
    """Whether it is of the form that it claims to be."""
    try:
        if form == "json":
            _strictly(text)
        elif form == "jsonl":
            for line in text.removesuffix("\n").split("\n"):
                _strictly(line)
        elif form in ("csv", "tsv"):
            _rectangular(text, "," if form == "csv" else "\t")
        elif form == "kv":
            _assignments(text)
        elif form == "value" and text.count("\n") != 1:
            raise ValueError("more than one line")
    except (ValueError, csv.Error) as error:
        yield f"{form} that is none: {error}"


def _strictly(text: str) -> Any:
    return json.loads(text, parse_constant=_refused, object_pairs_hook=_distinct)


def _refused(name: str) -> Any:
    raise ValueError(f"JSON with {name}")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("an object with a name twice")
    return dict(pairs)


def _rectangular(text: str, delimiter: str) -> None:
    widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)}
    if len(widths) > 1:
        raise ValueError(f"rows of {sorted(widths)} cells")


def _assignments(text: str) -> None:
    names = []
    for word in shlex.split(text):
        name, equals, _ = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{word[:40]!r} assigns nothing")
        names.append(name)
    if len(set(names)) < len(names):
        raise ValueError("a variable twice")


def _finite(form: str, text: str, case: Case, outcome: Outcome) -> Iterator[str]:
    """No NaN and no infinity but where a run diverged, or the input has them."""
    if outcome.code == 4 or any(word in text.lower() for word in DIVERGED) or b"diverge" in outcome.err:
        return
    words = " ".join((*case.argv, *case.environ.values())).encode("utf-8", "replace")
    given = b" ".join((words, *(_unpacked(content) for content in (*case.files.values(), case.stdin or b""))))
    pattern = NONFINITE if form in MACHINE else NAN  # people read that a number is infinite
    found = pattern.search(re.sub(r"--na \S+", "", text))  # a cell of the input, in a command to type
    if found and not GIVEN.search(given.decode("latin-1")) and not any(map(_holds_nonfinite, case.files.values())):
        yield f"not finite: {_line_with(found[0], text)}"


def _unpacked(content: bytes) -> bytes:
    """A compressed input as what is in it, so that a name or a cell can be found there; any other as it is."""
    unpack = next((opened for magic, opened in UNPACKERS.items() if content.startswith(magic)), bytes)
    try:
        return unpack(content)
    except (ValueError, OSError, EOFError, RuntimeError, NotImplementedError, *DAMAGED):
        return content


def _members(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b" ".join(map(archive.read, archive.namelist()))


def _zstd(content: bytes) -> bytes:
    from backports import zstd

    try:
        return zstd.decompress(content)
    except zstd.ZstdError as error:
        raise ValueError(error) from error


DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ImportError)
UNPACKERS = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"PK": _members,
}


def _holds_nonfinite(content: bytes) -> bool:
    """Whether it is one of NumPy's files, with a number in it that is none: a cell may be given back as it was."""
    if content[:2] != b"PK":
        return False
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return any(a.dtype.kind == "f" and not np.isfinite(a).all() for a in map(arrays.get, arrays.files))
    except (ValueError, OSError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return False  # another archive, or a damaged one


def _line_with(word: str, text: str) -> str:
    return next((line for line in text.splitlines() if word in line), "")[:300]


def form_of(case: Case) -> str:
    """The output format that a command line asks for."""
    if _values(case, ("--get",)):
        return "value"
    return next(reversed(_values(case, ("-f", "--format"))), "table")


def _outputs(case: Case) -> list[str]:
    return _values(case, OUTPUTS)


def _values(case: Case, names: tuple[str, ...]) -> list[str]:
    """The values of an option, however it is written."""
    found = []
    for word, after in zip(case.argv, [*case.argv[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if word in names:
            found.append(after)
        elif equals and name in names:
            found.append(value)
        elif word[:2] in names and not word.startswith("--"):
            found.append(word[2:])
    return found
