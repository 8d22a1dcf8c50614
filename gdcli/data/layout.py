"""How a text is laid out: what separates its cells, its column names, and where its rows begin."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from gdcli.data import comments, header
from gdcli.data.cells import data_error, no_rows, printable, quoted
from gdcli.data.delimiters import BLANKS, candidates, records, sniff, widths
from gdcli.data.encoding import decode
from gdcli.data.preamble import Above, above_names, begins_alike, grouping_note, grouping_rows
from gdcli.data.read_limits import ReadLimits
from gdcli.data.warning import ReadWarning, as_option, listed
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.said import say

__all__ = ["Layout", "ReadOptions", "Text", "open_text"]

_CHARACTER_WORDS = {"tab": "\t", r"\t": "\t", "space": BLANKS, "comma": ",", "semicolon": ";", "point": "."}
_SAMPLE_BYTES = 1 << 16
_SAMPLE_ROWS = 200
_NEEDS = say("a table needs a line of names and at least one row")


@dataclass(frozen=True)
class ReadOptions:
    r"""How to read a text table; the defaults find out.

    Args:
        delimiter: What separates the cells: one character, or `tab`, `\t`, `space` (any run of blanks),
            `comma`, `semicolon`; None to find out from the first lines.
        header: Whether the first line holds the names of the columns; without, they are called 1, 2, ...
            None to compare it with the lines below.
        encoding: The text's encoding; `utf-8` also takes a byte order mark.
        decimal: The decimal sign, `.` or `,`.
        na: Further words that stand for a missing value; a number stands for all ways to write it.
        thousands: What separates groups of three digits: one character, or `comma`, `point`, `space`; None for nothing.
        comment: What a line begins with that is no row; empty for nothing; None for `#`, unless rows begin with it.
        allow: Limits that are raised: `columns=250000`, `cell=1000000`, `unpacked=1000`.

    Raises:
        OptionError: If the delimiter, the decimal sign, the thousands separator or the encoding is not one.

    >>> ReadOptions(delimiter="semicolon").separator
    ';'
    """

    delimiter: str | None = None
    header: bool | None = None
    encoding: str = "utf-8"
    decimal: str = "."
    na: tuple[str, ...] = ()
    thousands: str | None = None
    comment: str | None = None
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ReadLimits.of(self.allow)
        if self.decimal not in (".", ","):
            raise OptionError(
                say("{quoted} is not a decimal sign", quoted=quoted(self.decimal)), say("choose from . and ,")
            )
        mark = self.separator
        if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in '".+-_\r\n\0'):
            hint = say("one character that no number holds, or tab, space, comma, semicolon")
            raise OptionError(say("{quoted} is not a delimiter", quoted=quoted(mark)), hint)
        group = self.group
        if group is not None and (len(group) != 1 or group.isalnum() or group in f'"+-\r\n\0{self.decimal}'):
            hint = say("one character other than the decimal sign, or comma, point, space")
            raise OptionError(say("{quoted} is not a thousands separator", quoted=quoted(group)), hint)
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            hint = say("for example utf-8, latin-1, cp1252, utf-16")
            raise OptionError(say("{quoted} is not a known encoding", quoted=quoted(self.encoding)), hint) from None

    @property
    def limits(self) -> ReadLimits:
        """What a table may be."""
        return ReadLimits.of(self.allow)

    @property
    def separator(self) -> str | None:
        """The delimiter as one character, None to derive it from the first lines."""
        return self.delimiter and _CHARACTER_WORDS.get(self.delimiter.lower(), self.delimiter)

    @property
    def group(self) -> str | None:
        """The thousands separator as one character, None if there is none."""
        return self.thousands and _CHARACTER_WORDS.get(self.thousands.lower(), self.thousands)


@dataclass(frozen=True)
class Layout:
    """What is said of how a table was laid out.

    Args:
        delimiter: One character; None for what is no text.
        header: Whether a line of names was seen; None for what is no text.
        notes: What was decided or left out on the way.
        whole: Whether these are all rows, not the first ones of very many.
        gaps: The words named as gaps.
    """

    delimiter: str | None = None
    header: bool | None = None
    notes: tuple[ReadWarning, ...] = ()
    whole: bool = True
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Text:
    """A text table whose layout is known, its cells not yet read.

    Args:
        source: What it is called in messages.
        content: The text in UTF-8, lines ended by a newline alone, comments blanked.
        delimiter: One character; a blank stands for any run of blanks.
        names: The columns' names.
        offset: Where in the content the rows begin.
        line: The number of the line there.
        skip: Leading cells of each row that are no column: 1 for R's row names.
        options: How it is read.
        layout: What is said of it.
        mark: What a line begins with that is no row; empty for nothing.
    """

    source: str
    content: bytes
    delimiter: str
    names: tuple[str, ...]
    offset: int
    line: int
    skip: int
    options: ReadOptions
    layout: Layout
    mark: str = ""

    @property
    def decimal(self) -> str:
        """The decimal sign."""
        return self.options.decimal

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not blank, with the number of the line it begins in.

        Raises:
            DataError: At a row of another length than the header's, or a quote that goes wrong.
        """
        stream = io.BytesIO(self.content)
        stream.seek(self.offset)
        plain = -1 if self.skip else len(self.names)
        for line, cells in records(stream, self.delimiter, self.source, self.line, self.options.limits):
            yield line, cells if len(cells) == plain else self._fitted(line, cells)

    def _fitted(self, line: int, cells: list[str]) -> list[str]:
        """A row's cells without the row's name and without empty cells at the end."""
        width = len(self.names) + self.skip
        if len(cells) != width and not _only_longer_by_blanks(cells, width):
            what = say("expected {width} cell{s}, found {count}", width=width, s="s" * (width != 1), count=len(cells))
            raise data_error(self.source, what, _unfitting(cells, width), line)
        return cells[self.skip : width]


