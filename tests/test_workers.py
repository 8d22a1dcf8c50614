"""Rows read by workers, processes of this machine or of a real Dask cluster: the same line, whatever becomes of one."""

import re
import socket
from pathlib import Path

import numpy as np
import pytest
import test_sweep_cluster
import worker_tasks
from test_sweep_cluster import needs_dask

import gdcli as gdcli_package
from gdcli.data import opening, partition, pieces, text_source
from gdcli.data.condensing import Condenser
from gdcli.errors import DataError
from gdcli.experiments import connection, passing
from gdcli.experiments import workers as workers_module
from gdcli.experiments.line import read_line
from gdcli.experiments.merging import Tree
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import DataSpec, LineSpec, Spec
from gdcli.experiments.workers import LocalWorkers, Workers, workers

PATIENCE = 120
cluster = test_sweep_cluster.cluster
FIT = ("--standardize", "--lr", "0.1", "--epochs", "30", "--format", "json")
WORKERS = ("--workers", "2")
RNG = np.random.default_rng(5)
ROWS = 900
TABLE = np.column_stack([RNG.normal(50, 3, ROWS), RNG.integers(0, 9, ROWS), RNG.normal(0, 1, ROWS)])
TABLE[:, 2] += 2 * TABLE[:, 0] - 0.5 * TABLE[:, 1]
LINES = [f"{a!r},{int(k)},{y!r}\n" for a, k, y in TABLE.tolist()]


class Here(Workers):
    """Workers that are this process: the last task first, as any order may come."""

    option = "--workers"
    words = "nobody else"

    def run(self, work, shared, tasks):
        failed = {}
        for at in reversed(range(len(tasks))):
            try:
                yield at, work(shared, tasks[at])
            except DataError as error:
                failed[at] = error
        if failed:
            raise failed[min(failed)]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """What is large is small here, and workers are this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "LARGE_BYTES", 4000)
    for module in (opening, text_source):
        monkeypatch.setattr(module, "HEAD_BYTES", 2000)
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 1500)
    monkeypatch.setattr(passing, "MOST_ROWS", 500)
    monkeypatch.setattr(text_source, "_FAST_FROM", 1 << 40)
    monkeypatch.setattr(partition, "LEAST_BYTES", 7000)
    monkeypatch.setattr(workers_module, "LocalWorkers", lambda _, note: Here(note))


def written(name="t.csv", lines=LINES, header="a,k,y\n"):
    Path(name).write_text(header + "".join(lines))
    return name


def folder(sizes=(100, 350, 1, 449)):
    """The rows in several files, one of them empty."""
    begin = 0
    for at, size in enumerate(sizes):
        written(f"part-{at}.csv", LINES[begin : begin + size])
        begin += size
    Path("part-none.csv").write_text("")
    return "part-*.csv"


def parquet(name="t.parquet"):
    polars = pytest.importorskip("polars", reason="the extra [data] is not installed")
    polars.DataFrame({"a": TABLE[:, 0], "k": TABLE[:, 1].astype(int), "y": TABLE[:, 2]}).write_parquet(name)
    return name


def alike(result, wanted):
    """Two fits of the same rows, to 1e-9 of the numbers' size."""
    for key in ("parameters", "validation", "optimum"):
        ours, theirs = ({name: value or 0.0 for name, value in (one[key] or {}).items()} for one in (result, wanted))
        assert ours == pytest.approx(theirs, rel=1e-9)
    assert result["train"]["mse"] == pytest.approx(wanted["train"]["mse"], rel=1e-9)
    losses = [[row["loss"] for row in one["history"]] for one in (result, wanted)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)


