"""`gdcli quiz`: what is right agrees with the runs, by formulas written a second time."""

import csv
import json
import shlex
from collections import Counter
from functools import cache

import numpy as np
import pytest

from gdcli.data.toys import line as toy_line
from gdcli.lessons.quiz import mark
from gdcli.lessons.quiz_topics import TOPICS, questions, texts
from gdcli.render.screen import columns

SEEDS = 500


@cache
def drawn():
    return questions(None, SEEDS, 0)


def of(topic):
    return [one for one in drawn() if one.topic == topic]


def options(command):
    """The data and the options of a command, as texts."""
    _, _, *words = shlex.split(command)
    words = [word for word in words if word != "fit"]
    switches = {word: True for word in words if word == "--standardize"}
    rest = [word for word in words[1:] if word not in switches]
    return words[0], switches | dict(zip(rest[::2], rest[1::2], strict=True))


DECK = np.array([1.0, 2.0]), np.array([3.0, 5.0])


@cache
def rows(gdcli, source):
    if source == "sample:deck":
        return DECK
    if source.startswith("sample:line"):
        made = toy_line()
        return made.inputs[:, 0], made.targets
    table = [*csv.DictReader(gdcli("sample", "bmi").out.splitlines())]
    names = list(table[0])
    return tuple(np.array([float(row[name]) for row in table]) for name in (names[0], names[-1]))


def test_every_topic_comes_in_turn_and_each_choice_is_right_now_and_then():
    assert {one.topic for one in drawn()[:6]} == set(TOPICS)
    right = Counter((one.topic, one.answer) for one in drawn() if one.choices)
    assert set(right) == {(name, key) for name in TOPICS for key, *_ in texts(name).get("choices", ())}
    assert min(right.values()) >= 10


def test_a_rate_converges_crawls_or_diverges_as_its_eigenvalues_say(gdcli):
    """In the Hessian's own directions each error shrinks by 1 - lr times the eigenvalue at each step."""
    for one in of("rates"):
        source, given = options(one.command)
        x, y = rows(gdcli, source)
        x = (x - x.mean()) / x.std() if "--standardize" in given else x
        design = np.stack([x, np.ones_like(x)], axis=1)
        values, directions = np.linalg.eigh(2 * design.T @ design / len(x))
        start = np.array([float(given.get("--m", 0)), float(given.get("--b", 0))])
        error = directions.T @ (start - np.linalg.lstsq(design, y, rcond=None)[0])
        rate = float(given["--lr"])
        left = values @ (error * (1 - rate * values) ** int(given["--epochs"])) ** 2 / (values @ error**2)
        truth = "diverge" if rate > 2 / values[-1] else "converge" if left <= 1e-3 else "crawl"
        assert one.answer == truth, one.command
        assert truth != "crawl" or left >= 0.05


def slope(m, b):
    return np.array([5 * m + 3 * b - 13, 3 * m + 2 * b - 8])


def test_a_step_lands_where_the_gradient_says():
    for one in of("step"):
        _, given = options(one.command)
        m, b = float(given["--m"]), float(given["--b"])
        new = np.array([m, b]) - float(given["--lr"]) * slope(m, b)
        at = "mb".index(one.text.split("What is ")[1][0])
        assert float(one.answer) == pytest.approx(new[at], abs=1e-9), one.text
        assert f"the gradient is ({slope(m, b)[0]:g}, {slope(m, b)[1]:g})" in one.text


def walked(name, place, rate, steps):
    """Positions of an optimizer, from its textbook formula."""
    place, first, second, places = np.array(place, float), np.zeros(2), np.zeros(2), []
    for step in range(1, steps + 1):
        places.append(place)
        gradient = slope(*place)
        if name == "sgd":
            move = rate * gradient
        elif name == "momentum":
            first = 0.9 * first + gradient
            move = rate * first
        elif name == "adagrad":
            second = second + gradient**2
            move = rate * gradient / np.sqrt(second)
        else:
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            move = rate * (first / (1 - 0.9**step)) / np.sqrt(second / (1 - 0.999**step))
        place = place - move
    return [*places, place]


def test_the_curve_is_of_that_optimizer_and_of_no_other():
    for one in of("optimizers"):
        _, given = options(one.command)
        start, rate = (float(given["--m"]), float(given["--b"])), float(given["--lr"])
        curves = {}
        for key in ("sgd", "momentum", "adagrad", "adam"):
            places = walked(key, start, rate, len(one.curve) - 1)
            curves[key] = np.array([((m + b - 3) ** 2 + (2 * m + b - 5) ** 2) / 2 for m, b in places])
            if key == one.answer:
                said = one.text.split("values of m are ")[1].split(". Which")[0]
                assert np.allclose([m for m, _ in places[:6]], [float(m) for m in said.split(", ")], atol=6e-4)
        near = {key: float(np.abs(curve[:9] / np.array(one.curve[:9]) - 1).max()) for key, curve in curves.items()}
        assert near.pop(one.answer) < 1e-5, one.command
        assert min(near.values()) > 0.01, one.command