def _unfitting(cells: list[str], width: int) -> str:
    """What to do about a row that is too long, or too short."""
    words = cells[0].split()
    if len(cells) < width and words and words[0].rstrip(":").isalpha():
        return say(
            "if the line is no row: --comment {as_option} leaves out those that begin so",
            as_option=as_option([words[0]]),
        )
    if len(cells) < width:
        return say("a row has a cell for each column, an empty one for a gap; another delimiter: --delimiter")
    return say('a cell that holds the delimiter must be in "quotes"; another delimiter: --delimiter')


def open_text(content: bytes, source: str, options: ReadOptions) -> Text:
    """Decodes a text, finds its delimiter and its comments, and reads its column names.

    Raises:
        DataError: If it is empty, cannot be decoded, or has no usable line of names.

    >>> open_text(b"x;y", "data.csv", ReadOptions()).names
    ('x', 'y')
    """
    text, declared = comments.declared_delimiter(decode(content, source, options.encoding))
    if not text or text.isspace():
        raise no_rows(source, say("the file is empty"), hint=_NEEDS)
    mark = comments.USUAL_MARK if options.comment is None else options.comment
    delimiter = options.separator or declared or _sniff(text, mark, options.decimal)
    if options.comment is None and _rows_begin_with(text, mark, delimiter):
        mark = ""
    offset, comment = comments.after_leading(text, mark)
    above = _above(text, offset, delimiter, source, options) if options.header is not False else None
    if above is not None:
        offset, delimiter, comment = offset + above.offset, above.delimiter, b""
    rows, dropped = comments.strip_comments(text[offset:], mark) if comments.has_comments(text, mark) else (b"", 0)
    body = _Body(source, text[:offset] + rows if dropped else text, offset, delimiter, options, mark)
    notes = [_comment_note(dropped, mark)] if dropped else []
    notes += [above.note] if above is not None else []
    return _named_text(body, comments.names_in_comment(comment, mark, delimiter) if comment else [], notes)


