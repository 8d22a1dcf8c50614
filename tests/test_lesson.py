"""`gdcli lesson`: the chapters, their pages, lessons of one's own, handouts."""

import contextlib
import io
import math
import os
import pty
import re
import shlex
import tomllib
import tty
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Tty

from gdcli.cli.app import COMMANDS
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.errors import DataError
from gdcli.lessons.chapter import read
from gdcli.lessons.glossary import terms
from gdcli.lessons.lecture import lecture
from gdcli.render.lessons.pages import Block, _command_lines, pages
from gdcli.render.screen import ESCAPE, Screen, columns

NAMES = [
    *("exercise", "line", "rmse", "surface", "gradient", "training", "optimizers", "network", "activations"),
    *("overfitting", "validation", "classification", "probabilities", "cross-entropy", "mnist", "sign-language"),
    "calculus",
]
PAIRS = lecture(COMMANDS)
BOTH = [(pair, language) for pair in PAIRS for language in ("en", "zh-TW")]
CLEAR, WAIT = "\x1b[2J\x1b[H", "\r\x1b[K..."
SIZES = [(80, 24), (120, 40)]
NUMBERS = {
    "rmse": ["2.5", "1.58", "2.12", "4.5"],
    "gradient": ["5m + 3b - 13", "3m + 2b - 8", "(-3, -1)", "(-0.7, 5.1)", "112.5", "320 / 32 = 10"],
    "training": ["2.5", "1.9983", "0.2918"],
    "overfitting": ["degree 3"],
    "cross-entropy": ["2.303", "4.605"],
    "mnist": ["784", "101,770"],
    "calculus": ["5m + 3b - 13", "3m + 2b - 8", "6.854", "0.2918"],
}


def one(pair, language):
    return pair.english if language == "en" else pair.chinese


def label(value):
    return value if isinstance(value, str) else value.english.name


@pytest.mark.quick
def test_the_chapters_are_the_lecture_in_its_order():
    assert [pair.english.name for pair in PAIRS] == NAMES
    assert {term.chapter for term in terms()} <= set(NAMES)


@pytest.mark.quick
@pytest.mark.parametrize("pair", PAIRS, ids=label)
def test_both_languages_run_the_same(pair):
    english, chinese = pair
    assert [(command.run, command.exit) for command in english.commands] == [
        (command.run, command.exit) for command in chinese.commands
    ]
    assert (english.task_command, english.prints) == (chinese.task_command, chinese.prints)
    assert len(english.text) == len(chinese.text)
    assert english.commands
    assert english.task
    assert english.question
    assert english.answer


@pytest.mark.quick
@pytest.mark.parametrize("pair", PAIRS, ids=label)
def test_chinese_texts_are_chinese(pair):
    chinese = pair.chinese
    looks = [command.look for command in chinese.commands]
    for text in (chinese.title, *chinese.text, *looks, chinese.task, chinese.question, chinese.answer):
        assert re.search("[\u4e00-\u9fff]", text) or text == "MNIST"
        words = re.sub(r"gdcli [\w .-]*", "", text)
        assert not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{3,}", words), text


@pytest.mark.quick
@pytest.mark.parametrize(("pair", "language"), BOTH, ids=label)
def test_the_code_prints_what_the_chapter_says(pair, language):
    chapter = one(pair, language)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(chapter.code, {})  # noqa: S102
    assert out.getvalue().strip() == chapter.prints.strip()


def code_of(name):
    space = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(PAIRS[NAMES.index(name)].english.code, space)  # noqa: S102
    return space


@pytest.mark.parametrize(("m", "b"), [(-1, 5), (-1, 4), (0, 4), (2, 1), (0.3, -2)])
def test_the_slides_rmse_and_gradient_are_the_programs(gdcli, m, b):
    data = [(1, 3), (2, 5)]
    assert code_of("rmse")["get_rmse"](data, m, b) == pytest.approx(
        float(gdcli("rmse", "sample:deck", "--m", m, "--b", b).out), abs=1e-12
    )
    step = gdcli("step", "sample:deck", "--m", m, "--b", b, "--format", "json").json["steps"][0]
    assert code_of("gradient")["gradient"](data, m, b) == pytest.approx(tuple(step["gradient"].values()), abs=1e-12)


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid"])
def test_the_slides_activations_are_the_programs(gdcli, name):
    rows = gdcli("activation", name, "--format", "csv").csv
    values = [(float(row["x"]), float(row["value"])) for row in rows]
    function = code_of("activations")[name]
    assert [value for _, value in values] == pytest.approx([function(z) for z, _ in values], abs=1e-12)


