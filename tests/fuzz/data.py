"""Data files of every kind, most of them sound enough to get past reading."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import math
import sqlite3
import struct
from collections.abc import Callable
from importlib.util import find_spec
from random import Random
from typing import Any

import numpy as np

from .case import Case
from .stock import Stock
from .values import FILE_NAMES, NAMES, Row, damaged, table, weighted

READING = (
    *(("--no-header",), ("--header",), ("--y", "1"), ("--x", "1"), ("--x", "1,2"), ("--delimiter", ";")),
    *(("--decimal", ","), ("--thousands", ","), ("--na", "0"), ("--comment", "%"), ("--encoding", "latin-1")),
)
FORMATS = ("table", "table", "json", "json", "jsonl", "csv", "kv", "tsv")
POLARS, EXCEL, ZSTD = (find_spec(name) is not None for name in ("polars", "fastexcel", "backports"))


def _csv(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """Comma-separated, or nearly so."""
    out = io.StringIO()
    delimiter = rng.choice(",,,,;\t| ")
    end = rng.choice(("\n", "\n", "\n", "\r\n", "\r"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    if rng.random() < 0.96:
        writer.writerow(names)
    for row in rows:
        if rng.random() < 0.01:
            out.write(rng.choice(("# a comment", "", " ", "s,volt", "-----")) + end)
        writer.writerow(row)
    text = out.getvalue() if rng.random() < 0.9 else out.getvalue().rstrip(end)
    if rng.random() < 0.9:
        return (b"\xef\xbb\xbf" if rng.random() < 0.05 else b"") + text.encode()
    return text.encode(rng.choice(("utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32")), "replace")


def _jsonl(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """A JSON object a line."""
    texts = rng.random() < 0.2
    lines = [json.dumps(dict(zip(names, row if texts else map(_value, row), strict=True))) for row in rows]
    if lines and rng.random() < 0.1:
        odd = ("{}", "[1,2]", "3", '{"x1": {"a": 1}}', '{"x1": NaN}', "null", "")
        lines[rng.randrange(len(lines))] = rng.choice(odd)
    return "\n".join(lines).encode() + b"\n" * (rng.random() < 0.8)


def _value(cell: str) -> Any:
    try:
        return float(cell) if any(mark in cell for mark in ".en") else int(cell)
    except ValueError:
        return cell


def _array(rng: Random, names: Row, rows: list[Row]) -> np.ndarray[Any, Any]:
    """Numbers, of some type."""
    block = np.zeros((len(rows), len(names)))
    for at, row in enumerate(rows):
        for to, cell in enumerate(row):
            value = _value(cell)
            block[at, to] = value if isinstance(value, int | float) and abs(value) < 1e300 else to
    kind = rng.choice(("f8", "f8", "f8", "f4", "i8", "u1", "?", "f2", "U5", ">f8", "i2", "f8", "f4"))
    kind = kind if rng.random() < 0.95 else rng.choice(("O", "M8[s]", "c16", "V8"))
    with np.errstate(all="ignore"):
        return block.astype(kind)


def _npy(rng: Random, names: Row, rows: list[Row]) -> bytes:
    out, block = io.BytesIO(), _array(rng, names, rows)
    if rng.random() < 0.2:
        block = rng.choice((block[:, 0], block.ravel(), block[None], block.T, np.float64(3), np.asfortranarray(block)))
    np.save(out, block, allow_pickle=True)
    return out.getvalue()


def _npz(rng: Random, names: Row, rows: list[Row]) -> bytes:
    out, block = io.BytesIO(), _array(rng, names, rows)
    split = rng.choice((
        {"x": block[:, :-1], "y": block[:, -1]},
        {"x": block[:, :-1], "y": block[:, -1]},
        {"x": block, "y": np.arange(len(block)) % 2},
        {"x": block, "y": np.array(["a", "b"] * len(block))[: len(block)]},
        {name or "n": block[:, at] for at, name in enumerate(names) if "/" not in name},
        {"x": block},
        {"x": block[:-1], "y": block[:, -1]},
        {"x_train": block[:, None, :], "y_train": block[:, -1]},
    ))  # fmt: skip
    rng.choice((np.savez, np.savez_compressed))(out, **{name: one for name, one in split.items() if name != "file"})
    return out.getvalue()


def _idx(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """Images."""
    shape = rng.choice(((len(rows), 2, 2), (len(rows), 3, 3)))
    if rng.random() < 0.15:
        shape = rng.choice(((len(rows),), (len(rows), 2), (0, 2, 2), (1, 1, 1, 1), (2**31, 4, 4)))
    kind = 8 if rng.random() < 0.9 else rng.choice((9, 11, 12, 13, 14))
    size = math.prod(shape) if shape[0] < 2**20 and rng.random() < 0.9 else rng.randrange(40)
    head = struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)
    return head + bytes(rng.randrange(256) for _ in range(size))


def _labels(rng: Random, count: int) -> bytes:
    """Labels of images."""
    return struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(rng.randrange(3) for _ in range(count))


def _sqlite(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """A database of a table or two."""
    base = sqlite3.connect(":memory:")
    unique = list(dict.fromkeys(name.replace("\0", "") for name in names))
    columns = ", ".join('"' + (name or "n").replace('"', '""') + '"' for name in unique)
    try:
        base.execute(f"CREATE TABLE t ({columns})")
        marks = ", ".join("?" * len(unique))
        cells = [[_null(rng, _small(_value(cell))) for cell in row[: len(unique)]] for row in rows]
        base.executemany(f"INSERT INTO t VALUES ({marks})", cells)
        if rng.random() < 0.15:
            views = ("CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW w AS SELECT 1/0")
            base.execute(rng.choice(("CREATE TABLE u (a, b)", *views)))
    except (sqlite3.Error, UnicodeEncodeError):
        base.execute("CREATE TABLE IF NOT EXISTS s (x, y)")
    base.commit()
    return base.serialize()


def _small(value: Any) -> Any:
    return float(value) if isinstance(value, int) and abs(value) > 2**62 else value


def _null(rng: Random, value: Any) -> Any:
    return rng.choice((None, b"blob", "text", value)) if rng.random() < 0.01 else value


def _frame(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """Parquet, Arrow or Excel."""
    import polars

    unique = {name or "n": at for at, name in enumerate(names)}
    cells = {name: [_null(rng, _small(_value(row[at]))) for row in rows] for name, at in unique.items()}
    frame = polars.DataFrame(cells, strict=False)
    if rng.random() < 0.15:
        frame = frame.with_columns(rng.choice((
            polars.lit("2024-01-31").str.to_date().alias("d"),
            polars.lit([1, 2], dtype=polars.List(polars.Int64)).alias("l"),
            polars.lit(True).alias("t"),
            polars.lit(None).alias("n"),
            polars.lit("a").cast(polars.Categorical).alias("c"),
            polars.lit(1).cast(polars.Decimal(10, 2)).alias("m"),
            polars.lit(1).cast(polars.UInt8).alias("u"),
        )))  # fmt: skip
    out, way = io.BytesIO(), rng.choice(("write_parquet", "write_ipc", "write_ipc_stream"))
    if polars.Object in frame.dtypes:  # which none of them writes
        frame = polars.DataFrame({name: [row[at] for row in rows] for name, at in unique.items()})
    getattr(frame, way)(out)
    return out.getvalue()


def _sheet(rng: Random, names: Row, rows: list[Row]) -> bytes:
    """A workbook, written by hand: no writer of them is among the dependencies."""
    import zipfile

    def cell(text: str) -> str:
        value = _value(text)
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        shown = "".join(char for char in text if char.isprintable()).replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t>{shown}</t></is></c>'

    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in [names, *rows])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/s.xml"/></Relationships>',
        "xl/worksheets/s.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text.encode("utf-8", "replace"))
    return out.getvalue()


def _zstd(content: bytes) -> bytes:
    from backports import zstd

    return zstd.compress(content)


KINDS: list[tuple[int, tuple[str, Callable[[Random, Row, list[Row]], bytes]]]] = [
    (12, ("csv", _csv)),
    (3, ("jsonl", _jsonl)),
    (2, ("npz", _npz)),
    (1, ("npy", _npy)),
    (1, ("idx", _idx)),
    (1, ("sqlite", _sqlite)),
    *([(1, ("frame", _frame))] if POLARS else []),
    *([(1, ("xlsx", _sheet))] if EXCEL else []),
]
PACKED = [gzip.compress, bz2.compress, lzma.compress, *([_zstd] if ZSTD else [])]


def case(rng: Random, stock: Stock) -> Case:
    """A command on a data file."""
    kind, write = weighted(rng, KINDS)
    names, rows = table(rng)
    content = write(rng, names, rows)
    if rng.random() < 0.14:
        content = damaged(rng, content)
    if rng.random() < 0.1:
        content = rng.choice(PACKED)(content)
        content = damaged(rng, content) if rng.random() < 0.2 else content
    name = rng.choice(FILE_NAMES)
    if len(name.encode("utf-8", "surrogateescape")) > 250:
        name = "data.csv"
    argv, files = _command(rng, name if not name.startswith("-") else f"./{name}", stock)
    piped = rng.random() < 0.08 and argv[0] not in ("live", "predict", "evaluate")
    if piped:
        argv = ["-" if word.removeprefix("./") == name else word for word in argv]
    typed = b"n\nn 3\nlr 0.5\ne\nb\nz\nr\nq\n" if argv[0] == "live" else None
    if kind == "idx" and argv[0] in ("fit", "train", "show") and rng.random() < 0.7:
        count = len(rows) if rng.random() < 0.9 else rng.randrange(9)
        files["labels"] = _labels(rng, count)
        argv += ["--labels", "labels"] if argv[0] != "fit" else []
    return Case(
        f"data {kind}",
        tuple(argv),
        files if piped else {name: content, **files},
        content if piped else typed,
        tty=rng.random() < 0.06,
        encoding=rng.choice(("utf-8", "utf-8", "utf-8", "ascii", "latin-1")),
    )


def _command(rng: Random, name: str, stock: Stock) -> tuple[list[str], dict[str, bytes]]:
    model = rng.choice(stock.models)
    commands = [
        (5, ["fit", name, "--epochs", "4"]),
        (2, ["fit", name, "--epochs", "4", "--standardize"]),
        (1, ["fit", name, "--epochs", "2", "--degree", "2"]),
        (1, ["fit", name, "--epochs", "4", "--batch-size", "3", "--optimizer", "adam", "--validation", "0.3"]),
        (5, ["train", name, "--epochs", "2"]),
        (1, ["train", name, "--epochs", "2", "--hidden", "3", "--validation", "0.3"]),
        (1, ["train", name, "--epochs", "2", "--task", rng.choice(("regression", "classification"))]),
        (4, ["show", name]),
        (1, ["score", name, "--pred", "1"]),
        (1, ["mse", name, "--m", "1", "--b", "0"]),
        (1, ["limit", name]),
        (2, ["step", name]),
        (1, ["step", name, "--steps", "3", "--lr", "1e300"]),
        (1, ["surface", name, "--epochs", "4"]),
        (1, ["sweep", "fit", name, "--lr", "0.01,0.1", "--epochs", "3"]),
        (1, ["sweep", "train", name, "--lr", "0.01,0.1", "--epochs", "1"]),
        (1, ["lr-find", rng.choice(("fit", "train")), name]),
        (1, ["live", name, "--plain"]),
        (1, ["predict", model, name]),
        (1, ["evaluate", model, name]),
        (1, ["fit", "rows.csv", "--x", "x1", "--validation", name, "--epochs", "2"]),
    ]
    argv = list(weighted(rng, commands))
    if rng.random() < 0.6:
        argv += rng.choice((["--missing", "drop"], ["--missing", "mean"]))
    if rng.random() < 0.1:
        argv += rng.choice((*READING, ("--y", rng.choice(NAMES)), ("--x", rng.choice(NAMES))))
    if argv[0] not in ("mse", "live"):
        argv += ["--format", rng.choice(FORMATS)] if rng.random() < 0.7 else []
        argv += ["-o", "out.txt"] if rng.random() < 0.1 else []
    needed = [model] * (argv[0] in ("predict", "evaluate")) + ["rows.csv"] * ("rows.csv" in argv)
    return [word for word in argv if "\0" not in word], {one: stock.files[one] for one in needed}
