"""Every command on a terminal: title, table, answer and pictures stand on one screen with the prompt."""

import csv
import re

import numpy as np
import pytest
from screens import Screens, screen_lines

SMALL, USUAL, TALL = (80, 24), (120, 40), (120, 70)
PICTURE = "└"  # the corner of a chart's axes
NAMES = ("living area of the house in square metres", "price asked before negotiation in thousands")

COMMANDS = {
    "fit": ("fit sample:deck --m -1 --b 5 --lr 0.1 --epochs 500", "y = mx + b", "fitted"),
    "step": ("step sample:deck --m -1 --b 5 --lr 2", "step 1", "overshot"),
    "score": ("score sample:bmi --m 1 --b 100", "442 rows from sample:bmi", "RMSE 78.8304"),
    "limit": ("limit sample:deck", "y = mx + b", "largest stable lr"),
    "sweep": ("sweep fit sample:deck --lr 0.01,0.1,0.29,0.3,2 --epochs 100", "5 runs of gdcli fit", "best run:"),
    "surface": ("surface sample:deck --m -1 --b 5 --lr 0.1", "y = mx + b", "minimum (2, 1)"),
    "activation": ("activation", "linear", "softplus"),
    "train": ("train sample:iris --hidden 16 --epochs 20 --lr 0.01", "4 - 16 relu - 3 softmax", "kept"),
}
DRAWN = ("fit", "sweep", "surface", "activation", "train")
OTHERS = {
    "diverged": "fit sample:deck --m -1 --b 5 --lr 0.3 --epochs 500",
    "eleven parameters": "fit sample:diabetes --epochs 50",
    "held out": "fit sample:diabetes --epochs 50 --validation 0.2",
    "many inputs": "fit many.csv --epochs 20",
    "long names": "fit long.csv --epochs 20",
    "long names, scored": "score long.csv --m 1 --b 2",
    "twelve long names": "fit twelve.csv --epochs 20",
    "twelve long names, held out": "fit twelve.csv --epochs 20 --validation 0.2",
    "many inputs, a step": "step many.csv",
    "many inputs, scored": f"score many.csv --start {','.join(['0'] * 25)}",
    "limit of many": "limit sample:diabetes",
    "local limit": "limit sample:deck --loss huber",
    "ten classes": "train sample:digits --hidden 8 --epochs 3 --lr 0.01",
    "two classes": "train sample:moons --hidden 8 --lr 0.01 --epochs 5",
    "dead units": "train sample:moons --hidden 16 --lr 30 --epochs 5",
    "a number": "train long.csv --epochs 5 --lr 0.01",
    "a network that diverged": "train sample:iris --lr 1e9 --optimizer sgd --epochs 9",
    "twenty rates": "sweep fit sample:deck --lr 1e-3..1:log20 --epochs 50",
    "sizes": "sweep fit sample:trend --degree 1,3 --standardize --epochs 20",
    "long values": "sweep train sample:moons --loss binary-cross-entropy,mse --lr 0.01 --epochs 3",
    "scored by a loss": "score sample:bmi --m 1 --b 100 --loss huber",
    "losses": "loss",
    "losses of classes": "loss --against p",
    "a network's step": "step sample:xor --hidden 2",
    "many steps": "step sample:deck --steps 50 --trace --optimizer adam",
    "many steps of a network": "step sample:xor --hidden 2 --steps 20 --trace",
    "a neuron's step": "step sample:digits --hidden 16 --optimizer adam --trace",
    "optimizers on a surface": "surface sample:deck --m -1 --b 5 --optimizer sgd,momentum,adam",
    "optimizers of a network": "surface sample:moons --hidden 4 --epochs 10 --optimizer sgd,momentum,adam --lr 0.05",
    "three paths": "surface sample:deck --m -1 --b 5 --lr 0.1,0.28,0.3",
    "one activation": "activation gelu",
    "numbers of activations": "activation --no-plot",
    "range test": "lr-find fit sample:deck",
    "a table": "show sample:breast_cancer",
    "a plane": "show sample:moons",
    "images": "show sample:digits",
}