def test_the_slides_cross_entropy_is_the_programs(gdcli):
    cross_entropy = code_of("cross-entropy")["cross_entropy"]
    text = gdcli("loss", "binary-cross-entropy").out
    shown = next(line for line in text.splitlines() if line.startswith("binary-cross-entropy")).split()[-5:]
    for p, value in zip((0.01, 0.1, 0.5, 0.9, 0.99), shown, strict=True):
        assert cross_entropy([1], [p]) == pytest.approx(float(value), rel=1e-3)
        assert cross_entropy([1], [p]) == -math.log(p)


class Keyed:
    """A lesson on a terminal of its own, with keys that were typed before."""

    def __init__(self, words, size, keys, environ=None):
        master, slave = pty.openpty()
        tty.setcbreak(slave)
        os.write(master, keys + b"\x04" * 9)
        self.out, self.err = Tty(), Tty()
        with os.fdopen(slave, "rb", buffering=0) as stdin:
            environ = {"TERM": "xterm-256color"} | (environ or {})
            terminal = Terminal(stdin, self.out, self.err, environ, size=os.terminal_size(size))
            self.code = run(words, terminal)
        os.close(master)

    @property
    def pages(self):
        return [ESCAPE.sub("", page.removesuffix(WAIT)) for page in self.out.getvalue().split(CLEAR)[1:]]


def rows_of(text, width):
    return sum(max(1, -(-columns(line) // width)) for line in text.split("\n"))


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.long)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_walk_through_all_chapters_fits_the_screen(size, language):
    walk = Keyed(["lesson", "1", "--lang", language], size, b" " * 400)
    assert walk.code == 0, walk.err.getvalue()
    shown = dict.fromkeys(NAMES, "")
    for page in walk.pages:
        page = page.removesuffix("\n") if page is walk.pages[-1] else page
        assert rows_of(page, size[0]) <= size[1], page
        number = int(page.split(".")[0])
        shown[NAMES[number - 1]] += " ".join(page.split("\n"))
    for pair in PAIRS:
        name = pair.english.name
        for command in pair.english.commands:
            assert f"$ {command.run}".split(" --")[0] in shown[name]
        for number in NUMBERS.get(name, []):
            assert number in shown[name].replace("  ", " "), (name, number)
    assert not walk.err.getvalue()


@pytest.mark.quick
def test_no_line_of_code_is_wider_than_a_page():
    chapters = [one(pair, language) for pair, language in BOTH]
    assert [line for chapter in chapters for line in chapter.code.split("\n") if columns(line) > 76] == []


@pytest.mark.quick
def test_a_long_command_is_broken_as_a_shell_takes_it():
    run = "gdcli check sample:deck --grad-m '5*m + 3*b - 13' --grad-b '3*m + 2*b - 8' --lr 0.01"
    lines = _command_lines(run, Screen(color=False))
    assert max(map(columns, lines)) < 80
    assert shlex.split("\n".join(lines).replace("\\\n", "").removeprefix("$")) == shlex.split(run)


@pytest.mark.quick
def test_an_output_that_is_a_little_too_long_is_parted_at_its_last_blank_line():
    lines = [*"abcdefgh", "", *"ijkl"]
    assert list(pages([Block(lines)], Screen(color=False), 11)) == [[*"abcdefgh"], [*"ijkl"]]
    assert list(pages([Block([*"abcdefghijkl"])], Screen(color=False), 11)) == [[*"abcdefghijk"], ["l"]]


def test_keys_go_on_back_and_end():
    walk = Keyed(["lesson", "2"], (80, 24), b"\nb q")
    first, second, again, onward = walk.pages
    assert (first.strip(), second.strip()) == (again.strip(), onward.strip())
    assert walk.code == 0
    assert "Enter: on" in first


def test_back_leads_into_the_chapter_before():
    walk = Keyed(["lesson", "3"], (120, 40), b"bq")
    assert walk.pages[0].startswith("3. ")
    assert walk.pages[1].startswith("2. ")
    assert "Answer:" in walk.pages[1]


def test_the_answer_waits_for_a_key():
    walk = Keyed(["lesson", "17"], (120, 40), b" " * 40)
    assert [("Question:" in page, "Answer:" in page) for page in walk.pages[-2:]] == [(True, False), (False, True)]


def test_run_waits_for_no_key():
    walk = Keyed(["lesson", "--run", "rmse"], (80, 24), b"")
    assert walk.code == 0
    assert "Answer:" in walk.out.getvalue()
    assert "Enter" not in walk.out.getvalue()


@pytest.mark.parametrize(("stdin", "answered"), [(None, False), (b"", False), (b"\n" * 30, True), (b"\nq\n", False)])
def test_an_input_that_ends_ends_the_walk(gdcli, stdin, answered):
    result = gdcli("lesson", "17", stdin=stdin, tty=True)
    assert result.code == 0
    assert ("Answer:" in result.out) == answered


def test_off_a_terminal_it_is_plain_text(gdcli):
    result = gdcli("lesson", "rmse")
    assert result.code == 0
    assert "\x1b" not in result.out
    assert result.out.startswith("3. How far off: MSE and RMSE\n====")
    assert "MSE 2.5   RMSE 1.58114" in result.out
    assert gdcli("lesson", "rmse", "--plain", tty=True, environ={"NO_COLOR": "1"}).out == result.out


def test_the_chapters_are_listed(gdcli):
    result = gdcli("lesson")
    assert [line.split()[1] for line in result.out.splitlines() if re.match(r" +\d+  ", line)] == NAMES
    assert "訓練" in gdcli("lesson", "--lang", "zh-TW").out
    assert [row["name"] for row in gdcli("lesson", "--format", "csv").csv] == NAMES
    assert gdcli("lesson", "--format", "json").out == gdcli("lesson", "--format", "json", "--lang", "zh-TW").out


@pytest.mark.quick
@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["lesson", "gradint"], "there is no chapter 'gradint'"),
        (["lesson", "18"], "there is no chapter '18'"),
        (["lesson", "0"], "there is no chapter '0'"),
        (["lesson", "1", "--run", "all"], "each say what is given"),
        (["lesson", "--save", "x.pdf"], "ends neither in .html nor in .md"),
    ],
)
def test_what_is_not_there_is_refused(gdcli, refused, words, part):
    refused(gdcli(*words), 2, part)


