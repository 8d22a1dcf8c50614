"""Recordings that are none: one line each, and nothing else."""

import json

import numpy as np
import pytest
from test_live_recording import EARLIER, GOOD, MOMENT, SETUP, TURN, edited, packed, watch

from gdcli.errors import DataError

pytestmark = pytest.mark.quick

BROKEN = {
    "step infinite": edited(MOMENT, "at", "step", value=float("inf")),
    "step huge": edited(MOMENT, "at", "step", value=10**30),
    "step below 0": edited(MOMENT, "at", "step", value=-3),
    "parameters of another length": edited(
        MOMENT,
        "at",
        value={
            **json.loads(GOOD[MOMENT])["at"],
            **dict.fromkeys(("parameters", "before", "gradient"), packed(np.zeros(5))),
        },
    ),
    "all of another length": edited(SETUP + 1, "at", "parameters", value=packed(np.zeros(7))),
    "a metric that is a text": edited(MOMENT, "at", "metrics", value={"accuracy": "good"}),
    "no moment": "\n".join(GOOD[: SETUP + 1]),
    "slice of texts": edited(MOMENT, "at", "slice", value=["a", "b"]),
    "rows beyond the data": edited(MOMENT, "at", "rows", value=packed(np.array([5, 10**6]))),
    "another scene": edited(SETUP, "setup", "words", value=["sample:moons", "--hidden", "4"], recording=EARLIER),
    "one parameter": edited(SETUP, "setup", "words", value=["sample:line", "--no-intercept"], recording=EARLIER),
    "turn first": "\n".join([GOOD[0], GOOD[SETUP], GOOD[TURN], *GOOD[SETUP + 1 :]]),
    "ghost first": "\n".join([GOOD[0], GOOD[SETUP], '{"t": 0, "ghost": "g"}', *GOOD[SETUP + 1 :]]),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_nothing_but_a_data_error_comes_of_it(text):
    with pytest.raises(DataError):
        watch(text)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_recording_is_an_error_in_one_line(text, table, gdcli):
    result = gdcli("live", "--plain", "--replay", table(text, "r.jsonl"), stdin="n\nn\nf\nb\nq\n")
    assert result.code in (0, 3), result.err


def test_recorded_and_replayed_line_by_line(gdcli, tmp_path):
    path = tmp_path / "r.jsonl"
    live = gdcli("live", "--plain", "--record", path, stdin="n\nlr 0.2\nn 3\ns\nn\nq\n")
    assert live.code == 0, live.err
    again = gdcli("live", "--plain", "--replay", path, stdin="f\nq\n")
    assert again.code == 0, again.err
    assert [line for line in live.out.splitlines() if line.startswith("step")][-1] in again.out
    assert again.rerun == ["live", "--replay", str(path)]


ENDLESS = {
    "time NaN": edited(MOMENT, "t", value=float("nan")),
    "time infinite": edited(MOMENT, "t", value=float("inf")),
    "time -infinite": edited(MOMENT, "t", value=float("-inf")),
    "loss NaN": edited(MOMENT, "at", "loss", value=float("nan")),
    "loss infinite": edited(MOMENT, "at", "loss", value=float("inf")),
    "rate infinite": edited(MOMENT, "at", "lr", value=float("inf")),
    "metric NaN": edited(MOMENT, "at", "metrics", value={"accuracy": float("nan")}),
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_json_has_no_nan(text):
    """Recorder writes them as words; a time that is none lets a replay run for ever without getting on."""
    with pytest.raises(DataError):
        watch(text)
