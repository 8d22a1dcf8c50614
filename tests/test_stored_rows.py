"""Rows that stay on disk: the same batches, losses and parameters as from rows in memory, wherever both can be had."""

import errno
import gzip
import json
import os
import struct
import threading
from dataclasses import replace

import numpy as np
import pytest

from gdcli.data import array_source, opening, pieces, text_source
from gdcli.data.dataset import Dataset
from gdcli.data.formats import jsonl
from gdcli.data.layout import ReadOptions
from gdcli.data.moments import Moments
from gdcli.data.splitting import held_out
from gdcli.data.store import ArrayFile, Spool
from gdcli.data.stored import Portion, StoredDataset, split_stored
from gdcli.errors import DataError
from gdcli.experiments import streaming
from gdcli.experiments.checkpoint import load
from gdcli.nn import losses
from gdcli.nn.activations import relu
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Adam
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch

RNG = np.random.default_rng(3)
ROWS = 230
INPUTS = RNG.normal(size=(ROWS, 3)).astype(np.float32)
TARGETS = (INPUTS @ [1.0, -2.0, 0.5] + RNG.normal(size=ROWS)).astype(np.float32)
DATA = Dataset(INPUTS, TARGETS)


def spooled(rows=DATA, block=37):
    """The rows on disk, written in blocks of no particular size."""
    spool = Spool(rows.inputs.shape[1])
    for begin in range(0, len(rows), block):
        spool.add(rows.inputs[begin : begin + block], rows.targets[begin : begin + block])
    return spool


def stored(buffer, rows=DATA):
    portion = Portion(spooled(rows), lambda begin, end: np.ones(end - begin, bool), len(rows.classes))
    return StoredDataset.of(portion, buffer, rows)


def in_float32(rows):
    """Rows as a network sees them."""
    return replace(rows, inputs=rows.inputs / np.float32(2), targets=rows.targets.astype(np.float32))


def listed(batches):
    return [(np.asarray(inputs).tolist(), np.asarray(targets).tolist()) for _, inputs, targets in batches]


def as_rows(inputs, targets):
    return sorted(map(tuple, np.column_stack([inputs, targets]).tolist()))