MINIMAL = 'title = "T"\ntext = ["One."]\n'


@pytest.mark.quick
@pytest.mark.parametrize(
    ("content", "part"),
    [
        ('title = "T"\ntext = [\n', "line 2: field 'text': has no value that TOML knows"),
        ('title = "T"\ntext = ["One."\nquestion = "x"\n', "line 3: field 'text': a bracket [ is not closed"),
        ('title = "T"\n', "line 1: field 'text': is missing"),
        ('text = ["T"]\n', "line 1: field 'title': is missing"),
        ("", "line 1: field 'title': is missing"),
        ('\ntitle = ""\ntext = ["T"]\n', "line 2: field 'title': is empty"),
        (MINIMAL + "text = []", "line 3: field 'text': is there twice"),
        ('title = "T\ntext = ["T"]\n', "line 1: field 'title': a quote is not closed"),
        ('title = "T"\ntext = ["T"]\ncode = """x\n\n', "line 3: field 'code': a quote is not closed"),
        ('title = T\ntext = ["T"]\n', "line 1: field 'title': has no value that TOML knows"),
        (MINIMAL + "code\n", "line 3: field 'code': there is no = after the name"),
        (MINIMAL + "問題 = 3", "line 3: field '問題': this is no NAME = VALUE"),
        (MINIMAL + "'問題' = 3", "line 3: field '問題': a lesson has no such field"),
        ('title = "T"\ntext = ["a\u2028b"]\nx = 1\n', "line 3: field 'x': a lesson has no such field"),
        ('title = "T"\ntext = ' + "[" * 3000 + "]" * 3000, "line 2: field 'text': is nested too deeply"),
        (MINIMAL + "a" + ".a" * 100_000 + " = 1", "line 3: field 'a': is nested too deeply"),
        (MINIMAL + "x = {a" + ".a" * 100_000 + " = 1}", "line 3: field 'x': is nested too deeply"),
        (MINIMAL + "command = [{run = 'gdcli fit'}, {run = 'gdcli fti'}]", "line 3: command 2: field 'run': there is"),
        (MINIMAL + "[[command]]\nrun = 'gdcli fit'\nexit = true\n", "line 5: command 1: field 'exit': is to be"),
        (MINIMAL + "[[command]]\nrun = 'gdcli fit'\nexit = 9\n", "line 5: command 1: field 'exit': is to be"),
        (
            MINIMAL + f"[[command]]\nrun = 'gdcli fit'\nexit = {'9' * 5000}\n",
            "line 5: field 'exit': has a number that is",
        ),
        (MINIMAL + "[[command]]\nrun = ''\n", "line 4: command 1: field 'run': is empty"),
        (MINIMAL + '[[command]]\nrun = "gdcli fit \\u0000"\n', "line 4: command 1: field 'run': '\\x00' cannot be"),
        (MINIMAL + "try_command = 'ls'", "line 3: field 'try_command': 'ls' is no command of gdcli"),
        ('title = 3\ntext = ["T"]\n', "line 1: field 'title': is to be a text"),
        ('title = "T"\ntext = "One."\n', "line 2: field 'text': is to be a list"),
        ('title = "T"\ntext = [1]\n', "line 2: field 'text'"),
        (MINIMAL + 'titel = "x"\n', "line 3: field 'titel': a lesson has no such field"),
        (MINIMAL + 'question = "x"\n', "line 3: field 'question': there is no field 'answer'"),
        (MINIMAL + 'command = "gdcli fit"\n', "line 3: field 'command': is to be"),
        (MINIMAL + "[[command]]\nlook = 'x'\n", "line 3: command 1: field 'run': is missing"),
        (MINIMAL + "code = '''\nrun = 1\n'''\n[[command]]\nrun = 'ls'\n", "line 7: command 1: field 'run': 'ls' is no"),
        (MINIMAL + "[[command]]\nrun = 'gdcli fti'\n", "line 4: command 1: field 'run': there is no command 'fti'"),
        (MINIMAL + "[[command]]\nrun = 'gdcli fit'\nexit = '4'\n", "line 5: command 1: field 'exit'"),
        (MINIMAL + "[[command]]\nrun = 'gdcli fit \"'\n", "line 4: command 1: field 'run': a quote is not closed"),
        *(
            (
                MINIMAL + f"[[command]]\nrun = 'gdcli fit'\n[[command]]\nrun = '{run}'\n",
                f"command 2: field 'run': {why}",
            )
            for run, why in {
                "rm -rf x": "'rm -rf x' is no command of gdcli",
                "gdcli lesson 1": "'gdcli lesson' cannot be shown",
                "gdcli live": "'gdcli live' cannot be shown",
                "gdcli fit | rm x": "'|' is the shell's",
                "gdcli fit >x": "'>' is the shell's",
                "gdcli fit -o x": "a lesson writes no files",
                "gdcli fit -ox": "a lesson writes no files",
                "gdcli fit --output=x": "a lesson writes no files",
                "gdcli fit --plugin x.py": "--plugin is not for lessons",
                "gdcli check --python x.py:f": "--python is not for lessons",
                "gdcli train x.csv --save ../m.safetensors": "--save: ",
                "gdcli train x.csv --save=/m.safetensors": "--save: ",
            }.items()
        ),
    ],
)
def test_a_broken_lesson_names_line_and_field(content, part):
    with pytest.raises(DataError) as error:
        read(content, "own.toml", COMMANDS)
    assert str(error.value).startswith("own.toml: ")
    assert part in str(error.value)


