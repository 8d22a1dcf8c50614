"""Settings: a user's own defaults for how the command line shows results, from variables and files.

A setting says nothing about a run: what is computed stands on the command line alone, so that a `rerun:` line means the
same everywhere. A variable `GDCLI_NAME` comes before the nearest `gdcli.toml` (of this folder or one above it), and
that before the user's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gdcli.definitions import FORMAT, definitions, names
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError, did_you_mean
from gdcli.said import enumerated, say

__all__ = ["COLOR_CHOICES", "FILE", "SETTINGS", "Found", "Setting", "Settings"]

FILE = "gdcli.toml"
PREFIX = "GDCLI_"
MOST = 100_000  # bytes of a file
COLOR_CHOICES = ("auto", "always", "never")
SWITCH = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
AUTO = "auto"
OF_ONE_OBJECT = ("mse", "rmse", "collapse")
"""Commands without rows: a format of rows is not for them."""


def _color(value: Any) -> str:
    return _one_of(value, COLOR_CHOICES)


def _format(value: Any) -> str:
    return _one_of(value, names(FORMAT))


def _one_of(value: Any, known: Any) -> str:
    word = str(value).lower()
    if word not in known:
        raise OptionError(say("there is no '{value:.60}'", value=str(value)), did_you_mean(word, known))
    return word


def _switch(value: Any) -> bool:
    if str(value).lower() not in SWITCH:
        raise OptionError(say("'{value:.60}' is neither yes nor no", value=str(value)), say("write true or false"))
    return SWITCH[str(value).lower()]


def _if_not_auto(value: Any) -> bool | None:
    return None if value == AUTO else _switch(value)


def _count(value: Any) -> int | None:
    text = str(value)
    if value == AUTO:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:5]) <= 1024):
        raise OptionError(
            say("'{value:.60}' is not a number of threads", value=str(value)), say("a whole number from 1, or auto")
        )
    return int(text)


class Setting(NamedTuple):
    """A setting.

    Args:
        name: The option that it is the default of.
        read: Its value from a text or a value of TOML; None stands for the option's own default.
        help: What it is, in a line.
        usual: What it comes to where nothing sets it.
        before: Variables of other programs' that come before a file, after the setting's own.
        unless: Options beside which it says nothing.
    """

    name: str
    read: Callable[[Any], Any]
    help: str
    usual: str
    before: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The variable that sets it."""
        return PREFIX + self.name.upper()