def _sniff(text: bytes, mark: str, decimal: str) -> str:
    lines = _sample(text, comments.after_leading(text, mark)[0]).splitlines(keepends=True)
    plain = [line for line in lines if not mark or not line.startswith(mark.encode(errors="surrogateescape"))]
    return sniff(b"".join(plain or lines), decimal)


def _above(text: bytes, offset: int, delimiter: str, source: str, options: ReadOptions) -> Above | None:
    """Lines above the names, where the first line is no row of the width of the others."""
    sample, line = _sample(text, offset), text.count(b"\n", 0, offset) + 1
    lines = [line.decode(errors="replace") for line in sample.splitlines(keepends=True)[:_SAMPLE_ROWS]]
    if b"\n" not in sample or begins_alike(list(widths(lines, delimiter)), len(lines)):
        return None
    return above_names(sample, [delimiter] if options.separator else candidates(options.decimal), source, line)


def _rows_begin_with(text: bytes, mark: str, delimiter: str) -> bool:
    return comments.has_comments(text, mark) and comments.rows_begin_with(_sample(text, 0), mark, delimiter)


@dataclass(frozen=True, eq=False)
class _Body:
    """A text without comments, its names not yet known; `offset` is where its first line begins."""

    source: str
    content: bytes
    offset: int
    delimiter: str
    options: ReadOptions
    mark: str

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The first rows, as far as a sample goes; of the first, a quote that goes wrong is an error."""
        sample = io.BytesIO(_sample(self.content, self.offset))
        rows = records(sample, self.delimiter, self.source, self.line_at(self.offset), self.options.limits)
        with suppress(StopIteration):
            yield next(rows)
        with suppress(DataError):
            yield from islice(rows, _SAMPLE_ROWS)

    def after(self, rows: int) -> int:
        """The offset of what follows that many rows."""
        stream = io.BytesIO(self.content)
        stream.seek(self.offset)
        for _ in islice(records(stream, self.delimiter, self.source, 1, self.options.limits), rows):
            pass
        return stream.tell() if rows else self.offset

    def line_at(self, offset: int) -> int:
        """The number of the line that begins at an offset."""
        return self.content.count(b"\n", 0, offset) + 1

    def text(self, names: list[str], rows: int, skip: int, is_header: bool, notes: list[ReadWarning]) -> Text:
        """The text, its names known, after that many rows that are none."""
        most = self.options.limits.columns
        if len(names) > most:
            what = say("{count:,} columns, more than {most:,}", count=len(names), most=most)
            raise data_error(self.source, what, self.options.limits.raised("columns"))
        offset = self.after(rows)
        unique = header.unique_names(names)
        layout = Layout(self.delimiter, is_header, (*notes, *_renamed(names, unique)), gaps=self.options.na)
        line = self.line_at(offset)
        about = (self.options, layout, self.mark)
        return Text(self.source, self.content, self.delimiter, unique, offset, line, skip, *about)


def _named_text(body: _Body, in_comment: list[str], notes: list[ReadWarning]) -> Text:
    """The text with its names: from the first line, from a comment before it, or numbers."""
    sample = list(body.records())
    if not sample:
        raise data_error(body.source, say("nothing but comments"), _NEEDS)
    (line, first), *below = sample
    decimal, wanted = body.options.decimal, body.options.header
    rows = [cells for _, cells in below]
    same = [
        cells[: len(first)] for cells in rows if len(cells) == len(first) or _only_longer_by_blanks(cells, len(first))
    ]
    numbers = header.all_numbers(first, decimal)
    like = header.verdict(first, same, decimal) if wanted is None and not numbers else ""
    if wanted is None and _may_be_names(in_comment, first, decimal) and like != header.NAMES:
        return body.text(in_comment, 0, 0, True, [*notes, _from_comment(in_comment, line)])
    if wanted is False or like == header.DATA:
        more = [_no_header(line)] if wanted is None else []
        return body.text([""] * len(first), 0, 0, False, [*notes, *more])
    if wanted is None:
        header.check_names(first, body.source, line, decimal)
    return _below_names(body, first, rows, same, notes)


def _below_names(
    body: _Body, first: list[str], rows: list[list[str]], same: list[list[str]], notes: list[ReadWarning]
) -> Text:
    """The text after its line of names: R's row names, a row of units and blanks at the end are no data."""
    if header.has_row_names(len(first), rows):
        return body.text(first, 1, 1, True, [*notes, _ROW_NAMES])
    width = max((len(cells) for cells in rows), default=len(first))
    if width < len(first) and not any(name.strip() for name in first[width:]):
        return body.text(first[:width], 1, 0, True, notes)
    if above := grouping_rows(first, rows, body.options.decimal):
        note = grouping_note(body.line_at(body.offset), first, rows[: above - 1])
        return body.text(rows[above - 1], above + 1, 0, True, [*notes, note])
    if header.has_units(same, body.options.decimal):
        return body.text(first, 2, 0, True, [*notes, _units(same[0], first)])
    return body.text(first, 1, 0, True, notes)