def test_steps_are_batches_begun_times_epochs():
    for one in of("batches"):
        source, given = options(one.command)
        count, batch = int(source.partition("rows=")[2]), int(given["--batch-size"])
        assert int(one.answer) == (count // batch + (count % batch > 0)) * int(given["--epochs"])
    assert any("320 rows" in one.text and "320 / 32 = 10" in one.because for one in of("batches"))


def test_the_matrix_is_read_right():
    for one in of("confusion"):
        counts, asked = np.array(one.matrix), one.text
        at = next(
            (at for at, name in enumerate(one.classes) if f"of {name} does" in asked or f"of {name}," in asked), 0
        )
        at = next((at for at, name in enumerate(one.classes) if f"not {name} does" in asked), at)
        others = np.arange(len(counts)) != at
        if "accuracy" in asked:
            truth = np.diag(counts).sum() / counts.sum()
        elif "recall" in asked:
            truth = counts[at, at] / counts[at].sum()
        else:
            truth = counts[others, at].sum() if "that are not" in asked else counts[at, others].sum()
        assert float(one.answer) == pytest.approx(truth, rel=1e-3), asked


def test_what_generalises_and_what_is_confused_is_what_the_commands_print(gdcli):
    """Each different command once would take a minute: some of them."""
    for one in of("overfitting")[:4]:
        words, degrees = shlex.split(one.command)[1:], [choice.text.split()[1] for choice in one.choices]
        at = words.index("--degree") + 1
        runs = [[*words[:at], degree, *words[at + 1 :], "--format", "json"] for degree in degrees]
        held = [json.loads(gdcli(*run).out)["validation"]["rmse"] for run in runs]
        assert one.answer == ("low" if held[0] < held[1] else "high")
        assert words[at] == degrees[held.index(min(held))]
        assert all(f"{value:.4g}" in one.text for value in held)
    for one in of("confusion")[:4]:
        found = json.loads(gdcli(*shlex.split(one.command)[1:], "--format", "json").out)
        assert found["confusion"] == [list(row) for row in one.matrix]


@pytest.mark.parametrize(
    ("topic", "typed", "right"),
    [
        ("rates", "b", True),
        ("rates", "2", True),
        ("rates", " Ｂ ", True),
        ("rates", "crawl", True),
        ("rates", "a", False),
        ("step", "{answer}", True),
        ("step", "−1000", False),
        ("batches", "{answer}.0", True),
    ],
)
def test_answers_are_letters_numbers_or_words(topic, typed, right):
    one = next(one for one in of(topic) if not one.choices or one.answer == "crawl")
    assert mark(one, typed.format(answer=one.answer)).right is right


def test_the_answer_is_told_when_asked_for_only(gdcli):
    plain = gdcli("quiz", "batches", "--format", "json").out
    (one,) = json.loads(plain)["asked"]
    assert not {"answer", "because", "command"} & set(one)
    assert not {"answer", "because"} & set(
        json.loads(gdcli("quiz", "--answer", "a", "--format", "json").out)["asked"][0]
    )
    (told,) = json.loads(gdcli("quiz", "batches", "--format", "json", "--reveal").out)["asked"]
    assert told["command"].startswith("gdcli fit")
    assert gdcli("quiz", "batches", "--answer", told["answer"]).code == 0
    assert gdcli("quiz", "batches", "--answer", "999").code == 1
    assert gdcli("quiz", "batches", "--format", "json", "--lang", "zh-TW").out == plain


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "choose from rates"),
        (["rates", "--answer", "z"], "none of the choices: a, b, c"),
        (["step", "--answer", "1/0"], "is not a number"),
        (["--answer", "a", "--count", "2"], "leave out --count"),
    ],
)
def test_what_is_no_topic_or_no_answer_is_said(gdcli, words, said):
    result = gdcli("quiz", *words)
    assert result.code == 2
    assert said.split(":")[0] in result.err


@pytest.mark.parametrize(
    ("lang", "score"), [("en", "1 of 2 right; 1 not answered"), ("zh-TW", "2 題答對 1 題；1 題未作答")]
)
def test_lines_of_standard_input_answer_and_their_end_is_polite(gdcli, lang, score):
    """The third line is no answer, and is asked for again; then there are no more."""
    first, second, _ = questions("rates", 3, 0)
    wrong = "a" if second.letter != "a" else "b"
    typed = f"{first.letter}\n{wrong}\nnonsense\n".encode()
    result = gdcli("quiz", "rates", "--count", "3", "--lang", lang, stdin=typed)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1].endswith(score)
    assert max(map(columns, result.out.splitlines())) <= 110
