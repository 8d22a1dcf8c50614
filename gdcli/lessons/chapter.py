"""Chapters of a lesson: files of text, code, commands and a question, read and checked field by field."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import DataError, did_you_mean
from gdcli.said import say

__all__ = ["Chapter", "Command", "read"]

REFUSED = {
    "lesson": say("a lesson shows no lesson"),
    "live": say("live waits for keys"),
    "quiz": say("a quiz waits for answers"),
    "completion": say("it shows nothing"),
}
"""Commands that a lesson cannot run, and why."""
CODE = ("--plugin", "--python", "--install-completion", "--cluster")
"""Options that run or reach what is not this program's."""
REDIRECTIONS = ("|", ">", "<", "&", ";", "2>")
FIELDS: Mapping[str, type] = {
    "name": str,
    "title": str,
    "text": list,
    "code": str,
    "prints": str,
    "command": list,
    "try": str,
    "try_command": str,
    "question": str,
    "answer": str,
}
NEEDED = {"title": 'title = "..."', "text": 'text = ["...", "..."]'}
HINT = say("a lesson is TOML: see docs/lessons.md")
TYPES = {
    str: say("a text in quotes"),
    int: say("a whole number"),
    list: say("a list of texts in [ ]"),
    dict: "a table: [[command]]",
}
COMMAND: Mapping[str, type] = {"run": str, "look": str, "exit": int}
HEADER, KEY = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]\]?"), re.compile(r"\s*([\w-]+)\s*=")


class Command(NamedTuple):
    """A command that a chapter runs.

    Args:
        run: As it is typed, `gdcli` first.
        look: What to look at in its output.
        exit: The exit code that it ends with.
    """

    run: str
    look: str = ""
    exit: int = 0

    @property
    def words(self) -> list[str]:
        """Its words after the program's name."""
        return shlex.split(self.run)[1:]


class Chapter(NamedTuple):
    """A chapter.

    Args:
        title: Its heading.
        text: Paragraphs.
        commands: What is run before the reader's eyes.
        name: In `gdcli lesson NAME`.
        code: A small function as Python.
        prints: What the code prints.
        task: One thing to try.
        task_command: How.
        question: What the reader is asked.
        answer: What is right.
        number: Its place in the lecture.
    """

    title: str
    text: tuple[str, ...]
    commands: tuple[Command, ...] = ()
    name: str = ""
    code: str = ""
    prints: str = ""
    task: str = ""
    task_command: str = ""
    question: str = ""
    answer: str = ""
    number: int = 0

    def every_command(self) -> list[Command]:
        """What it runs, and what the reader is to try."""
        tried = self.task_command.split()[1:2]
        return [*self.commands, *([Command(self.task_command)] if tried and tried[0] not in REFUSED else [])]


