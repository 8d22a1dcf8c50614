"""The command line's `--plugin FILE.py`: taken off before commands are made, for a plug-in may bring options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gdcli.definitions import plugins

OPTION = "--plugin"


def taken(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files that `--plugin` names, and the command line without them.

    >>> taken(["fit", "--plugin", "a.py", "--lr", "1", "--plugin=b.py"])
    (['a.py', 'b.py'], ['fit', '--lr', '1'])
    """
    named, rest = list[str](), list[str]()
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            return named, [*rest, word, *words]
        if name != OPTION:
            rest.append(word)
        elif equals or (value := next(words, "")):
            named.append(value)
        else:
            rest.append(word)  # the parser says that its value is missing
    return named, rest


def load_installed(folders: Iterable[str]) -> None:
    """Loads the plug-ins of installed packages."""
    for plugin in plugins.installed(folders):
        plugins.load(plugin)