class TestMerging:
    def test_a_merged_factor_is_that_of_all_rows(self):
        rows = RNG.normal(1e6, 1, (5000, 3)) * [1, 1e-3, 10]
        parts = []
        for part in np.split(rows, [1, 700, 701, 4000]):
            condenser = Condenser(3)
            condenser.add(part)
            parts.append(condenser.factor())
        tree = Tree(len(parts), lambda one, other: one.merged(other))
        for at, part in enumerate(parts):
            tree.add(at, part)
        few = tree.result.condensed()
        centred = rows - rows.mean(axis=0)
        assert few.rows == 5000
        assert few.mean == pytest.approx(rows.mean(axis=0), rel=1e-14)
        assert few.scatter.T @ few.scatter == pytest.approx(centred.T @ centred, rel=1e-9, abs=1e-6)
        assert few.low.tolist() == rows.min(axis=0).tolist()
        assert few.high.tolist() == rows.max(axis=0).tolist()

    @pytest.mark.parametrize("count", [1, 2, 3, 7, 8])
    def test_neighbours_are_merged_whatever_order_they_come_in(self, count):
        orders = [RNG.permutation(count).tolist() for _ in range(5)]
        merged = []
        for order in orders:
            tree = Tree(count, "({}{})".format)
            for at in order:
                tree.add(at, str(at))
            merged.append(tree.result)
        assert len({*merged}) == 1
        assert re.sub("[()]", "", merged[0]) == "".join(map(str, range(count)))


@pytest.mark.usefixtures("small")
class TestTheSameLine:
    @pytest.mark.parametrize("more", [(), ("--validation", "0.2")], ids=["all", "held out"])
    @pytest.mark.parametrize("source", [written, folder, parquet])
    def test_as_without_workers(self, gdcli, source, more):
        name = source()
        result = gdcli("fit", name, *FIT, *more, "--workers", "2")
        assert "read in one pass by nobody else" in result.err
        alike(result.json, gdcli("fit", name, *FIT, *more).json)

    def test_the_order_of_the_rows_is_that_of_the_file(self, gdcli):
        """A row is held out by its number, so other rows would be were they counted from another one on."""
        result = gdcli("fit", written(), *FIT, "--validation", "0.2", "--workers", "2")
        counts = [int(count) for count in re.search(r"(\d+) rows from t.csv, (\d+) held out", result.err).groups()]
        assert counts == [int((~(out := passing.held_out(0, ROWS, 0.2, 0))).sum()), int(out.sum())]

    def test_rows_with_gaps_are_left_out_and_counted(self, gdcli):
        gappy = [line if at not in (3, 400, 899) else ",1,2\n" for at, line in enumerate(LINES)]
        name = written(lines=gappy)
        results = [
            gdcli("fit", name, *FIT, "--missing", "drop", "--validation", "0.2", *more)
            for more in ((), ("--workers", "2"))
        ]
        assert results[0].json["reading"] == results[1].json["reading"]
        assert "3 of 900 rows have a gap and are left out" in results[1].err
        alike(results[1].json, results[0].json)

    def test_a_quoted_cell_far_down_is_read_as_one_reader_does(self, gdcli):
        name = written(lines=[line if at != 700 else '"50",2,"1"\n' for at, line in enumerate(LINES)])
        alike(gdcli("fit", name, *FIT, "--workers", "2").json, gdcli("fit", name, *FIT).json)

    def test_columns_of_folders_and_of_text(self, gdcli):
        for year in (2023, 2024):
            Path(f"d/year={year}").mkdir(parents=True)
            half = LINES[:450] if year == 2023 else LINES[450:]
            lines = [f"{'left' if at % 3 else 'right'},{line}" for at, line in enumerate(half)]
            written(f"d/year={year}/t.csv", lines, "side,a,k,y\n")
        results = [gdcli("fit", "d", *FIT, *more) for more in ((), ("--workers", "2"))]
        assert "by nobody else" in results[1].err
        assert [*results[1].json["parameters"]] == ["w_year", "w_a", "w_k", "w_side=right", "b"]
        alike(results[1].json, results[0].json)

    def test_few_rows_are_read_here(self, gdcli):
        name = written(lines=LINES[:450])
        result = gdcli("fit", name, *FIT, "--workers", "2")
        assert result.json["history"] == gdcli("fit", name, *FIT).json["history"]