def read(content: str, place: str, known: Collection[str]) -> Chapter:
    """A chapter from the text of its file.

    Args:
        content: TOML.
        place: The file, for messages.
        known: The program's commands.

    Raises:
        DataError: If it is no chapter; with the line and the field.

    >>> read('title = "One"\\ntext = ["A line."]', "one.toml", ["fit"]).title
    'One'
    """
    import tomllib  # not needed for --help

    try:
        fields = tomllib.loads(content)
    except RecursionError:
        raise DataError(
            say("{place}: is nested too deeply to be a lesson", place=place),
            say("a lesson is TOML: see docs/lessons.md"),
        ) from None
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").partition(" (at ")
        line = where if where.startswith("line") else say("line {count}", count=len(content.splitlines()))
        raise DataError(
            say("{place}: {line}: {what}{what2}", place=place, line=line, what=what[0].lower(), what2=what[1:]), HINT
        ) from None
    checked = _Checked(place, _lines(content), known)
    checked.fields(fields, FIELDS, ())
    for name, example in NEEDED.items():
        if not fields.get(name):
            raise DataError(
                say("{place}: the field '{name}' is missing", place=place, name=name),
                say("write {example}", example=example),
            )
    commands = tuple(checked.commands(fields.get("command", [])))
    if "try_command" in fields:
        checked.command_line(fields["try_command"], ("try_command",))
    if ("question" in fields) != ("answer" in fields):
        here, other = ("question", "answer") if "question" in fields else ("answer", "question")
        raise checked.error((here,), say("there is no field '{other}' to it", other=other))
    renamed = {"try": "task", "try_command": "task_command"}
    texts = {renamed.get(name, name): value for name, value in fields.items() if FIELDS[name] is str}
    return Chapter(**texts, text=tuple(fields["text"]), commands=commands)


class _Checked(NamedTuple):
    """Checks the fields of a file."""

    place: str
    lines: Mapping[tuple[Any, ...], int]
    known: Collection[str]

    def error(self, at: tuple[Any, ...], what: str, hint: str = "") -> DataError:
        """What is wrong with a field, and where it stands."""
        line = self.lines.get(at)
        where = say("line {line}: ", line=line) if line else ""
        name = (
            say("command {at}: field '{at2}'", at=at[1] + 1, at2=at[2])
            if len(at) == 3
            else say("field '{at}'", at=at[0])
        )
        return DataError(
            say("{place}: {where}{name}: {what}", place=self.place, where=where, name=name, what=what), hint
        )

    def fields(self, found: Mapping[str, Any], wanted: Mapping[str, type], under: tuple[Any, ...]) -> None:
        """Names and types."""
        for name, value in found.items():
            if name not in wanted:
                raise self.error((*under, name), say("a lesson has no such field"), did_you_mean(name, wanted))
            if not isinstance(value, wanted[name]):
                raise self.error(
                    (*under, name), say("is to be {types}", types=TYPES[dict if name == "command" else wanted[name]])
                )
        for value in found.get("text", ()):
            if not isinstance(value, str):
                raise self.error(("text",), say("is to be a list of texts in [ ]"))

    def commands(self, found: list[Any]) -> Iterator[Command]:
        """The commands, each of which is this program's."""
        for at, one in enumerate(found):
            if not isinstance(one, dict):
                raise self.error(("command",), say("is to be {types}", types=TYPES[dict]))
            self.fields(one, COMMAND, ("command", at))
            if "run" not in one:
                where = say(
                    "{place}: line {lines}: command {at}",
                    place=self.place,
                    lines=self.lines.get(("command", at)),
                    at=at + 1,
                )
                raise DataError(say("{where}: the field 'run' is missing", where=where), say('write run = "gdcli ..."'))
            self.command_line(one["run"], ("command", at, "run"))
            yield Command(**one)

    def command_line(self, text: str, at: tuple[Any, ...]) -> None:
        """That a line is a command of this program which shows something and harms nothing."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise self.error(at, say("{error} in {text!r}", error=str(error).lower(), text=text)) from None
        if len(words) < 2 or words[0] != "gdcli":
            raise self.error(
                at,
                say("{text!r} is no command of gdcli", text=text),
                say("only gdcli commands may be run, as 'gdcli fit'"),
            )
        if words[1] not in self.known:
            raise self.error(
                at, say("there is no command '{words}'", words=words[1]), did_you_mean(words[1], self.known)
            )
        if words[1] in REFUSED and at[-1] == "run":
            raise self.error(
                at, say("'gdcli {words}' cannot be shown: {refused}", words=words[1], refused=REFUSED[words[1]])
            )
        for word, following in zip(words, [*words[1:], ""], strict=True):
            self._word(word, following, at)

    def _word(self, word: str, following: str, at: tuple[Any, ...]) -> None:
        name, equals, value = word.partition("=")
        if word in REDIRECTIONS:
            raise self.error(at, say("'{word}' is the shell's: only gdcli commands may be run", word=word))
        if name in CODE:
            hint = say("give it to 'gdcli lesson' itself") if name == "--plugin" else ""
            raise self.error(at, say("{name} is not for lessons", name=name), hint)
        if name == "--output" or (word.startswith("-o") and not word.startswith("--")):
            raise self.error(at, say("a lesson writes no files: leave -o out"))
        target = value if equals else following
        if name == "--save" and not re.fullmatch(r"\w[\w.-]*", target):
            raise self.error(
                at,
                say("--save: '{target}' is to be a name without a folder; it is gone after the lesson", target=target),
            )


def _lines(content: str) -> dict[tuple[Any, ...], int]:
    """The line on which each field stands."""
    found: dict[tuple[Any, ...], int] = {}
    under: tuple[Any, ...] = ()
    closing = ""
    for number, line in enumerate(content.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if header := HEADER.match(line):
            before = sum(1 for key in found if key[:1] == (header[1],) and len(key) == 2)
            under = (header[1], before)
            found[under] = number
            found.setdefault((header[1],), number)
        elif key := KEY.match(line):
            found.setdefault((*under, key[1]), number)
        closing = next((mark for mark in ('"""', "'''") if line.count(mark) == 1), "")
    return found
