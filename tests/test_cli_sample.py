"""sample: what ships, what it prints, and that each command to try works."""

import csv
import io
import shlex

import pytest

SHIPPED = {"deck": 2, "bmi": 442, "diabetes": 442, "iris": 150, "wine": 178, "breast_cancer": 569, "digits": 1797}
TOYS = ("line", "ravine", "saddle", "polynomial", "trend", "blobs", "moons", "circles", "xor", "spiral")


def listing(gdcli):
    return gdcli("sample", "--format", "json").json["samples"]


def names():
    return [*SHIPPED, *TOYS]


@pytest.mark.quick
def test_lists_what_was_promised(gdcli):
    listed = {entry["name"] for entry in listing(gdcli)}
    assert {"deck", "iris", "digits", *TOYS} <= listed
    out = gdcli("sample").out
    assert all(name in out for name in listed)


def test_each_command_to_try_is_on_the_list_and_works(gdcli):
    for entry in listing(gdcli):
        program, *words = shlex.split(entry["command"])
        assert program == "gdcli"
        assert f"sample:{entry['name']}" in words
        result = gdcli(*words, "--format", "json")
        assert result.code == 0, f"{entry['command']}: {result.err}"
        for report in result.json.get("runs", [result.json]):
            last = report["final_loss"] if "runs" in result.json else report["train"]["loss"]
            assert last < report["history"][0]["loss"]


@pytest.mark.parametrize("name", names())
def test_prints_csv_that_reads_back_as_the_sample(gdcli, name):
    printed = gdcli("sample", name)
    assert printed.code == 0
    header, *rows = csv.reader(io.StringIO(printed.out))
    assert len(rows) == SHIPPED.get(name, len(rows)) > 1
    assert {len(row) for row in rows} == {len(header)}
    columns = ["--x", "3", "--y", "4"] if name == "iris" else []  # its last column is the species, in words
    named, piped = (
        gdcli("step", *data, *columns, "--lr", 1e-6, "--format", "csv", stdin=printed.out)
        for data in ([f"sample:{name}"], [])
    )
    assert named.code == piped.code == 0, named.err
    assert named.out == piped.out


@pytest.mark.quick
def test_deck_is_the_lectures_two_points(gdcli):
    rows = gdcli("sample", "deck").csv
    assert [(float(row["x"]), float(row["y"])) for row in rows] == [(1, 3), (2, 5)]


@pytest.mark.parametrize("name", TOYS)
def test_toys_are_seeded(gdcli, name):
    def draw(seed, rows=30, noise=0.1):
        return gdcli("sample", name, "--rows", rows, "--noise", noise, "--seed", seed).out

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(1) != draw(1, noise=0.3)
    assert len(draw(1).splitlines()) == 31
    assert gdcli("sample", name).out == gdcli("sample", name, "--seed", 0).out


def test_line_without_noise_is_a_line(gdcli):
    rows = gdcli("sample", "line", "--noise", 0, "--rows", 5).csv
    for row in rows:
        assert float(row["y"]) == pytest.approx(2 * float(row["x"]) + 1, rel=1e-12)


@pytest.mark.quick
@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl"])
def test_formats_hold_the_same_numbers(gdcli, form):
    shown = getattr(gdcli("sample", "deck", "--format", form), form)
    rows = shown["rows"] if form == "json" else shown
    assert [(float(row["x"]), float(row["y"])) for row in rows] == [(1, 3), (2, 5)]


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["irsi"], 2, "irsi"),
        (["line", "--rows", 0], 2, "--rows"),
        (["line", "--rows", -3], 2, "--rows"),
        (["line", "--noise", -1], 2, "--noise"),
        (["line", "--noise", "nan"], 2, "--noise"),
        (["line", "--seed", -1], 2, "--seed"),
        (["deck", "--noise", 1], 2, "--noise"),
    ],
)
def test_refusals(gdcli, refused, arguments, code, part):
    refused(gdcli("sample", *arguments), code, part)


def test_did_you_mean(gdcli):
    assert "iris" in gdcli("sample", "irsi").err
    assert "iris" in gdcli("fit", "sample:irsi").err
    assert gdcli("fit", "sample:irsi").code in (2, 3)