SETTINGS = (
    Setting("color", _color, say("auto, always or never"), AUTO, ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")),
    Setting("format", _format, say("the output format"), "table", unless=("get",)),
    Setting("lang", str, say("the language to speak: en, zh-TW or auto"), AUTO),
    Setting("plot", _if_not_auto, say("pictures: true, false or auto"), AUTO),
    Setting("quiet", _switch, say("no notes on stderr: true or false"), "false"),
    Setting("threads", _count, say("for linear algebra: a number or auto"), AUTO, unless=("resume",)),
)
"""All settings, by name."""


class Raw(NamedTuple):
    """A value as it stands somewhere.

    Args:
        value: A text, or a value of TOML.
        source: `variable` or `file`.
        where: The variable, or the file and its line.
    """

    value: Any
    source: str
    where: str


class Found(NamedTuple):
    """A setting's value.

    Args:
        setting: The setting.
        value: Its value; None for the option's own default.
        source: `variable`, `file` or `default`.
        where: The variable, or the file and its line; empty for a default.
    """

    setting: Setting
    value: Any
    source: str
    where: str

    def row(self) -> dict[str, Any]:
        """setting, value, source, where."""
        return {"setting": self.setting.name, "value": self.value, "source": self.source, "where": self.where or None}


class Settings:
    """The settings in force.

    Args:
        environ: The environment's variables.
        folder: Where the program runs.
    """

    def __init__(self, environ: Mapping[str, str], folder: Path | None) -> None:
        self._environ = environ
        self.files = [path for path in (_nearest(folder), _users(environ)) if path is not None]
        self._layers = [_variables(environ), *(_in_file(path, _shown(path, folder)) for path in self.files)]

    def found(self, setting: Setting) -> Found:
        """A setting's value, and where it is from.

        Raises:
            OptionError: If it is no value of that setting.
        """
        raw = self._raw(setting)
        if raw is None:
            return Found(setting, None, "default", "")
        try:
            return Found(setting, setting.read(raw.value), raw.source, raw.where)
        except OptionError as error:
            raise OptionError(
                say("{where}{key}: {message}", where=raw.where, key=_key(raw, setting), message=error.message),
                error.hint,
            ) from None

    def of(self, name: str) -> Found:
        """The setting of that name."""
        return self.found(next(one for one in SETTINGS if one.name == name))

    def all(self) -> list[Found]:
        """Every setting, by name."""
        return [self.found(one) for one in SETTINGS]

    def standing_in(self, command: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The options of a command that settings stand in for: (name, value).

        Args:
            command: The command's name.
            given: The options given, by name.
        """
        for one in SETTINGS:
            if one.name not in given and not any(given.get(option) for option in one.unless):
                value = self.found(one).value
                if value is not None and not (one.name == "format" and _is_of_rows(value, command)):
                    yield one.name, value

    def _raw(self, setting: Setting) -> Raw | None:
        for at, layer in enumerate(self._layers):
            if setting.name in layer:
                return layer[setting.name]
            if at == 0 and any(self._environ.get(name) for name in setting.before):
                return None
        return None


def _is_of_rows(form: str, command: str) -> bool:
    """Whether a format is one of rows and the command prints none: then the command has its own."""
    one = definitions(FORMAT)[form] if command in OF_ONE_OBJECT else None
    return one is not None and (one.rows_only or one.for_people)


def _key(raw: Raw, setting: Setting) -> str:
    return say(", {name}", name=setting.name) if raw.source == "file" else ""


def _nearest(folder: Path | None) -> Path | None:
    """The file of a folder, or of the nearest one above that has it."""
    folders = () if folder is None else (folder, *folder.parents)
    return next((path for one in folders if _is_file(path := one / FILE)), None)


def _users(environ: Mapping[str, str]) -> Path | None:
    """The user's own file."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    base = environ.get("XDG_CONFIG_HOME") or environ.get("APPDATA") or (home and f"{home}/.config")
    path = Path(base) / "gdcli" / FILE if base else None
    return path if path is not None and _is_file(path) else None


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path's raises where a folder may not be looked into


def _variables(environ: Mapping[str, str]) -> dict[str, Raw]:
    """The settings among the environment's variables.

    Raises:
        OptionError: If one of that family is none.
    """
    known = {one.variable: one.name for one in SETTINGS}
    found: dict[str, Raw] = {}
    for name, text in environ.items():
        if name.startswith(PREFIX):
            if name not in known:
                raise _unknown(name, name.removeprefix(PREFIX).lower(), name, known)
            if text:
                found[known[name]] = Raw(text, "variable", name)
    return found


def _shown(path: Path, folder: Path | None) -> str:
    """A file as messages call it."""
    return FILE if path.parent == folder else str(path)


def _in_file(path: Path, shown: str) -> dict[str, Raw]:
    """The settings in a file.

    Raises:
        OptionError: If it is no TOML, or holds what is no setting.
    """
    from gdcli.data.toml_text import places  # only where there is a file

    known = {one.name: one.name for one in SETTINGS}
    text = _text(path, shown)
    found: dict[str, Raw] = {}
    fields, lines = _parsed(text, shown), places(text)
    for name, value in fields.items():
        where = say("{shown}: line {line}", shown=shown, line=lines.get((name,), 1))
        if name not in known:
            if isinstance(value, dict):
                raise OptionError(
                    say("{where}: [{name}] is a table, and settings are plain keys", where=where, name=name), _example()
                )
            raise _unknown(where, name, name, known)
        found[name] = Raw(value, "file", where)
    return found


def _text(path: Path, shown: str) -> str:
    with path.open("rb") as file:
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise OptionError(
            say("{shown}: is larger than {most:,} bytes, and so holds no settings", shown=shown, most=MOST), _example()
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OptionError(
            say("{shown}: line {line}: is not UTF-8", shown=shown, line=line), say("save it as UTF-8")
        ) from None


def _parsed(text: str, shown: str) -> dict[str, Any]:
    from gdcli.data.toml_text import Fault, read_toml

    def refused(fault: Fault) -> OptionError:
        key = say(", {name}", name=fault.field) if fault.field else ""
        where = say("{shown}: line {line}", shown=shown, line=fault.line)
        return OptionError(say("{where}{key}: {message}", where=where, key=key, message=fault.what), _example())

    return read_toml(text, refused)


def _example() -> str:
    return say('as in format = "json"; settings are {names}', names=enumerated(one.name for one in SETTINGS))


def _unknown(where: str, name: str, written: str, known: Mapping[str, str]) -> OptionError:
    """What is no setting: an option of a run, or a name that is not known."""
    from gdcli.experiments.spec import options_of  # only where something is wrong

    option = name.replace("-", "_")
    if option in {one.name for kind in ("fit", "train") for one in options_of(kind)} or option == "learning_rate":
        flag = f"--{name.replace('_', '-')}"
        what = say("{flag} says what a run computes, and a setting only how it is shown", flag=flag)
        return OptionError(
            say("{where}: {what}", where=where, what=what), say("give {flag} on the command line", flag=flag)
        )
    return OptionError(
        say("{where}: there is no setting '{written}'", where=where, written=written), did_you_mean(written, known)
    )
