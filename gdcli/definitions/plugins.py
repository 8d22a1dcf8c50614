"""Definitions from outside: a file of Python, or an installed package with an entry point in the group `gdcli`.

What a plug-in defines joins the list of its kind's own module, under the same rules: a loss of a plug-in is
`gdcli.losses.NAME`, and whatever reads the list has it.
"""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from gdcli.definitions import KINDS, Kind, flag_name, names
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import DataError, GdcliError, OptionError, reason
from gdcli.said import enumerated, say

__all__ = ["Plugin", "files", "installed", "load", "load_plugin", "loaded", "place_in_plugin", "plugged", "read"]

GROUP = b"[gdcli]"
HINT = say("docs/plugins.md shows one of each kind")
Member = tuple[Kind, str, Any]
"""A definition: its kind, its name, itself."""


class Plugin(NamedTuple):
    """A plug-in, in a form that can be sent to another process.

    Args:
        name: The file, as given; or the module of an installed package.
        source: The file's content; None for an installed module.
    """

    name: str
    source: bytes | None


def load_plugin(path: str | Path) -> tuple[str, ...]:
    """Loads a file of definitions; loading it again, as when it was edited, replaces what it defined.

    Args:
        path: A file of Python.

    Returns:
        The names of what it defines, as the command line has them.

    Raises:
        DataError: If the file cannot be read, or running it fails.
        OptionError: If it defines nothing, or something that cannot be.
    """
    plugin = read(str(path))
    for other in loaded():
        if other.name == plugin.name and other != plugin:
            unload(other)
    return tuple(flag_name(name) for _, name, _ in load(plugin))


def read(path: str) -> Plugin:
    """A file as a plug-in.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        return Plugin(path, Path(path).read_bytes())
    except OSError as error:
        raise DataError(
            say("--plugin: {path}: {reason}", path=path, reason=reason(error)), say("name a file of Python")
        ) from None


def load(plugin: Plugin) -> list[Member]:
    """Runs a plug-in, unless that is done, and adds its definitions to those of their kinds: all of them, or none.

    Raises:
        DataError: If running it fails.
        OptionError: If it defines nothing, or something that cannot be.
    """
    if plugin in loaded():
        return _members(sys.modules[_module_name(plugin)])
    module = _executed(plugin)
    try:
        members = _members(module)
        if not members:
            kinds = enumerated(kind.name for kind in KINDS)
            raise OptionError(say("--plugin: {name}: defines nothing: no {kinds}", name=plugin.name, kinds=kinds), HINT)
        for member in members:
            _check(plugin, member)
    except GdcliError:
        sys.modules.pop(module.__name__, None)
        raise
    for kind, name, thing in members:
        home: Any = import_module(kind.home)
        setattr(home, name, thing)
        home.__all__.append(name)
    vars(module)["__gdcli_plugin__"] = plugin
    return members


def unload(plugin: Plugin) -> None:
    """Takes a plug-in's definitions away again."""
    module = sys.modules.pop(_module_name(plugin))
    for kind, name, _ in _members(module):
        home: Any = import_module(kind.home)
        home.__all__.remove(name)
        delattr(home, name)


def loaded() -> tuple[Plugin, ...]:
    """The plug-ins in force, in the order of loading."""
    marks = (vars(module).get("__gdcli_plugin__") for module in list(sys.modules.values()) if module is not None)
    return tuple(mark for mark in marks if isinstance(mark, Plugin))


def files() -> tuple[str, ...]:
    """The files in force, as given."""
    return tuple(plugin.name for plugin in loaded() if plugin.source is not None)


@contextmanager
def plugged(paths: Iterable[str]) -> Iterator[None]:
    """Files of definitions, in force for the length of a block; those that are so already stay so."""
    with ExitStack() as stack:
        for path in paths:
            plugin = read(path)
            if plugin not in loaded():
                load(plugin)
                stack.callback(unload, plugin)
        yield


def installed(folders: Iterable[str]) -> list[Plugin]:
    """The plug-ins of installed packages: the modules named in the entry-point group `gdcli`.

    Args:
        folders: Where packages are installed: `sys.path`. Only files that hold the group's name are parsed.
    """
    found = [line for folder in dict.fromkeys(folders) for file in _metadata(folder or ".") for line in _group(file)]
    return [Plugin(line.partition("=")[2].partition(":")[0].strip(), None) for line in dict.fromkeys(found)]


def _metadata(folder: str) -> list[str]:
    """The metadata files of a folder, as plain names: every command pays for this, and paths cost twice as much."""
    try:
        names_ = os.listdir(folder)  # noqa: PTH208 - see above
    except OSError:  # sys.path names folders that are not there
        return []
    return [f"{folder}/{name}/entry_points.txt" for name in names_ if name.endswith(".dist-info")]


