"""What `config show` shows: each setting, its value, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.experiments.settings import FILE, Found, Settings
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say


def report(settings: Settings) -> Report:
    """The report of the settings in force."""
    return Report(
        schema="gdcli.config/1",
        records=settings.all(),
        summary=lambda: {"files": [str(path) for path in settings.files]},
        rows_name="settings",
        rows_in_kv=True,
        columns=[
            Column(say("setting"), lambda one: one.setting.name, 10, left=True),
            Column(say("value"), _value, 8, left=True),
            Column(say("from"), _origin, 10, left=True),
        ],
        blocks=lambda screen: _blocks(settings, screen),
    )


def _value(one: Found) -> str:
    if one.value is None:
        return one.setting.usual
    return plain(str(one.value).lower(), Screen())


def _origin(one: Found) -> str:
    return plain(one.where or word(one.source), Screen())


def _blocks(settings: Settings, screen: Screen) -> Iterator[str]:
    yield ""
    if not settings.files:
        yield say(
            " {value} none: {file} here or above, then in ~/.config/gdcli",
            value=paint(say("files"), theme.HEADING, screen),
            file=FILE,
        )
    for one in settings.all():
        yield say(
            " {ljust} {help}", ljust=paint(one.setting.name.ljust(8), theme.HEADING, screen), help=one.setting.help
        )