class TestBatches:
    @pytest.mark.parametrize("size", [1, 7, 32, 229])
    @pytest.mark.parametrize("skipped", [0, 2])
    def test_of_a_buffer_that_holds_all_rows_they_are_those_in_memory(self, size, skipped):
        skipped = min(skipped, (ROWS - 1) // size)
        for epoch in (1, 2):
            here = listed(DATA.batches(size, 5, epoch, skipped * size))
            assert listed(stored(ROWS).batches(size, 5, epoch, skipped * size)) == here

    @pytest.mark.parametrize("buffer", [32, 64, 100, 229])
    def test_in_order_they_are_those_in_memory_whatever_the_buffer(self, buffer):
        assert listed(stored(buffer).batches(32, None, 1, 32)) == listed(DATA.batches(32, None, 1, 32))

    @pytest.mark.parametrize("buffer", [1, 10, 64, 65, 100, 229])
    def test_each_row_comes_once_in_an_epoch(self, buffer):
        batches = list(stored(buffer).batches(7, 5, 1, 0))
        assert [len(targets) for _, _, targets in batches] == [7] * 32 + [6]
        inputs, targets = (np.concatenate(column) for column in list(zip(*batches, strict=True))[1:])
        assert as_rows(inputs, targets) == as_rows(INPUTS, TARGETS)
        numbers = np.concatenate([rows for rows, _, _ in batches])
        np.testing.assert_array_equal(INPUTS[numbers], inputs)

    def test_epochs_differ_and_seeds_do_and_each_comes_again(self):
        orders = [
            np.concatenate([rows for rows, _, _ in stored(50).batches(8, seed, epoch, 0)]).tolist()
            for seed, epoch in ((0, 1), (0, 2), (1, 1), (0, 1))
        ]
        assert orders[0] == orders[3]
        assert len({*map(tuple, orders)}) == 3

    @pytest.mark.parametrize("skipped", [1, 5, 20, 32])
    def test_the_first_may_be_skipped(self, skipped):
        rows = stored(50)
        assert listed(rows.batches(7, 5, 1, 7 * skipped)) == listed(rows.batches(7, 5, 1, 0))[skipped:]

    def test_rows_far_apart_in_the_file_come_together(self):
        """A file in the order of its classes: a buffer of a quarter of it holds rows of every part of it."""
        numbers = np.concatenate([rows for rows, _, _ in stored(64).batches(64, 0, 1, 0)])[:64]
        assert len({*(numbers // 46).tolist()}) == 5

    def test_no_more_than_the_buffer_is_read_at_a_time(self, monkeypatch):
        rows, sizes = stored(40), []
        read = StoredDataset._filled
        monkeypatch.setattr(
            StoredDataset, "_filled", lambda self, *given: (sizes.append(given[1]), read(self, *given))[1]
        )
        list(rows.batches(8, 0, 1, 0))
        assert max(sizes) <= 40


class TestParts:
    @pytest.mark.parametrize("size", [1, 36, 37, 38, 100, 500])
    def test_they_are_those_in_memory(self, size, monkeypatch):
        monkeypatch.setattr("gdcli.data.stored.BLOCK_NUMBERS", 3 * 50)
        parts = [(inputs.tolist(), targets.tolist()) for inputs, targets in stored(40).parts(size)]
        assert parts == [(inputs.tolist(), targets.tolist()) for inputs, targets in DATA.parts(size)]


class TestRuns:
    @pytest.mark.parametrize("network", [Network((3, 4, 1), (relu,)), Dropout((3, 4, 1), (relu,), 0.3)])
    def test_parameters_are_the_same_to_the_last_bit(self, network):
        start = network.initial(np.random.default_rng(0), np.float32)
        last = []
        for data in (DATA, stored(ROWS)):
            problem = Problem(network, losses.mse, data.mapped(in_float32))
            run = descend(problem, Adam(), learning_rate=0.01, epochs=3, start=start, batch_size=16)
            last.append([record for record in run if isinstance(record, Epoch)][-1])
        assert last[0].parameters.tobytes() == last[1].parameters.tobytes()
        assert float(last[0].loss) == float(last[1].loss)

    def test_a_run_goes_on_in_mid_epoch(self):
        network = Network((3, 4, 1), (relu,))
        start = network.initial(np.random.default_rng(0), np.float32)
        problem = Problem(network, losses.mse, stored(50))
        whole = list(descend(problem, Adam(), learning_rate=0.01, epochs=2, start=start, batch_size=16))
        again = list(descend(problem, Adam(), learning_rate=0.01, epochs=2, batch_size=16, resume=whole[21]))
        assert again[-1].parameters.tobytes() == whole[-1].parameters.tobytes()


class TestFew:
    @pytest.mark.parametrize("most", [1, 10, 60, 500])
    def test_they_stand_evenly_among_the_rows(self, monkeypatch, most):
        monkeypatch.setattr("gdcli.data.stored.FEW", most)
        train, _ = split_stored(stored(60), 0.2, 0)
        every = np.concatenate([targets for _, targets in train.parts(50)])
        step = max(1, len(train) // most)
        assert train.few.targets.tolist() == every[::step].tolist()
        assert len(train.few) <= 2 * most


class TestMoments:
    @pytest.mark.parametrize("cuts", [[1], [100], [1, 2, 199]])
    def test_they_are_those_of_all_rows(self, cuts):
        values = RNG.normal(1e6, 1, (200, 3))
        values[::7, 1] = np.nan
        values[:100, 2] = np.nan
        merged = None
        for part in np.split(values, cuts):
            seen = Moments.of(part)
            merged = seen if merged is None else merged.merged(seen)
        present = [column[~np.isnan(column)] for column in values.T]
        np.testing.assert_array_equal(merged.count, [len(column) for column in present])
        np.testing.assert_allclose(merged.mean, [column.mean() for column in present], rtol=1e-14)
        np.testing.assert_allclose(merged.squares, [column.var() * len(column) for column in present], rtol=1e-9)
        np.testing.assert_array_equal(merged.low, [column.min() for column in present])
        np.testing.assert_array_equal(merged.high, [column.max() for column in present])


class TestSplit:
    def test_each_row_is_in_one_part(self):
        train, held = split_stored(stored(60), 0.2, 0)
        assert len(train) + len(held) == ROWS
        assert 30 < len(held) < 62
        both = as_rows(*map(np.concatenate, zip(*[*train.parts(50), *held.parts(50)], strict=True)))
        assert both == as_rows(INPUTS, TARGETS)

    def test_in_order_the_last_ones_are_held_out(self):
        train, held = split_stored(stored(60), 0.2, 0, shuffle=False)
        assert (len(train), held.targets.tolist()) == (184, TARGETS[184:].tolist())

    def test_many_stay_on_disk(self):
        _, held = split_stored(stored(40), 0.5, 0)
        assert not held.in_memory
        assert held.loaded().targets.tolist() == np.concatenate([targets for _, targets in held.parts(9)]).tolist()


LABELS = np.array(["no", "yes", "maybe"])[(np.arange(ROWS) * 7 + (INPUTS[:, 0] > 0)) % 3]
TABLE = [
    {"a": float(a), "b": float(b), "c": float(c), "kind": str(kind)}
    for (a, b, c), kind in zip(INPUTS, LABELS, strict=True)
]
CSV = "a,b,c,kind\n" + "".join(",".join(map(str, row.values())) + "\n" for row in TABLE)
COLUMNS = {name: np.array([row[name] for row in TABLE]) for name in TABLE[0]}
ON_DISK = ("--shuffle-rows", "64")
TRAIN = ("--hidden", "4", "--epochs", "3", "--lr", "0.01", "--format", "json")


def frame():
    return pytest.importorskip("polars", reason="the extra [data] is not installed").DataFrame(TABLE)


def folder(path):
    path.mkdir()
    lines = CSV.splitlines(keepends=True)
    for at, begin in enumerate((1, 90, 180)):
        (path / f"{at}.csv").write_text("".join([lines[0], *lines[begin : (1, 90, 180, 231)[at + 1]]]))


WRITERS = {
    "t.csv": lambda path: path.write_text(CSV),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "t.jsonl": lambda path: path.write_text("".join(json.dumps(row) + "\n" for row in TABLE)),
    "t.npz": lambda path: np.savez_compressed(path, **COLUMNS),
    "t.parquet": lambda path: frame().write_parquet(path, row_group_size=50),
    "parts": folder,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(monkeypatch):
    """What is large is small here: a few kilobytes, and blocks of a few rows."""
    monkeypatch.setattr(opening, "LARGE_BYTES", 4000)
    for module in (opening, text_source, jsonl):
        monkeypatch.setattr(module, "HEAD_BYTES", 2000)
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 1500)
    monkeypatch.setattr(array_source, "_NUMBERS", 4 * 30)


def images(path, rows=ROWS, size=7, seed=1):
    """Images whose brighter half tells their class, and their labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, rows).astype(np.uint8)
    pixels = random.integers(0, 256, (rows, size, size)).astype(np.uint8)
    pixels[labels == 1, :3] //= 4
    pixels[labels == 2, 4:] //= 4
    path.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape) + pixels.tobytes())
    path.with_name(f"{path.name}-labels").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, rows) + labels.tobytes())
    return str(path), "--labels", f"{path}-labels"


def history(result):
    assert result.code == 0, result.err
    return json.loads(result.out)["history"]


@pytest.mark.usefixtures("small")
class TestCommand:
    @pytest.mark.parametrize("name", WRITERS)
    def test_rows_that_fit_are_trained_on_as_in_memory(self, gdcli, tmp_path, name):
        WRITERS[name](tmp_path / name)
        here = gdcli("train", name, *TRAIN, "--save", "here.safetensors")
        there = gdcli("train", name, *TRAIN, "--shuffle-rows", "230", "--save", "there.safetensors")
        assert history(there) == history(here)
        assert load("there.safetensors").parameters.tobytes() == load("here.safetensors").parameters.tobytes()

    @pytest.mark.parametrize("name", [name for name in WRITERS if name != "t.csv"])
    def test_one_table_gives_one_run_whatever_it_is_kept_in(self, gdcli, tmp_path, name):
        WRITERS["t.csv"](tmp_path / "t.csv")
        WRITERS[name](tmp_path / name)
        runs = [history(gdcli("train", one, *TRAIN, *ON_DISK)) for one in ("t.csv", name)]
        assert runs[0] == runs[1]

    def test_a_pipe_is_read_once(self, gdcli, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        named, piped = (
            gdcli("train", "t.csv", *TRAIN, *ON_DISK),
            gdcli("train", "-", *TRAIN, *ON_DISK, stdin=CSV),
        )
        assert history(named) == history(piped)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
    @pytest.mark.parametrize("options", [(), ("--shuffle-rows", "64")])
    def test_a_pipe_with_a_name_is_read_once(self, gdcli, tmp_path, options):
        WRITERS["t.csv"](tmp_path / "t.csv")
        os.mkfifo("pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(CSV,), daemon=True)
        writer.start()
        piped = gdcli("train", "pipe", *TRAIN, *options)
        writer.join()
        assert history(piped) == history(gdcli("train", "t.csv", *TRAIN, *options))

    def test_images_are_the_same_run_in_their_order_from_either(self, gdcli, tmp_path):
        """Pixels are scaled exactly, and nothing is drawn: there is no other way to the same numbers."""
        source = images(tmp_path / "i")
        options = (*TRAIN, "--no-shuffle", "--validation", "none")
        runs = [gdcli("train", *source, *options, *more) for more in ((), ("--shuffle-rows", "40"))]
        assert history(runs[0]) == history(runs[1])
        here, there = (json.loads(run.out) for run in runs)
        assert there["config"].pop("shuffle_rows") == 40
        assert (here["train"]["accuracy"], here["baseline"], here["confusion"]) == (
            there["train"]["accuracy"], there["baseline"], there["confusion"]
        )  # fmt: skip
        assert here["train"]["loss"] == pytest.approx(there["train"]["loss"], rel=1e-12)

    def test_images_are_learned_as_well_as_in_memory(self, gdcli, tmp_path):
        source, tests = images(tmp_path / "i", 900), images(tmp_path / "t", 300, seed=2)
        more = ("--test", tests[0], "--test-labels", tests[2], "--epochs", "8")
        for options in ((), ("--shuffle-rows", "100")):
            found = json.loads(gdcli("train", *source, *TRAIN, *more, *options).out)
            assert found["test"]["accuracy"] > 0.97

    def test_numbers_are_measured_as_in_memory(self, gdcli, tmp_path):
        (tmp_path / "n.csv").write_text("a,b,y\n" + "".join(f"{a},{b},{a - 2 * b}\n" for a, b, _ in INPUTS.tolist()))
        options = (
            "--hidden",
            "4",
            "--lr",
            "0.01",
            "--epochs",
            "2",
            "--validation",
            "none",
            "--no-shuffle",
            "-f",
            "json",
        )
        here, there = (
            json.loads(gdcli("train", "n.csv", *options, *more).out) for more in ((), ("--shuffle-rows", "50"))
        )
        assert there["train"] == pytest.approx(here["train"], rel=1e-4)
        assert there["baseline"] == pytest.approx(here["baseline"])

    def test_a_run_goes_on(self, gdcli, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        whole = gdcli("train", "t.csv", *TRAIN, *ON_DISK, "--save", "w.safetensors")
        gdcli("train", "t.csv", *TRAIN, *ON_DISK, "--max-steps", "9", "--save", "m.safetensors")
        again = gdcli("train", "t.csv", "--resume", "m.safetensors", "-f", "json", "--save", "m.safetensors")
        assert history(again) == history(whole)
        assert load("m.safetensors").parameters.tobytes() == load("w.safetensors").parameters.tobytes()

    def test_gaps_are_filled_with_the_training_means(self, gdcli, tmp_path):
        lines = CSV.splitlines()
        lines[9] = ",".join(["", *lines[9].split(",")[1:]])
        lines[200] = ",".join(["", *lines[200].split(",")[1:]])
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        result = gdcli("train", "t.csv", *TRAIN, *ON_DISK, "--missing", "mean", "--save", "m.safetensors")
        assert json.loads(result.out)["reading"]["gaps"] == {"columns": {"a": 2}, "rows": 2, "dropped": 0, "filled": 2}
        held = held_out(0, ROWS, 0.1, 0)
        held[[8, 199]] = True
        mean = INPUTS[~held, 0].astype(float).mean()
        assert load("m.safetensors").preparation.means[0] == pytest.approx(mean, rel=1e-12)

    def test_rows_with_gaps_are_left_out(self, gdcli, tmp_path):
        lines = CSV.splitlines()
        lines[9] = ",".join(["", *lines[9].split(",")[1:]])
        (tmp_path / "gap.csv").write_text("\n".join(lines) + "\n")
        (tmp_path / "without.csv").write_text("\n".join(lines[:9] + lines[10:]) + "\n")
        runs = [gdcli("train", name, *TRAIN, *ON_DISK, "--missing", "drop") for name in ("gap.csv", "without.csv")]
        assert history(runs[0]) == history(runs[1])

    def test_it_is_said(self, gdcli, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        said = gdcli("train", "t.csv", *TRAIN, *ON_DISK).err
        assert "on disk, 64 shuffled at a time; held out by number and seed" in said
        assert "--shuffle-rows 64" in said.split("rerun: ")[1]
        assert "all in memory" in gdcli("train", "t.csv", *TRAIN, "--shuffle-rows", "640").err

    def test_what_is_very_large_stays_on_disk(self, gdcli, tmp_path, monkeypatch):
        monkeypatch.setattr(streaming, "LARGE_NUMBERS", 3000)
        monkeypatch.setattr(streaming, "SHUFFLED_NUMBERS", 1)
        said = gdcli("train", *images(tmp_path / "i"), *TRAIN).err
        assert "on disk, 64 shuffled at a time" in said
        said = gdcli("train", *images(tmp_path / "few", 20), *TRAIN).err
        assert "on disk" not in said

    def test_learning_rates_are_found(self, gdcli, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        result = gdcli("lr-find", "train", "t.csv", "--hidden", "4", *ON_DISK, "--format", "value")
        assert result.code == 0
        assert float(result.out) > 0


class TestPredictions:
    """Predictions of a large file are made block by block, and are those of a small one."""

    def test_of_a_text(self, gdcli, tmp_path, request):
        WRITERS["t.csv"](tmp_path / "t.csv")
        gdcli("train", "t.csv", *TRAIN, "--save", "m.safetensors")
        here = gdcli("predict", "m.safetensors", "t.csv", "-f", "csv").out
        request.getfixturevalue("small")
        assert gdcli("predict", "m.safetensors", "t.csv", "-f", "csv").out == here
        assert len(here.splitlines()) == ROWS + 1

    def test_of_images_with_and_without_labels(self, gdcli, tmp_path, monkeypatch):
        source = images(tmp_path / "i")
        gdcli("train", *source, *TRAIN, "--save", "m.safetensors")
        here = [gdcli("predict", "m.safetensors", *source[:count], "-f", "csv").out for count in (1, 3)]
        monkeypatch.setattr(streaming, "SHUFFLED_NUMBERS", 1000)
        monkeypatch.setattr(array_source, "_NUMBERS", 49 * 30)
        there = [gdcli("predict", "m.safetensors", *source[:count], "-f", "csv").out for count in (1, 3)]
        assert there == here

    def test_of_a_table_of_arrays(self, gdcli, tmp_path, monkeypatch):
        WRITERS["t.npz"](tmp_path / "t.npz")
        gdcli("train", "t.npz", *TRAIN, "--save", "m.safetensors")
        here = gdcli("predict", "m.safetensors", "t.npz", "-f", "json").out
        monkeypatch.setattr(streaming, "SHUFFLED_NUMBERS", 100)
        monkeypatch.setattr(array_source, "_NUMBERS", 4 * 30)
        assert gdcli("predict", "m.safetensors", "t.npz", "-f", "json").out == here

    def test_a_bad_cell_in_the_last_line_is_named(self, gdcli, refused, tmp_path, request):
        WRITERS["t.csv"](tmp_path / "t.csv")
        gdcli("train", "t.csv", *TRAIN, "--save", "m.safetensors")
        (tmp_path / "t.csv").write_text(CSV + "1,x,2,yes\n")
        request.getfixturevalue("small")
        result = gdcli("predict", "m.safetensors", "t.csv", "-f", "csv", "-o", "out.csv")
        refused(result, 3, "t.csv: line 232, column 'b': 'x' is not a number")
        assert not (tmp_path / "out.csv").exists()


@pytest.mark.usefixtures("small")
class TestBadInput:
    @pytest.mark.parametrize(
        ("cell", "parts"),
        [
            ("x", ["t.csv: line 231, column 'b': 'x' is not a number"]),
            ("", ["t.csv: line 231, column 'b': empty cell"]),
        ],
    )
    def test_a_bad_cell_in_the_last_line_is_named(self, gdcli, refused, tmp_path, cell, parts):
        lines = CSV.splitlines()
        lines[-1] = f"1,{cell},2,yes"
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        result = gdcli("train", "t.csv", *TRAIN, *ON_DISK, "--save", "m.safetensors")
        refused(result, 3, *parts)
        assert not (tmp_path / "m.safetensors").exists()

    def test_a_label_that_is_new_to_a_run_that_goes_on(self, gdcli, refused, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        gdcli("train", "t.csv", *TRAIN, *ON_DISK, "--save", "m.safetensors")
        (tmp_path / "other.csv").write_text(CSV + "1,2,3,never\n")
        result = gdcli("train", "other.csv", "--resume", "m.safetensors", "--epochs", "5")
        refused(result, 3, "other.csv: line 232, column 'kind': 'never' is none of the classes")

    def test_images_cut_short(self, gdcli, refused, tmp_path):
        source = images(tmp_path / "i")
        (tmp_path / "i").write_bytes((tmp_path / "i").read_bytes()[:-1])
        refused(gdcli("train", *source, *TRAIN, *ON_DISK), 3, "11269 bytes where its header promises 11270")

    def test_images_that_are_changed_while_they_are_read(self, tmp_path):
        images(tmp_path / "i")
        file = ArrayFile(str(tmp_path / "i"), 16, np.uint8, (ROWS, 49))
        file.read(0, 5)
        with (tmp_path / "i").open("r+b") as other:
            other.truncate(5000)
        with pytest.raises(DataError, match="was changed while it was read"):
            file.read(0, 5)

    def test_a_file_that_takes_its_name_is_not_read(self, tmp_path):
        images(tmp_path / "i")
        file = ArrayFile(str(tmp_path / "i"), 16, np.uint8, (ROWS, 49))
        known = file.read(0, 5)
        images(tmp_path / "j", seed=9)
        (tmp_path / "j").replace(tmp_path / "i")
        np.testing.assert_array_equal(file.read(0, 5), known)

    def test_a_text_that_is_replaced_while_it_is_read(self, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        rows = opening.open_rows("t.csv", ReadOptions())
        (tmp_path / "other.csv").write_text(CSV.replace("yes", "no"))
        (tmp_path / "other.csv").replace(tmp_path / "t.csv")
        with pytest.raises(DataError, match=r"t\.csv: was replaced while it was read"):
            list(rows.blocks(("a", "kind")))

    def test_parquet_cut_short(self, gdcli, refused, tmp_path):
        WRITERS["t.parquet"](tmp_path / "t.parquet")
        (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:900])
        refused(
            gdcli("train", "t.parquet", *TRAIN, *ON_DISK),
            3,
            "t.parquet: a Parquet file that cannot be read",
        )

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--shuffle-rows", "20"), "--shuffle-rows 20: a batch has 32 rows"),
            ((*ON_DISK, "--batch-size", "full"), "--batch-size full: 213 rows stay on disk"),
            ((*ON_DISK, "--folds", "3"), "--folds needs all rows in memory"),
            ((*ON_DISK, "--tolerance", "1e-3"), "--tolerance and --require-converged need the gradient"),
            (("--shuffle-rows", "0"), "--shuffle-rows"),
        ],
    )
    def test_what_needs_all_rows_is_refused(self, gdcli, refused, tmp_path, options, said):
        WRITERS["t.csv"](tmp_path / "t.csv")
        refused(gdcli("train", "t.csv", *TRAIN, *options), 2, said)

    def test_a_sweep_keeps_its_rows_in_memory(self, gdcli, refused, tmp_path):
        WRITERS["t.csv"](tmp_path / "t.csv")
        result = gdcli("sweep", "train", "t.csv", "--lr", "0.1,0.2", *ON_DISK)
        refused(result, 2, "--shuffle-rows goes with train and lr-find train: here all rows are in memory")

    def test_no_room_is_said(self, monkeypatch):
        spool = Spool(3)
        monkeypatch.setattr("gdcli.data.store._written", full)
        with pytest.raises(DataError, match="no space left on device: the rows are kept there, 0 bytes so far"):
            spool.add(INPUTS, TARGETS)


def full(file, rows):  # noqa: ARG001 - as the writer it stands for
    raise OSError(errno.ENOSPC, "No space left on device")