@pytest.fixture(scope="module")
def screens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screens")
    rng = np.random.default_rng(0)
    many = rng.normal(size=(30, 24))
    write(folder / "many.csv", [*(f"measurement number {at}" for at in range(24)), "y"], [*many.T, many.sum(axis=1)])
    write(folder / "long.csv", NAMES, [many[:, 0], 2 * many[:, 0] + many[:, 1]])
    twelve = [f"length of the {at} measured in millimetres" for at in ("left wing", "right wing", "tail", *range(9))]
    write(folder / "twelve.csv", [*twelve, "weight"], [*many.T[:12], many.sum(axis=1)])
    with (folder / "untidy.csv").open("w", newline="") as file:
        csv.writer(file).writerows(untidy(rng))
    started = Screens(folder)
    yield started
    started.close()


def untidy(rng):
    """Rows with a counter, ids, dates, a time, constants, gaps, numbers that stand for gaps, and twins."""
    yield "number", "id", "day", "stamp", "place", "batch", "shift", "cm", "mm", "heat", "press", "wet", "kind", "yield"
    for at in range(60):
        cm, heat = round(rng.normal(50, 10), 1), round(rng.normal(20, 3), 2)
        sick = -999 if at % 20 == 3 else heat
        press = 9999 if at % 25 == 5 else round(rng.normal(1000, 5), 1)
        wet = "" if at % 6 == 0 else round(rng.normal(60, 8), 2)
        own = at + 1, 70000 + (at * 37) % 61, 20230101 + at % 28, 1700000000 + 86400 * ((at * 7) % 60)
        yield (*own, "here", 7, 3, cm, round(10 * cm, 1), sick, press, wet, "abcd"[at % 4], round(cm + heat, 2))


def write(path, names, columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*([f"{value:.3f}" for value in column] for column in columns), strict=True))