@pytest.mark.usefixtures("small")
class TestWhatIsRefused:
    @pytest.mark.parametrize("at", [1, 450, 899])
    def test_a_bad_cell_is_named_by_its_line(self, gdcli, refused, at):
        lines = [line if row != at else "1,2,oops\n" for row, line in enumerate(LINES)]
        result = gdcli("fit", written(lines=lines), "--workers", "2")
        refused(result, 3, f"t.csv: line {at + 2}, column 'y': 'oops' is not a number")

    def test_of_several_bad_cells_the_first(self, gdcli, refused):
        lines = [line if row not in (300, 500, 800) else "1,2,oops\n" for row, line in enumerate(LINES)]
        refused(gdcli("fit", written(lines=lines), "--workers", "2"), 3, "line 302, ")

    def test_a_file_with_other_columns(self, gdcli, refused):
        name = folder()
        written("part-3.csv", LINES[450:], "a,other,y\n")
        refused(gdcli("fit", name, "--workers", "2"), 3, "part-3.csv: lacks column 'k'", "compared with part-0.csv")

    @pytest.mark.parametrize(
        "more",
        [("--degree", "2"), ("--loss", "mae"), ("--batch-size", "9"), ("--folds", "3"), ("--missing", "mean")],
    )
    def test_a_fit_that_needs_its_rows(self, gdcli, refused, more):
        refused(gdcli("fit", written(), *more, "--workers", "2"), 2, "--workers", more[0], "needs the rows themselves")

    def test_a_pipe(self, gdcli, refused):
        refused(gdcli("fit", "-", "--workers", "2", stdin="x,y\n1,2\n"), 2, "--workers", "pipe")

    def test_a_file_that_a_worker_does_not_see(self, gdcli, refused, monkeypatch):
        class Elsewhere(Here):
            def run(self, work, shared, tasks):
                Path("part-1.csv").unlink()
                return super().run(work, shared, tasks)

        monkeypatch.setattr(workers_module, "LocalWorkers", lambda _, note: Elsewhere(note))
        refused(gdcli("fit", folder(), "--workers", "2"), 3, "part-1.csv: no such file where it is to be read")

    def test_both_kinds_of_workers(self, gdcli, refused):
        more = ("--workers", "2", "--cluster", "tcp://127.0.0.1:1")
        refused(gdcli("fit", written(), *more), 2, "--cluster and --workers cannot both be given")


@pytest.mark.usefixtures("small")
class TestScores:
    @pytest.mark.parametrize("source", [written, folder, parquet])
    @pytest.mark.parametrize("how", [("--start", "2,-0.5,1"), ("--pred", "a")], ids=["line", "column"])
    def test_are_those_of_all_rows(self, gdcli, source, how):
        name = source()
        outputs = TABLE[:, 0] if how[0] == "--pred" else TABLE[:, :2] @ [2, -0.5] + 1
        residual = outputs - TABLE[:, 2]
        mse, spread = np.mean(residual**2), np.mean((TABLE[:, 2] - TABLE[:, 2].mean()) ** 2)
        result = gdcli("score", name, *how, "--workers", "2", "-f", "json").json
        wanted = {"rows": ROWS, "mse": mse, "rmse": mse**0.5, "mae": np.mean(np.abs(residual)), "r2": 1 - mse / spread}
        assert {key: result[key] for key in wanted} == pytest.approx(wanted, rel=1e-9)
        for command in ("mse", "rmse"):
            assert float(gdcli(command, name, *how, "--workers", "2").out) == pytest.approx(wanted[command], rel=1e-9)

    def test_rows_with_gaps_are_left_out(self, gdcli):
        name = written(lines=[line if at != 500 else ",1,2\n" for at, line in enumerate(LINES)])
        line = ("score", name, "--start", "2,-0.5,1", "--missing", "drop", "-f", "json")
        results = [gdcli(*line, *more).json for more in ((), ("--workers", "2"))]
        assert results[0]["reading"] == results[1]["reading"]
        assert results[1]["rows"] == 899
        assert results[1]["mse"] == pytest.approx(results[0]["mse"], rel=1e-9)

    def test_no_format_of_rows_alone(self, gdcli, refused):
        given = ("score", written(), "--start", "2,-0.5,1", "--workers", "2", "-q", "-f", "csv")
        refused(gdcli(*given), 2, "--format csv", "only sums")

    def test_a_bad_cell_is_named_by_its_line(self, gdcli, refused):
        name = written(lines=[line if at != 700 else "1,2,oops\n" for at, line in enumerate(LINES)])
        refused(gdcli("mse", name, "--start", "2,-0.5,1", "--workers", "2"), 3, "t.csv: line 702, column 'y': 'oops'")


