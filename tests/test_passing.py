"""Rows that pass in blocks: the same line as from rows in memory, whatever they are kept in, however they are cut."""

import gzip
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gdcli.data import opening, pieces, text_source
from gdcli.data.condensing import Condenser, block_rows
from gdcli.data.formats import jsonl
from gdcli.data.splitting import held_out
from gdcli.experiments import passing

RNG = np.random.default_rng(11)
ROWS = 900
TABLE = np.column_stack([RNG.normal(50, 3, ROWS), RNG.integers(0, 9, ROWS), RNG.normal(0, 1, ROWS)])
TABLE[:, 2] += 2 * TABLE[:, 0] - 0.5 * TABLE[:, 1]
NAMES = ("a", "k", "y")
LINES = [f"{a!r},{int(k)},{y!r}\n" for a, k, y in TABLE.tolist()]
CSV = "a,k,y\n" + "".join(LINES)
QUOTED = CSV.replace(",", '","').replace("\n", '"\n"')
FIT = ("--standardize", "--lr", "0.1", "--epochs", "30", "--format", "json")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(monkeypatch):
    """What is large is small here: a few kilobytes, a few hundred rows."""
    monkeypatch.setattr(opening, "LARGE_BYTES", 4000)
    for module in (opening, text_source, jsonl):
        monkeypatch.setattr(module, "HEAD_BYTES", 2000)
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 3000)
    monkeypatch.setattr(passing, "MOST_ROWS", 500)
    monkeypatch.setattr(text_source, "_FAST_FROM", 1 << 40)


@pytest.fixture
def fast(small, monkeypatch):  # noqa: ARG001 - it is that, and polars
    """The same, with polars for plain csv."""
    pytest.importorskip("polars", reason="the extra [data] is not installed")
    monkeypatch.setattr(text_source, "_FAST_FROM", 0)


def frame():
    polars = pytest.importorskip("polars", reason="the extra [data] is not installed")
    return polars.DataFrame({"a": TABLE[:, 0], "k": TABLE[:, 1].astype(int), "y": TABLE[:, 2]})


def sqlite(path):
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE t (a REAL, k INTEGER, y REAL)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", TABLE.tolist())
    base.commit()
    base.close()


WRITERS = {
    "t.csv": lambda path: path.write_text(CSV),
    "t.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "crlf.csv": lambda path: path.write_bytes(CSV.replace("\n", "\r\n").encode()),
    "quoted.csv": lambda path: path.write_text(f'"{QUOTED[:-1]}'),
    "t.jsonl": lambda path: path.write_text(
        "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in TABLE.tolist())
    ),
    "t.sqlite": sqlite,
    "t.npz": lambda path: np.savez(path, **dict(zip(NAMES, TABLE.T, strict=True))),
    "t.parquet": lambda path: frame().write_parquet(path),
    "t.arrow": lambda path: frame().write_ipc(path),
}


def written(name):
    WRITERS[name](Path(name))
    return name


class TestCondenser:
    def few(self, rows, cuts=()):
        condenser = Condenser(rows.shape[1])
        for part in np.split(rows, cuts):
            condenser.add(part)
        return condenser.result()

    @pytest.mark.parametrize("width", [2, 5])
    def test_the_few_rows_have_the_same_loss_everywhere(self, width):
        rows = RNG.normal(1e4, 3, (2 * block_rows(width) + 77, width))
        few = self.few(rows).equivalent
        assert len(few) == width + 1
        for _ in range(5):
            w = RNG.normal(0, 1, width)
            w[-1] = -1.0
            loss, same = (np.mean((part @ w + 3.0) ** 2) for part in (rows, few))
            assert same == pytest.approx(loss, rel=1e-12)

    def test_no_cut_changes_a_bit(self):
        rows = RNG.normal(0, 1, (block_rows(3) * 2 + 1000, 3))
        whole = self.few(rows)
        for cuts in ([1], [500, 501, 40_000], [*range(0, len(rows), 999)]):
            part = self.few(rows, [cut for cut in cuts if cut < len(rows)])
            assert np.array_equal(part.mean, whole.mean)
            assert np.array_equal(part.scatter, whole.scatter)

    def test_what_is_known_beside(self):
        rows = np.column_stack([np.arange(50_000.0), np.full(50_000, 0.1), RNG.normal(0, 1, 50_000)])
        few = self.few(rows)
        assert few.rows == 50_000
        assert few.low.tolist() == rows.min(axis=0).tolist()
        assert few.high.tolist() == rows.max(axis=0).tolist()
        assert few.equivalent[:, 1].tolist() == pytest.approx([0.1] * 4, abs=1e-16)  # constant, to the last digit
        apart = np.diff(few.sample[:, 0])
        assert (apart == apart[0]).all()
        assert 5_000 <= len(few.sample) <= 20_000


