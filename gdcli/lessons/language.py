"""The two languages: English, and Chinese as Taiwan writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdcli.definitions.namedtuple import NamedTuple

__all__ = ["CHINESE", "ENGLISH", "Language", "asked_in", "language_of"]

ENGLISH, CHINESE = "en", "zh-TW"
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a system says which language is wanted, the first that is set."""


class Language(NamedTuple):
    """A language, and what there is to say about the choice.

    Args:
        code: `en` or `zh-TW`.
        note: Why it is not the one asked for; empty if it is.
    """

    code: str
    note: str = ""

    @property
    def is_chinese(self) -> bool:
        """Whether texts are Chinese."""
        return self.code == CHINESE


def asked_in(words: Sequence[str]) -> str:
    """The language that a command line asks for by `--lang`, the last one counting; empty where it does not.

    >>> asked_in(["fit", "--lang", "zh-TW"]), asked_in(["fit", "--lang=en", "--", "--lang", "fr"])
    ('zh-TW', 'en')
    """
    words, asked = list(words), ""
    for at, word in enumerate(words[: words.index("--")] if "--" in words else words):
        name, equals, value = word.partition("=")
        if name == "--lang":
            asked = value if equals else "".join(words[at + 1 : at + 2])
    return asked


def language_of(asked: str | None, environ: Mapping[str, str], unicode: bool = True) -> Language:
    """The language to speak.

    Args:
        asked: As in `--lang`; None or `auto` leaves it to the system.
        environ: The environment's variables.
        unicode: Whether Chinese can be shown.

    >>> language_of("zh_TW.UTF-8", {}).code, language_of(None, {"LANG": "zh_TW.UTF-8"}).code
    ('zh-TW', 'zh-TW')
    >>> language_of("fr", {})
    Language(code='en', note="there is no language 'fr': this is English; --lang zh-TW is the other one")
    """
    given = asked not in (None, "", "auto")
    wanted = str(asked) if given else next((environ[name] for name in VARIABLES if environ.get(name)), ENGLISH)
    word = wanted.partition(".")[0].replace("_", "-").lower()
    if not word.startswith("zh"):
        known = not given or word.partition("-")[0] in (ENGLISH, "c", "posix")
        return Language(
            ENGLISH, "" if known else f"there is no language '{wanted}': this is English; --lang zh-TW is the other one"
        )
    if not unicode:
        return Language(ENGLISH, "this terminal cannot show Chinese: this is English" if given else "")
    return Language(CHINESE)