def _group(file: str) -> list[str]:
    """The lines of the group, NAME = MODULE; none of a package without entry points."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - a Path costs twice as much
            content = stream.read()
    except OSError:
        return []
    if GROUP not in content:
        return []
    _, _, after = content.decode().partition(GROUP.decode())
    lines = [line.strip() for line in after.partition("\n[")[0].splitlines()]
    return [line for line in lines if "=" in line and not line.startswith(("#", ";"))]


def place_in_plugin(error: BaseException) -> str:
    """Where an error arose, as `FILE: line N`, if that was in a plug-in; else nothing."""
    files = {plugin.name for plugin in loaded()}
    frames = traceback.extract_tb(error.__traceback__)
    return next(
        (
            say("{filename}: line {lineno}", filename=one.filename, lineno=one.lineno)
            for one in reversed(frames)
            if one.filename in files
        ),
        "",
    )


def _module_name(plugin: Plugin) -> str:
    if plugin.source is None:
        return plugin.name
    told_apart = crc32(plugin.name.encode(errors="surrogateescape"))  # a name need not be UTF-8
    return f"gdcli_plugin_{Path(plugin.name).stem}_{told_apart:08x}"


def _executed(plugin: Plugin) -> ModuleType:
    """The plug-in's module, after its code has run."""
    name = _module_name(plugin)
    try:
        if plugin.source is None:
            return import_module(name)
        module = ModuleType(name)
        module.__file__ = plugin.name
        sys.modules[name] = module  # where dataclasses and pickles look for it
        exec(compile(plugin.source, plugin.name, "exec"), vars(module))  # noqa: S102 - the user asks for it to be run
        return module
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise DataError(_failed(plugin, error), say("mend the plug-in, or leave it out")) from error


def _failed(plugin: Plugin, error: BaseException) -> str:
    """What went wrong in a plug-in, and where: FILE: line N: what."""
    if isinstance(error, SyntaxError):
        return say("{filename}: line {lineno}: {msg}", filename=error.filename, lineno=error.lineno, msg=error.msg)
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == plugin.name]
    where = say("{name}: line {lineno}", name=plugin.name, lineno=frames[-1].lineno) if frames else plugin.name
    text = error.message if isinstance(error, GdcliError) else f"{type(error).__name__}: {error}"
    return say("{where}: {names}", where=where, names=" ".join(text.split()))


def _members(module: ModuleType) -> list[Member]:
    """The definitions that a module's `__all__` names, or else all public ones that are made in it."""
    listed = getattr(module, "__all__", None)
    if not (listed is None or (isinstance(listed, list | tuple) and all(isinstance(one, str) for one in listed))):
        raise OptionError(say("{file}: __all__ is no list of names", file=module.__file__), HINT)
    for name in listed or ():
        if not isinstance(getattr(getattr(module, name, None), "kind", None), Kind):
            raise OptionError(
                say("{file}: __all__ names '{name}', which carries no mark of a kind", file=module.__file__, name=name),
                HINT,
            )
    made = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__]
    chosen = [(name, getattr(module, name)) for name in (made if listed is None else listed) if name[0] != "_"]
    marked = [(getattr(thing, "kind", None), name, thing) for name, thing in chosen if hasattr(thing, "__name__")]
    return [(kind, name, thing) for kind, name, thing in marked if isinstance(kind, Kind)]


def _check(plugin: Plugin, member: Member) -> None:
    """Refuses a definition whose name is taken, or that lacks what its kind must have.

    Raises:
        OptionError: Naming the file and the line.
    """
    kind, name, thing = member
    where = say("{name}{line}: {name2}", name=plugin.name, line=_line(thing), name2=name)
    if flag_name(name) in names(kind) or hasattr(import_module(kind.home), name):
        raise OptionError(
            say("{where}: there is already a definition of that name in {home}", where=where, home=kind.home),
            say("give it another name"),
        )
    for method, arguments in kind.takes:
        part = getattr(thing, method, None) if method else thing
        if not callable(part):
            raise OptionError(
                say(
                    "{where}: the {name} has no {method}({arguments})",
                    where=where,
                    name=kind.name,
                    method=method,
                    arguments=arguments,
                ),
                HINT,
            )
        try:
            inspect.signature(part).bind(*arguments.split(", "))
        except (TypeError, ValueError):
            called = method or name
            raise OptionError(
                say("{where}: {called} does not take ({arguments})", where=where, called=called, arguments=arguments),
                HINT,
            ) from None


def _line(thing: Any) -> str:
    """`: line N` of a definition, where that is known."""
    try:
        return say(": line {getsourcelines}", getsourcelines=inspect.getsourcelines(thing)[1])
    except (OSError, TypeError):
        return ""
