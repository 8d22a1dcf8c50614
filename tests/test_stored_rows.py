"""Rows that stay on disk: the same batches, losses and parameters as from rows in memory, wherever both can be had."""

from dataclasses import replace

import numpy as np
import pytest

from gdcli.data.dataset import Dataset
from gdcli.data.moments import Moments
from gdcli.data.store import Spool
from gdcli.data.stored import Portion, StoredDataset, split_stored
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
            here = listed(DATA.batches(size, 5, epoch, skipped))
            assert listed(stored(ROWS).batches(size, 5, epoch, skipped)) == here

    @pytest.mark.parametrize("buffer", [32, 64, 100, 229])
    def test_in_order_they_are_those_in_memory_whatever_the_buffer(self, buffer):
        assert listed(stored(buffer).batches(32, None, 1, 1)) == listed(DATA.batches(32, None, 1, 1))

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
        assert listed(rows.batches(7, 5, 1, skipped)) == listed(rows.batches(7, 5, 1, 0))[skipped:]

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
