"""What `explain` shows: a term in three sentences, or the list of all terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gdcli.lessons.glossary import Term
from gdcli.lessons.language import Language
from gdcli.render import Report, theme
from gdcli.render.flow import flowed
from gdcli.render.screen import Screen, columns, paint

__all__ = ["report"]

WIDEST = 88
"""Columns of a paragraph: longer lines are hard to read."""
MORE = "gdcli explain TERM says three sentences of each."
WORDS = {"formula": "公式", "see": "動手看", "lesson": "課程"}


def report(found: Sequence[Term], listed: bool, language: Language) -> Report:
    """The report of terms.

    Args:
        found: The terms.
        listed: Whether they are listed, not explained.
        language: To speak.
    """
    return Report(
        schema="gdcli.explain/1",
        records=found,
        rows_name="terms",
        rows_in_kv=not listed,
        paragraph=lambda term, screen: [] if listed else _explained(term, language, screen),
        blocks=lambda screen: _list(found, language, screen) if listed else [],
    )


def _explained(term: Term, language: Language, screen: Screen) -> Iterator[str]:
    """The names, the sentences, the formula, the command."""
    chinese, width = language.is_chinese, min(screen.width, WIDEST)
    first, second = (term.zh, term.name) if chinese else (term.name, term.zh)
    other = f"   {second}" if second != first and (screen.unicode or second.isascii()) else ""
    yield paint(first, theme.HEADING, screen) + other
    yield ""
    yield from flowed(term.zh_text if chinese else term.text, width)
    yield ""
    labels = WORDS if chinese else {name: name for name in WORDS}
    broad = max(map(columns, labels.values()))
    formula = (chinese and term.zh_formula) or term.formula
    values = {"formula": formula, "see": term.command, "lesson": f"gdcli lesson {term.chapter}"}
    for name, value in values.items():
        label = labels[name]
        yield f" {paint(label, theme.NOTE, screen)}{' ' * (broad - columns(label))}  {value}"


def _list(found: Sequence[Term], language: Language, screen: Screen) -> Iterator[str]:
    """All names, as many abreast as there is room for."""
    names = [one.zh if language.is_chinese else one.name for one in found]
    broad = max(map(columns, names)) + 2
    abreast = max(1, min(screen.width, WIDEST) // broad)
    down = -(-len(names) // abreast)
    for row in range(down):
        cells = names[row::down]
        yield "".join(f"{cell}{' ' * (broad - columns(cell))}" for cell in cells).rstrip()
    yield ""
    yield (
        "gdcli explain 名詞　會用三句話說明。"
        if language.is_chinese
        else "gdcli explain TERM says three sentences of each."
    )