@pytest.mark.usefixtures("small")
class TestTheSameLine:
    @pytest.mark.parametrize("name", [name for name in WRITERS if name != "t.csv"])
    def test_whatever_the_rows_are_kept_in(self, gdcli, name):
        wanted, result = (gdcli("fit", written(one), *FIT, "--validation", "0.2").json for one in ("t.csv", name))
        for key in ("parameters", "train", "validation", "optimum", "history", "claims"):
            assert result[key] == wanted[key]

    def test_through_a_pipe(self, gdcli):
        wanted = gdcli("fit", written("t.csv"), *FIT).json
        assert gdcli("fit", "-", *FIT, stdin=CSV).json["history"] == wanted["history"]

    def test_from_several_files(self, gdcli):
        wanted = gdcli("fit", written("t.csv"), *FIT).json
        for at, begin in enumerate(range(0, ROWS, 300)):
            Path(f"part-{at}.csv").write_text("a,k,y\n" + "".join(LINES[begin : begin + 300]))
        Path("part-none.csv").write_text("")
        result = gdcli("fit", "part-*.csv", *FIT)
        assert result.json["history"] == wanted["history"]
        assert "part-none.csv has no rows and is left out" in result.err

    def test_is_that_of_least_squares(self, gdcli):
        result = gdcli("fit", written("t.csv"), *FIT[:4], "500", *FIT[5:])
        design = np.column_stack([TABLE[:, :2], np.ones(ROWS)])
        best = np.linalg.lstsq(design, TABLE[:, 2], rcond=None)[0]
        rest = TABLE[:, 2] - design @ best
        assert [*result.json["parameters"].values()] == pytest.approx(best, rel=1e-9)
        assert result.json["train"]["mse"] == pytest.approx(np.mean(rest**2), rel=1e-9)
        assert result.json["train"]["r2"] == pytest.approx(1 - np.mean(rest**2) / TABLE[:, 2].var(), rel=1e-9)
        assert result.json["train"]["mae"] is None  # that needs each row once more
        assert "900 rows from t.csv, read in one pass" in result.err

    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["--scale", "minmax"],
            ["--scale", "minmax", "--no-intercept"],
            ["--scale", "standard", "--no-intercept"],
            ["--l2", "0.1", "--scale", "standard"],
            ["--optimizer", "adam", "--scale", "standard"],
        ],
    )
    def test_is_that_of_rows_in_memory(self, gdcli, monkeypatch, words):
        asked = ["fit", written("t.csv"), *words, "--epochs", "40", "--format", "json"]
        passed = gdcli(*asked).json
        monkeypatch.setattr(passing, "MOST_ROWS", 1000)
        kept = gdcli(*asked).json
        assert passed["train"]["mae"] is None
        assert kept["train"]["mae"] is not None
        assert passed["history"] == pytest.approx([pytest.approx(row, rel=1e-8) for row in kept["history"]])
        assert passed["config"] == kept["config"]

    def test_few_enough_rows_are_kept(self, gdcli, monkeypatch):
        name = written("t.csv")
        monkeypatch.setattr(passing, "MOST_ROWS", 1000)
        in_blocks = gdcli("fit", name, *FIT, "--validation", "0.2")
        monkeypatch.setattr(opening, "LARGE_BYTES", 1 << 24)
        whole = gdcli("fit", name, *FIT, "--validation", "0.2")
        assert in_blocks.out == whole.out
        assert in_blocks.err == whole.err

    def test_mini_batches_keep_all_rows(self, gdcli):
        result = gdcli("fit", written("t.csv"), *FIT, "--batch-size", "32")
        assert result.json["train"]["mae"] is not None


@pytest.mark.usefixtures("small")
class TestHeldOut:
    def test_by_number_and_seed_alone(self):
        whole = held_out(0, 10_000, 0.3, seed=4)
        assert np.array_equal(whole[777:5000], held_out(777, 5000 - 777, 0.3, seed=4))
        assert abs(whole.mean() - 0.3) < 0.02
        assert 0.35 < (whole != held_out(0, 10_000, 0.3, seed=5)).mean() < 0.49  # two choices at random: 2 x 0.3 x 0.7

    def test_scores_are_those_of_the_rows_held_out(self, gdcli):
        result = gdcli("fit", written("t.csv"), *FIT, "--validation", "0.25", "--seed", "3")
        out = held_out(0, ROWS, 0.25, seed=3)
        w_a, w_k, b = result.json["parameters"].values()
        rest = TABLE[:, 2] - TABLE[:, 0] * w_a - TABLE[:, 1] * w_k - b
        assert result.json["validation"]["mse"] == pytest.approx(np.mean(rest[out] ** 2), rel=1e-9)
        assert result.json["train"]["mse"] == pytest.approx(np.mean(rest[~out] ** 2), rel=1e-9)
        assert f"{(~out).sum()} rows from t.csv, {out.sum()} held out (each by its number and the seed)" in result.err

    def test_a_file_of_rows(self, gdcli):
        Path("more.csv").write_text("a,k,y\n" + "".join(LINES[:50]))
        result = gdcli("fit", written("t.csv"), *FIT, "--validation", "more.csv")
        assert result.json["validation"]["mae"] is not None