def own(table, runs, more=""):
    return table(MINIMAL + "".join(f"[[command]]\nrun = {run!r}\n{more}" for run in runs), "own.toml")


def test_a_lesson_of_ones_own_is_checked_and_given(gdcli, table, tmp_path):
    table("x,y\n1,3\n2,5\n", "rows.csv")
    path = own(
        table, ["gdcli train rows.csv --epochs 2 --task regression --save net.safetensors", "gdcli fit rows.csv"]
    )
    checked = gdcli("lesson", "--check", path)
    assert (checked.code, checked.out) == (0, f"{path}: right; 2 commands run\n"), checked.err
    given = gdcli("lesson", path)
    assert given.out.startswith("T\n=\n\nOne.\n")
    assert "from rows.csv" in given.out or "optimum" in given.out
    assert sorted(one.name for one in tmp_path.iterdir()) == ["own.toml", "rows.csv"]


@pytest.mark.parametrize("word", ["lesson", "check"])
def test_a_command_that_fails_is_named(gdcli, table, word):
    path = own(table, ["gdcli fit nowhere.csv"])
    result = gdcli("lesson", *(["--check"] if word == "check" else []), path)
    assert result.code == 1
    place = f"{path}: line 4: command 1: field 'run'"
    assert f"gdcli: {place}: 'gdcli fit nowhere.csv' ends with exit code 3, not 0: nowhere.csv" in result.err
    assert gdcli("lesson", "--check", own(table, ["gdcli fit nowhere.csv"], "exit = 3\n")).code == 0


def test_a_command_that_takes_too_long_is_named(gdcli, table, monkeypatch):
    monkeypatch.setattr("gdcli.live.staged.LIMIT", 0.3)
    path = own(table, ["gdcli fit sample:bmi --standardize --lr 1e-9 --epochs 100000000"])
    result = gdcli("lesson", "--check", path)
    assert result.code == 1
    assert "takes longer than" in result.err


