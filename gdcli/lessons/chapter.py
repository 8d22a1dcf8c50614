"""Chapters of a lesson: files of text, code, commands and a question, read and checked field by field."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gdcli.data.toml_text import Fault, Place, places, read_toml
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
QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", re.DOTALL)
SHELLS = re.compile(r"[12&]?>+|[|<&;]")
"""What a shell takes for itself where it is not quoted."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
CODES = range(6)
"""Exit codes that a command may end with."""
FIELDS: Mapping[str, type] = {
    "name": str,
    "title": str,
    "text": list,
    "code": str,
    "prints": str,
    "command": dict,
    "try": str,
    "try_command": str,
    "question": str,
    "answer": str,
}
NEEDED = {"title": 'title = "..."', "text": 'text = ["...", "..."]', "run": 'run = "gdcli ..."'}
HINT = say("a lesson is TOML: see docs/lessons.md")
TYPES = {
    str: say("a text in quotes"),
    int: say("a whole number from 0 to 5"),
    list: say("a list of texts in [ ]"),
    dict: say("tables: [[command]]"),
}
COMMAND: Mapping[str, type] = {"run": str, "look": str, "exit": int}


class Command(NamedTuple):
    """A command that a chapter runs.

    Args:
        run: As it is typed, `gdcli` first.
        look: What to look at in its output.
        exit: The exit code that it ends with.
        place: Where it stands: file, line and field.
    """

    run: str
    look: str = ""
    exit: int = 0
    place: str = ""

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
        task_place: Where that stands.
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
    task_place: str = ""
    question: str = ""
    answer: str = ""
    number: int = 0

    def every_command(self) -> list[Command]:
        """What it runs, and what the reader is to try."""
        tried = self.task_command.split()[1:2]
        task = Command(self.task_command, place=self.task_place)
        return [*self.commands, *([task] if tried and tried[0] not in REFUSED else [])]


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

    def refused(fault: Fault) -> DataError:
        at = say(" field '{field}':", field=fault.field) if fault.field else ""
        return DataError(
            say("{place}: line {line}:{at} {what}", place=place, line=fault.line, at=at, what=fault.what), HINT
        )

    fields = read_toml(content, refused)
    checked = _Checked(place, places(content), known)
    checked.fields(fields, FIELDS, ())
    for name in ("title", "text"):
        checked.needed(name, fields, ())
    commands = tuple(checked.commands(fields.get("command", [])))
    if "try_command" in fields:
        checked.command_line(fields["try_command"], ("try_command",))
    if ("question" in fields) != ("answer" in fields):
        here, other = ("question", "answer") if "question" in fields else ("answer", "question")
        raise checked.error((here,), say("there is no field '{other}' to it", other=other), say("write both or none"))
    renamed = {"try": "task", "try_command": "task_command"}
    texts = {renamed.get(name, name): value for name, value in fields.items() if FIELDS[name] is str}
    task_place = checked.where(("try_command",))
    return Chapter(**texts, text=tuple(fields["text"]), commands=commands, task_place=task_place)


class _Checked(NamedTuple):
    """Checks the fields of a file."""

    place: str
    lines: Mapping[Place, int]
    known: Collection[str]

    def where(self, at: Place) -> str:
        """File, line and field; of what is not there the line is that of its table, or the first."""
        line = next((self.lines[at[:size]] for size in range(len(at), 0, -1) if at[:size] in self.lines), 1)
        command = say("command {number}: ", number=int(at[1]) + 1) if len(at) == 3 else ""
        return say(
            "{place}: line {line}: {command}field '{name}'", place=self.place, line=line, command=command, name=at[-1]
        )

    def error(self, at: Place, what: str, hint: str = "") -> DataError:
        """What is wrong with a field, and where it stands."""
        return DataError(say("{where}: {what}", where=self.where(at), what=what), hint)

    def needed(self, name: str, found: Mapping[str, Any], under: Place) -> None:
        """That a field is there, with something in it."""
        if not found.get(name):
            what = say("is empty") if name in found else say("is missing")
            raise self.error((*under, name), what, say("write {example}", example=NEEDED[name]))

    def fields(self, found: Mapping[str, Any], wanted: Mapping[str, type], under: Place) -> None:
        """Names and types."""
        for name, value in found.items():
            if name not in wanted:
                raise self.error((*under, name), say("a lesson has no such field"), did_you_mean(name, wanted))
            if not _is_of(wanted[name], value):
                raise self.error((*under, name), say("is to be {types}", types=TYPES[wanted[name]]))

    def commands(self, found: list[dict[str, Any]]) -> Iterator[Command]:
        """The commands, each of which is this program's."""
        for number, one in enumerate(found):
            under = ("command", number)
            self.fields(one, COMMAND, under)
            self.needed("run", one, under)
            self.command_line(one["run"], (*under, "run"))
            yield Command(**one, place=self.where((*under, "run")))

    def command_line(self, text: str, at: Place) -> None:
        """That a line is a command of this program which shows something and harms nothing."""
        if found := CONTROL.search(text):
            raise self.error(at, say("{sign!r} cannot be typed", sign=found[0]), say("leave it out"))
        try:
            words = shlex.split(text)
        except ValueError:  # a quote, or a backslash at the end
            raise self.error(at, say("a quote is not closed in {text!r}", text=text), say("close it")) from None
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
        if found := SHELLS.search(QUOTED.sub("", text)):
            raise self.error(at, say("'{word}' is the shell's: only gdcli commands may be run", word=found[0]))
        for word, following in zip(words, [*words[1:], ""], strict=True):
            self._word(word, following, at)

    def _word(self, word: str, following: str, at: Place) -> None:
        name, equals, value = word.partition("=")
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


def _is_of(kind: type, value: Any) -> bool:
    """Whether a value is what a field holds: for a list texts, for a dict tables."""
    if kind in (list, dict):
        return isinstance(value, list) and all(isinstance(one, str if kind is list else dict) for one in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value in CODES
    return isinstance(value, kind)