GOOD = CSV + "1,2,3\n"
LAST = ROWS + 2
BAD = {
    "a word": ("1,2,abc\n", f"line {LAST}, column 'y': 'abc' is not a number"),
    "no finite number": ("1,2,inf\n", f"line {LAST}, column 'y': 'inf' is not a finite number"),
    "a gap": ("1,,3\n", f"line {LAST}, column 'k': empty cell"),
    "a short row": ("1,2\n", f"line {LAST}: expected 3 cells, found 2"),
    "a long row": ("1,2,3,4\n", f"line {LAST}: expected 3 cells, found 4"),
    "a quote": ('1,2,"3\n', f'line {LAST}: a quote " is opened and never closed'),
    "a word after a blank line": ("\n1,2,abc\n", f"line {LAST + 1}, column 'y': 'abc' is not a number"),
}


class TestTheLastLine:
    @pytest.mark.usefixtures("small")
    @pytest.mark.parametrize("case", BAD)
    def test_is_named(self, gdcli, case):
        self.refused(gdcli, case)

    @pytest.mark.usefixtures("fast")
    @pytest.mark.parametrize("case", BAD)
    def test_is_named_where_polars_reads(self, gdcli, case):
        self.refused(gdcli, case)

    def refused(self, gdcli, case):
        line, what = BAD[case]
        Path("bad.csv").write_text(CSV + line)
        result = gdcli("fit", "bad.csv", "-o", "out.csv")
        assert result.code == 3
        assert f"gdcli: bad.csv: {what}" in result.err
        assert not Path("out.csv").exists()

    @pytest.mark.usefixtures("small")
    def test_gaps_are_counted_where_rows_are_left_out(self, gdcli):
        Path("gaps.csv").write_text(CSV + "1,,3\n,,\n2,3,NA\n")
        result = gdcli("fit", "gaps.csv", *FIT, "--missing", "drop")
        assert result.json["reading"]["gaps"] == {
            "columns": {"a": 1, "k": 2, "y": 2},
            "rows": 3,
            "dropped": 3,
            "filled": 0,
        }
        assert result.json["reading"]["rows"] == ROWS + 3
        assert result.json["history"] == gdcli("fit", written("t.csv"), *FIT).json["history"]

    @pytest.mark.usefixtures("small")
    def test_of_text_columns_values_are_known_from_the_first_lines(self, gdcli):
        rows = [f"{'red' if at % 3 else 'blue'},{at},{at % 7}\n" for at in range(600)]
        Path("t.csv").write_text("colour,x,y\n" + "".join(rows))
        result = gdcli("fit", "t.csv", *FIT)
        assert [*result.json["parameters"]] == ["w_x", "w_colour=red", "b"]
        Path("t.csv").write_text("colour,x,y\n" + "".join(rows) + "green,1,2\n")
        refused = gdcli("fit", "t.csv", *FIT)
        assert refused.code == 3
        assert "t.csv: line 602, column 'colour': 'green' is not known" in refused.err


@pytest.mark.usefixtures("small")
def test_a_file_that_becomes_shorter_while_it_is_read(gdcli, monkeypatch):
    name = written("t.csv")
    end = CSV.index("\n", 20_000) + 1
    usual = opening.text_source

    def shortened(*words):
        Path(name).write_text(CSV[:end])
        return usual(*words)

    monkeypatch.setattr(opening, "text_source", shortened)
    result = gdcli("fit", name)
    assert result.code == 3
    assert f"t.csv: ended after {end:,} of {len(CSV):,} bytes" in result.err


@pytest.mark.usefixtures("fast")
class TestPolars:
    @pytest.mark.parametrize("name", ["t.csv", "t.tsv", "crlf.csv"])
    def test_gives_the_numbers_of_our_own_reader(self, gdcli, monkeypatch, name):
        fast = gdcli("fit", written(name), *FIT)
        monkeypatch.setattr(text_source, "_FAST_FROM", 1 << 40)
        assert gdcli("fit", name, *FIT).json["history"] == fast.json["history"]

    def test_the_text_column_of_a_large_csv_is_not_read(self, gdcli):
        Path("t.csv").write_text("a,note,k,y\n" + "".join(line.replace(",", ",some words,", 1) for line in LINES))
        result = gdcli("fit", "t.csv", "--x", "a,k", *FIT)
        assert result.json["history"] == gdcli("fit", written("t.tsv"), *FIT).json["history"]

    def test_its_absence_is_said(self, gdcli, monkeypatch):
        monkeypatch.setattr(text_source, "is_installed", lambda: False)
        assert "polars reads a large csv in less time: pip install" in gdcli("fit", written("t.csv"), *FIT).err