def _only_longer_by_blanks(cells: list[str], width: int) -> bool:
    return len(cells) > width and not any(cell.strip() for cell in cells[width:])


def _may_be_names(cells: list[str], first: list[str], decimal: str) -> bool:
    """Whether a comment's cells name the columns, one word for each, and the line below holds at least one number."""
    words = {cell for cell in cells if cell and not header.all_numbers([cell], decimal)}
    return len(cells) == len(first) == len(words) > 1 and any(header.all_numbers([cell], decimal) for cell in first)


def _sample(text: bytes, offset: int) -> bytes:
    """The first lines from an offset on: whole ones, unless not even one fits."""
    end = offset + _SAMPLE_BYTES
    return text[offset : max(text.rfind(b"\n", offset, end) + 1, offset) or end] if len(text) > end else text[offset:]


_ROW_NAMES = ReadWarning(
    "row names", (), say("the first cell of each row is the row's name, as R writes it, and left out"), ""
)


def _comment_note(dropped: int, mark: str) -> ReadWarning:
    lines = (
        say("1 line between the rows begins")
        if dropped == 1
        else say("{dropped:,} lines between the rows begin", dropped=dropped)
    )
    what = say(
        "{lines} with {mark} and {verb} left out as comments",
        lines=lines,
        mark=mark,
        verb="is" if dropped == 1 else "are",
    )
    return ReadWarning("comments", (), printable(what), "--comment ''")


def _no_header(line: int) -> ReadWarning:
    what = say(
        "line {line} is like the lines below it, so there is no line of names: columns are called 1, 2, ...", line=line
    )
    return ReadWarning("no header", (), what, "--header")


def _from_comment(names: list[str], line: int) -> ReadWarning:
    what = say("the names {listed} are from the comment before line {line}", listed=listed(names), line=line)
    return ReadWarning("names in a comment", tuple(names), printable(what), "--no-header")


def _units(cells: list[str], names: list[str]) -> ReadWarning:
    written = [cell for cell in cells if cell.strip()]
    is_rule = not any(set(cell) - set("-=:+ ") for cell in written)
    holds = say("is a rule") if is_rule else say("holds units ({listed})", listed=listed(written))
    what = say("the line below the names {holds} and is left out", holds=holds)
    return ReadWarning("units", tuple(names), printable(what), "")


def _renamed(names: list[str], unique: tuple[str, ...]) -> list[ReadWarning]:
    """A note for each name that stands above several columns."""
    pairs = [(name.strip(), called) for name, called in zip(names, unique, strict=True) if name.strip()]
    return [
        ReadWarning(
            "duplicate names",
            (called,),
            printable(say("a further column '{name}' is called '{called}' here", name=name, called=called)),
            "",
        )
        for name, called in pairs
        if name != called
    ]