def test_a_lesson_comes_by_standard_input(gdcli, refused):
    content = (MINIMAL + "[[command]]\nrun = 'gdcli mse --m 1 --b 2'\n").encode()
    assert gdcli("lesson", "--check", "-", stdin=content).out == "standard input: right; 1 command run\n"
    assert "One." in gdcli("lesson", "-", stdin=content).out
    refused(gdcli("lesson", "--check", "-", stdin=b"title = 3\n"), 3, "standard input: line 1: field 'title': is to be")
    refused(gdcli("lesson", "-", stdin=None), 3, "standard input: is closed")


def test_a_task_that_fails_is_named_by_its_field(gdcli, table):
    path = table(MINIMAL + "try = 'x'\n\ntry_command = 'gdcli fit nowhere.csv'\n", "own.toml")
    result = gdcli("lesson", "--check", path)
    assert f"{path}: line 5: field 'try_command': 'gdcli fit nowhere.csv' ends with exit code 3" in result.err


def test_what_is_quoted_is_not_the_shell_s_and_may_be_long(gdcli, table, tmp_path):
    table("x;y\n1;3\n2;5\n", "rows.csv")
    right = " + ".join(["5*m + 3*b - 13", *["0*m*b"] * 100])
    path = own(table, ["gdcli show rows.csv --delimiter ';'", f"gdcli check --grad-m '{right}'", "gdcli help fit"])
    result = gdcli("lesson", "--check", path)
    assert (result.code, result.out) == (0, f"{path}: right; 3 commands run\n"), result.err
    assert {one.name for one in tmp_path.iterdir()} == {"own.toml", "rows.csv"}


@pytest.mark.quick
def test_a_lesson_that_is_no_text_or_not_there(gdcli, refused, table, tmp_path):
    refused(gdcli("lesson", table(b"\xff\xfe", "own.toml")), 3, "own.toml: line 1: byte 1 is not UTF-8")
    refused(gdcli("lesson", tmp_path / "nowhere.toml"), 3, "nowhere.toml: no such file")
    refused(gdcli("lesson", "--check", tmp_path / "nowhere.tml"), 3, "nowhere.tml: no such file")
    refused(gdcli("lesson", "--check", table("[" * 3000, "deep.toml")), 3, "deep.toml: line 1: is nested too deeply")
    refused(gdcli("lesson", "--check", table("#" * 300_000, "big.toml")), 3, "big.toml: is larger than 250,000 bytes")


def test_a_reader_s_settings_do_not_change_what_is_shown(gdcli):
    plain = gdcli("lesson", "calculus").out
    assert gdcli("lesson", "calculus", environ={"GDCLI_PLOT": "no", "GDCLI_QUIET": "yes"}).out == plain


class Page(HTMLParser):
    """The tags of a page that must be closed, and whatever it would load."""

    def __init__(self, text):
        super().__init__()
        self.open, self.loads, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.loads += [value for name, value in attrs if name in ("src", "href", "data") and not value.startswith("#")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_handout_is_one_page_that_loads_nothing(gdcli, tmp_path, language):
    path = tmp_path / "lecture.html"
    assert gdcli("lesson", "--save", path, "--lang", language).code == 0
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert not page.loads
    assert not re.search(r"url\(|@import|<script", text)
    assert "prefers-color-scheme: dark" in text
    assert "<svg" in text
    assert "lesson-picture" not in text
    assert "\x1b" not in text
    for pair in PAIRS:
        chapter = one(pair, language)
        assert all(part in page.text for part in (chapter.title, *chapter.text, chapter.code.strip(), chapter.answer))


def test_a_handout_in_markdown_has_all_outputs(gdcli, tmp_path):
    path = tmp_path / "rmse.md"
    assert gdcli("lesson", "rmse", "--save", path).code == 0
    text = path.read_text(encoding="utf-8")
    assert text.count("```") % 2 == 0
    for command in PAIRS[2].english.commands:
        assert f"$ {command.run}\n" in text
    assert "MSE 2.5   RMSE 1.58114" in text


@pytest.mark.parametrize("pair", PAIRS, ids=label)
def test_what_the_reader_is_to_try_runs(gdcli, pair):
    words = shlex.split(pair.english.task_command)[1:]
    assert gdcli(*words).code == 0


def test_chapter_files_are_toml_of_a_pair():
    folder = Path(__file__).parent.parent / "gdcli" / "lessons" / "chapters"
    stems = {path.name.split(".")[0] for path in folder.glob("*.toml")}
    assert {path.name for path in folder.iterdir()} == {
        f"{stem}.{one}.toml" for stem in stems for one in ("en", "zh-TW")
    }
    for path in folder.iterdir():
        assert tomllib.loads(path.read_text(encoding="utf-8"))