@pytest.mark.usefixtures("small")
class TestEvaluation:
    @pytest.fixture
    def classes(self, gdcli):
        """Rows of two text columns and a number, and a model of them."""
        kinds = [("low", "middle", "high")[int(at > 48) + int(at > 52)] for at in TABLE[:, 0].tolist()]
        sides = [("left", "right")[at % 2] for at in range(ROWS)]
        lines = [f"{a!r},{side},{kind}\n" for a, side, kind in zip(TABLE[:, 0].tolist(), sides, kinds, strict=True)]
        more = ("--hidden", "4", "--epochs", "2", "--dtype", "float64", "-q")
        gdcli("train", written("few.csv", lines[:200], "a,side,kind\n"), *more, "--save", "kinds.safetensors")
        return written("kinds.csv", lines, "a,side,kind\n")

    def test_classes_are_counted(self, gdcli, classes):
        here, spread = (gdcli("evaluate", "kinds.safetensors", classes, "-f", "json", *w) for w in ((), WORKERS))
        assert spread.json["confusion"] == here.json["confusion"]
        assert spread.json["per_class"] == here.json["per_class"]
        assert spread.json["reading"] == here.json["reading"]
        for key in ("rows", "loss", "accuracy", "log_loss", "macro_f1", "balanced_accuracy"):
            assert spread.json[key] == pytest.approx(here.json[key], rel=1e-9)

    def test_numbers_are_summed(self, gdcli):
        more = ("--hidden", "4", "--epochs", "2", "--dtype", "float64", "-q")
        gdcli("train", written("few.csv", LINES[:200]), "--task", "regression", *more, "--save", "line.safetensors")
        name = folder()
        here, spread = (gdcli("evaluate", "line.safetensors", name, "-f", "json", *w).json for w in ((), WORKERS))
        for key in ("rows", "loss", "mse", "rmse", "mae", "r2"):
            assert spread[key] == pytest.approx(here[key], rel=1e-9)

    def test_an_unknown_class_is_named_by_its_line(self, gdcli, refused, classes):
        lines = Path(classes).read_text().splitlines(keepends=True)
        lines[800] = "50.0,left,other\n"
        Path(classes).write_text("".join(lines))
        result = gdcli("evaluate", "kinds.safetensors", classes, *WORKERS)
        refused(result, 3, "kinds.csv: line 801, column 'kind': 'other' is none of the classes")


class TestProcesses:
    def test_a_killed_one_changes_nothing(self, tmp_path):
        notes = []
        results = dict(LocalWorkers(2, notes.append).run(worker_tasks.killed_once, str(tmp_path), range(9)))
        assert results == {task: task * task for task in range(9)}
        assert notes == ["a worker was lost: what it had not finished is done again"]

    def test_one_that_is_killed_each_time_is_said(self, tmp_path):
        with pytest.raises(DataError, match="a worker was lost 3 times"):
            [*LocalWorkers(1).run(worker_tasks.killed, str(tmp_path), range(1))]

    def test_the_first_error_is_raised_with_its_hint(self):
        results = {}
        with pytest.raises(DataError, match="part 4") as raised:
            results.update(LocalWorkers(2).run(worker_tasks.fails, 4, range(9)))
        assert raised.value.hint == "a hint"