@pytest.mark.parametrize(("columns", "rows"), [SMALL, USUAL], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", COMMANDS)
def test_title_answer_and_picture_stand_on_one_screen(screens, name, columns, rows):
    line, title, answer = COMMANDS[name]
    shown = screens.show(*line.split(), columns=columns, rows=rows)
    assert shown.code == 0, shown.text
    assert len(shown.lines) <= rows - 1, shown.text
    assert title in shown.text
    assert answer in shown.text
    assert (PICTURE in shown.text) == (name in DRAWN), shown.text
    assert "rerun: gdcli" in shown.text


@pytest.mark.parametrize(("columns", "rows"), [SMALL, USUAL], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", OTHERS)
def test_whatever_the_data_it_stands_on_one_screen(screens, name, columns, rows):
    shown = screens.show(*OTHERS[name].split(), columns=columns, rows=rows)
    assert shown.code in (0, 4), shown.text
    assert len(shown.lines) <= rows - 1, shown.text


@pytest.mark.parametrize(("columns", "rows"), [SMALL, USUAL], ids=["80x24", "120x40"])
def test_a_run_that_is_interrupted_stands_on_one_screen(screens, columns, rows):
    line = "fit sample:bmi --standardize --lr 1e-9 --epochs 100000000"
    shown = screens.show(*line.split(), columns=columns, rows=rows, interrupt="|gradient|")
    assert shown.code == 130, shown.text
    assert len(shown.lines) <= rows - 1, shown.text
    assert "fitted" in shown.text


@pytest.mark.parametrize("line", ["fit many.csv --epochs 20", "train long.csv --epochs 60 --lr 0.01 --hidden 4"])
def test_long_remarks_and_many_parameters_leave_room_for_a_picture(screens, line):
    shown = screens.show(*line.split(), columns=80, rows=24)
    assert len(shown.lines) <= 23, shown.text
    assert PICTURE in shown.text, shown.text


NOTED = {
    "fit": ("fit untidy.csv --missing drop --epochs 50", "yield from 11 inputs", "fitted"),
    "train": ("train untidy.csv --missing mean --epochs 3 --lr 0.01 --hidden 4", "11 - 4 relu - 1", "kept"),
    "step": ("step untidy.csv --missing drop --lr 1e-25", "step 1", "improved"),
    "limit": ("limit untidy.csv --missing drop", "how large lr may be", "largest stable lr"),
    "sweep": ("sweep fit untidy.csv --missing drop --lr 0.01,0.1 --epochs 9", "2 runs of gdcli fit", "best run:"),
    "surface": ("surface untidy.csv --missing drop --epochs 5", "yield from 11 inputs", "minimum"),
}


@pytest.mark.parametrize(("columns", "rows"), [SMALL, USUAL], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", NOTED)
def test_remarks_on_untidy_rows_leave_title_and_answer_on_the_screen(screens, name, columns, rows):
    line, title, answer = NOTED[name]
    shown = screens.show(*line.split(), columns=columns, rows=rows)
    assert len(shown.lines) <= rows - 1, shown.text
    assert shown.lines[0].startswith("predicts yield as a number")
    assert title in shown.text
    assert answer in shown.text


def test_the_command_that_is_named_says_the_remarks_that_have_no_room(screens):
    line = NOTED["fit"][0].split()
    every = screens.show(*line, columns=400, rows=90).lines
    brief = screens.show(*line, columns=400, rows=24).lines
    said = [text for text in every if text not in brief and "column" in text][:-1]
    assert len(said) > 2
    (more,) = [text for text in brief if text.startswith("and ")]
    count, command = re.fullmatch(r"and (\d+) more: gdcli (.*)", more).groups()
    answer = screens.show(*command.split(), columns=80, rows=24)
    shown = " ".join(answer.text.split())
    assert answer.code == 0, answer.text
    assert [text for text in said if text not in shown] == []
    assert int(count) >= len(said)


def test_of_many_steps_each_has_a_line_with_the_numbers_of_csv(screens):
    line = ["step", "sample:deck", "--m", "-1", "--b", "5", "--steps", "30"]
    rows = list(csv.DictReader(screens.show(*line, "--format", "csv", "--quiet", columns=400).lines))
    shown = [words for text in screens.show(*line).lines if len(words := text.split()) == 7 and words[0].isdigit()]
    assert [int(words[0]) for words in shown[-2:]] == [7, 30]
    for number, loss, m, b, by_m, by_b, then in shown:
        row = rows[int(number) - 1]
        wanted = row["loss"], row["m"], row["b"], row["gradient_m"], row["gradient_b"], row["next_loss"]
        assert [float(one) for one in (loss, m, b, by_m, by_b, then)] == [float(f"{float(one):.4g}") for one in wanted]


def test_a_run_that_diverged_is_drawn(screens):
    shown = screens.show(*OTHERS["diverged"].split(), columns=80, rows=24)
    assert shown.code == 4
    assert PICTURE in shown.text
    assert "diverged at epoch" in shown.lines[-7:][0] + shown.text


def test_a_tall_terminal_is_used(screens):
    line = COMMANDS["fit"][0].split()
    usual, tall = (screens.show(*line, columns=size[0], rows=size[1]) for size in (USUAL, TALL))
    assert len(tall.lines) > len(usual.lines) + 20
    assert len(tall.lines) <= TALL[1] - 1


def test_plot_asks_for_large_pictures(screens):
    shown = screens.show(*COMMANDS["fit"][0].split(), "--plot", columns=80, rows=24)
    assert len(shown.lines) > 2 * 18
    assert shown.text.count(PICTURE) == 2


def test_no_plot_draws_nothing_and_leaves_no_word(screens):
    shown = screens.show(*COMMANDS["fit"][0].split(), "--no-plot", columns=80, rows=24)
    assert PICTURE not in shown.text
    assert "left out" not in shown.text


def test_pictures_without_room_are_named_at_the_end(screens):
    shown = screens.show(*OTHERS["eleven parameters"].split(), columns=80, rows=24)
    assert PICTURE not in shown.text
    words = [at for at, line in enumerate(shown.lines) if "--plot draws" in line]
    assert words == [next(at for at, line in enumerate(shown.lines) if line.startswith("rerun:")) - 1]


def test_a_terminal_breaks_lines_at_its_edge_and_obeys_the_cursor():
    assert screen_lines("abcdef\nx\r\ny", 4) == ["abcd", "ef", "x", "y"]
    assert screen_lines("one\n\x1b[1mtwo\x1b[0m\n\x1b[1A\x1b[2Kthree\n", 80) == ["one", "three"]