LARGE = (opening, "LARGE_BYTES", 100_000), (passing, "MOST_ROWS", 10_000), (partition, "LEAST_BYTES", 100_000)
"""What is large for who hands out the work; the workers themselves know nothing of it."""


@needs_dask
def test_a_worker_of_a_cluster_killed_in_the_middle_changes_nothing(cluster, tmp_path, monkeypatch):
    address, processes = cluster
    for module, name, value in LARGE:
        monkeypatch.setattr(module, name, value)
    monkeypatch.chdir(tmp_path)
    for at in range(40):
        x = RNG.normal(at, 2, 5000).round(3)
        y = (2 * x + RNG.normal(0, 1, 5000)).round(3)
        written(f"part-{at:02}.csv", [f"{a},{b}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)], "x,y\n")
    spec, came, notes = Spec(LineSpec(), DataSpec("part-*.csv")).replace(validation=0.1), [], []

    def kill(done, total):
        if not came:
            processes[0].kill()
            processes[0].wait(PATIENCE)
        came.append(done / total)

    with workers(None, address, notes.append) as those:
        ours = read_line(spec, Reader(progress=kill), those).passed
    here = read_line(spec, Reader()).passed
    assert ours.by == " by the cluster's workers"
    assert len(came) == 80  # each file is counted, and condensed
    assert any("was lost: its work is done again" in note for note in notes)
    for one, other in ((ours.train, here.train), (ours.held, here.held)):
        assert one.rows == other.rows
        assert one.mean == pytest.approx(other.mean, rel=1e-12)
        assert np.abs(one.scatter) == pytest.approx(np.abs(other.scatter), rel=1e-9, abs=1e-9)


class Client:
    """A client of a cluster with these versions of gdcli."""

    def __init__(self, scheduler, workers):
        self.scheduler, self.workers, self.closed = scheduler, workers, False

    def nthreads(self):
        return dict.fromkeys(self.workers, 1)

    def run_on_scheduler(self, function, *words):  # noqa: ARG002 - what is asked
        return self.scheduler

    def run(self, function, *words, on_error):  # noqa: ARG002
        return self.workers

    def close(self, timeout):  # noqa: ARG002
        self.closed = True


HERE, PLACE = gdcli_package.__version__, "tcp://127.0.0.1:8786"


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (Client(HERE, {}), "the cluster at tcp://127.0.0.1:8786 has no workers"),
        (Client(None, {"tcp://a:1": HERE}), "its scheduler has no gdcli"),
        (Client(HERE, {"tcp://a:1": HERE, "tcp://b:1": None}), "its worker at tcp://b:1 has no gdcli"),
        (Client(HERE, {"tcp://a:1": "0.0.1"}), "its worker at tcp://a:1 has gdcli 0.0.1"),
        (Client(HERE, {"tcp://a:1": ImportError("numpy")}), "its worker at tcp://a:1 has no gdcli"),
    ],
    ids=["nobody", "scheduler without", "worker without", "another version", "broken"],
)
def test_a_cluster_that_is_not_fit(gdcli, refused, monkeypatch, client, said):
    monkeypatch.setattr(connection, "_client", lambda _: client)
    refused(gdcli("fit", "sample:deck", "--cluster", PLACE), 3, said)
    assert client.closed


@needs_dask
def test_who_answers_in_another_language(gdcli, refused, monkeypatch):
    """A connection that is taken and never answered, as a web server's port may be."""
    monkeypatch.setattr(connection, "CONNECT", 0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        refused(gdcli("fit", "sample:deck", "--cluster", address), 3, f"no scheduler answers at {address}")
