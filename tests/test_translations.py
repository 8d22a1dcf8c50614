"""Two languages: whole catalogues, a Chinese screen where it is asked for, and machines that see no difference."""

import gettext
import io
import json
import pickle
import re
from pathlib import Path

import catalogue
import live_sessions
import pytest

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.experiments.remembered import remembered
from gdcli.render.screen import Screen, columns
from gdcli.render.translation import FOLDER, speaker, translated
from gdcli.said import Said, capitalized, enumerated, say, together

GRAMMAR = {"s", "verb", "have", "has", "brings", "them", "s2"}
"""Fields that hold an English ending or verb, which other languages do without."""


@pytest.mark.quick
class TestCatalogues:
    def test_nothing_is_missing_stale_or_fuzzy(self):
        entries = [entry for path in catalogue.ZH_TW.glob("*.po") for entry in catalogue.read(path) if entry[0]]
        assert {message for message, *_ in entries} == set(catalogue.messages())
        assert len(entries) == len(catalogue.messages()), "twice"
        assert not [message for message, translation, _ in entries if not translation]
        assert not [message for message, _, comments in entries if "fuzzy" in comments]

    def test_every_template_is_literal(self):
        assert catalogue.not_literal() == []

    def test_the_files_are_what_the_tool_writes(self):
        known = catalogue.translations()
        assert catalogue.sources(known) == {p.name: p.read_text("utf-8") for p in catalogue.ZH_TW.glob("*.po")}
        assert (catalogue.ZH_TW / "gdcli.mo").read_bytes() == catalogue.compiled(known)

    def test_the_compiled_file_is_gettext_s(self):
        read = gettext.translation("gdcli", FOLDER, ["zh_TW"])
        assert read.info()["language"] == "zh_TW"
        known = catalogue.translations()
        assert {message: read.gettext(message) for message in known} == known

    def test_fields_and_formats_are_the_message_s(self):
        for message, translation in catalogue.translations().items():
            own, other = catalogue.fields(message), catalogue.fields(translation)
            assert other <= own, translation
            assert {name for name, *_ in own - other} <= GRAMMAR, translation

    def test_sentences_have_full_width_signs(self):
        for translation in catalogue.translations().values():
            assert not re.search(r"[\u4e00-\u9fff][,;:!?](?! ?--| ?\{)", translation), translation


@pytest.mark.quick
class TestSaid:
    def test_is_its_english_text(self):
        said = say("{count} rows of {name!r:.3}", count=3, name="abcdef")
        assert said == "3 rows of 'ab"
        assert isinstance(said, str)
        assert str(ValueError(said)) is said

    def test_goes_to_a_worker_and_back(self):
        said = capitalized(say("{count} rows", count=3) + "; " + say("seed {seed}", seed=1))
        back = pickle.loads(pickle.dumps(said))  # noqa: S301 - our own
        assert back == said
        assert translated(back, lambda message: message.replace("rows", "列")) == "3 列; seed 1"

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (say("{count} rows", count=3), "3 列"),
            (say("seed {seed}", seed=1) + "   " + say("{count} rows", count=3), "種子 1   3 列"),
            ("a " + say("{count} rows", count=3), "a 3 列"),
            (say("{count} rows", count=3) * False, ""),
            (enumerated(["a", say("{count} rows", count=3)]), "a、3 列"),
            (together(" | ", ["a", say("seed {seed}", seed=1)]), "a | 種子 1"),
            (capitalized(say("seed {seed}", seed=1)), "種子 1"),
            (say("|{label:<8}|{label:>8}|", label=say("seed")), "|種子    |    種子|"),
            ("plain", "plain"),
        ],
    )
    def test_keeps_its_parts(self, said, expected):
        words = {"{count} rows": "{count} 列", "seed {seed}": "種子 {seed}", ", ": "、", "seed": "種子"}
        assert translated(said, lambda message: words.get(message, message)) == expected

    def test_blanks_between_chinese_and_letters(self):
        into = {"{what} falls": "{what}下降"}.get
        assert translated(say("{what} falls", what="MSE"), lambda m: into(m, m)) == "MSE 下降"
        assert translated(say("{what} falls", what="損失 "), lambda m: into(m, m)) == "損失下降"


COMMANDS = """
fit --epochs 3
fit rows.csv --validation 0.2 --epochs 5 --plot
fit sample:deck --lr 2 --epochs 9
fit gaps.csv
fit gaps.csv --missing mean --epochs 5
fit twins.csv --epochs 5
fit rows.csv --folds 3 --epochs 5
fit groups.csv --by g --epochs 5
fit sample:bmi --optimizer adam --epochs 3 --require-converged
train classes.csv --hidden 3 --epochs 3 --lr 0.1 --batch-size 8 --validation 0.2 --plot
train rows.csv --hidden 3 --epochs 3 --lr 0.1 --batch-size 8
step --lr 2
step --derive
step sample:iris --hidden 2
mse --m x
score --m 1 --b 2
score odds.csv --pred p --loss binary-cross-entropy
limit
limit sample:bmi --optimizer momentum
lr-find fit sample:bmi --steps 20
surface --epochs 3
sweep fit --lr 0.1,0.5 --epochs 3
sweep fit sample:trend --degree 1,2 --validation 0.3 --epochs 5 --standardize
activation relu
activation --plot
loss
check --grad-m 5*m+3*b-13 --grad-b m
check --rmse m
show rows.csv
show gaps.csv
sample
config show
evaluate none.safetensors rows.csv
fit rows.csv --x zz
fit rows.csv --lr abc
fit --nope
fitt
""".strip().splitlines()
PROPER = set(
    """
    Accelerated
    MSE RMSE MAE SGD Adam Nesterov RMSprop Huber Hessian GELU ReLU MNIST NumPy DATA fastai softmax sigmoid tanh logit
    relu
    csv json jsonl kv table tsv sgd adam momentum mse dMSE dL gdcli hat linear standard sqrt exp fan_in fan_out ln
    stderr
    color always never config auto lang quiet threads format plot true false iris bmi TOML UTF Momentum max sum sign cos
    w_u w_v w_k y_hat p_true progression degree two valley steepest minimum glorot leaky_relu elu gelu softplus sin deck
    diabetes wine breast_cancer digits line ravine saddle polynomial trend blobs xor circles moons spiral
    """.split()  # noqa: SIM905 - as a list it is a page long
)
"""Names that are the same in both languages: methods, formats, functions of a formula."""
FILES = {
    "rows.csv": "u,v,y\n" + "".join(f"{at},{at * at % 7},{2 * at + at % 3}\n" for at in range(20)),
    "gaps.csv": "u,v,k,y\n1,,3,2.5\n2,5,3,4.5\n3,6,3,6.5\n4,7,3,9.5\n5,8,3,9.7\n",
    "twins.csv": "u,v,y\n1,2,3.5\n2,4,5\n3,6,8\n4,8,9\n",
    "groups.csv": "g,u,y\n" + "".join(f"{'ab'[at % 2]},{at},{2 * at + at % 3}\n" for at in range(12)),
    "classes.csv": "u,v,k\n" + "".join(f"{at % 5},{at % 7},{'ab'[at % 2]}\n" for at in range(40)),
    "odds.csv": "p,y\n0.2,0\n0.9,1\n0.6,1\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


def screens(line, *more):
    """What a command writes to both streams."""
    out, err = io.StringIO(), io.StringIO()
    code = run([*line.split(), *more], Terminal(None, out, err))
    return code, out.getvalue(), err.getvalue()


def english(text):
    """Words of a screen that are neither Chinese nor a name, a command, an option, a column or a formula."""
    lines = [line for line in text.splitlines() if not line.startswith(("rerun:", "最佳執行：", "建議保留："))]
    rest = re.sub(r"gdcli [a-z-]+ .*|gdcli [a-z-]+|gdcli:", " ", "\n".join(lines))
    rest = re.sub(r"--?[a-z][-a-z]*(?:[ =][\w.,:/-]+)?|「[^」]*」|'[^']*'|sample:\w+|\S+\.\w{3,}|\(可能.*\)", " ", rest)
    words = re.findall(r"[A-Za-z_]{3,}", rest)
    return [word for word in words if word not in PROPER and len(set(word)) > 1]


@pytest.mark.usefixtures("folder")
class TestScreens:
    @pytest.mark.parametrize("line", COMMANDS)
    def test_have_no_english_word(self, line):
        code, out, err = screens(line, "--lang", "zh-TW")
        assert code in (0, 1, 2, 3, 4, 5)
        assert re.search("[\u4e00-\u9fff]", out + err) or line.startswith("config")
        assert english(out + err) == []

    @pytest.mark.parametrize("form", ["json", "csv", "kv"])
    def test_machines_see_the_same_bytes(self, form):
        for line in ("fit rows.csv --validation 0.2 --epochs 5", "sweep fit --lr 0.1,2 --epochs 3"):
            english, chinese = (screens(line, "--format", form, "--lang", language) for language in ("en", "zh-TW"))
            assert english[:2] == chinese[:2]

    @pytest.mark.parametrize(
        ("words", "actions"),
        [((), "lr 2, step 9"), (("--optimizer", "adam"), "step 2, compare, step"), (live_sessions.NETWORK, "epoch")],
    )
    @pytest.mark.parametrize("size", [(120, 40), (60, 20)])
    def test_live(self, words, actions, size):
        sitting = live_sessions.do(live_sessions.session(*words), actions)
        screen = Screen(*size, color=False, speak=speaker("zh-TW"))
        for help_page in (0, 1):
            sitting.help = help_page
            lines = live_sessions.screenful(sitting, *size, screen=screen)
            assert max(map(columns, lines)) <= size[0]
            keys = {"space", "tab", "Enter", "Esc", "live", "moons", "virgin", "dropout", "beta"}
            assert set(english("\n".join(lines))) <= keys

    @pytest.mark.parametrize("line", ["fit --epochs 5", "train classes.csv --hidden 3 --epochs 3 --lr 0.1", "surface"])
    def test_saved_pictures(self, line):
        screens(line, "--lang", "zh-TW", "--save", "own.svg", "--save", "own.txt", "--save", "own.html")
        svg, text = (Path(name).read_text("utf-8") for name in ("own.svg", "own.txt"))
        words = "\n".join(re.findall(r"<text[^>]*>([^<]*)", svg))
        assert re.search("[\u4e00-\u9fff]", words)
        assert english(re.sub(r"rerun: .*|--save .*", "", words)) == []
        assert '<html lang="zh-TW">' in Path("own.html").read_text("utf-8")
        assert english(text) == []

    @pytest.mark.parametrize(
        "line",
        [
            "fit twins.csv --epochs 3",
            "fit big.csv",
            "fit sample:bmi --optimizer adam",
            "fit ravine.csv",
            "train classes.csv --max-steps 5",
            "train rows.csv --max-steps 5",
            "train classes.csv --hidden 3 --max-steps 5",
        ],
    )
    def test_what_was_chosen_once_is_said_from_its_note(self, line):
        Path("big.csv").write_text("x,y\n" + "".join(f"{1e9 + at},{1e6 + 3 * at}\n" for at in range(50)))
        Path("ravine.csv").write_text("x,z,y\n" + "".join(f"{at},{at + at % 3 / 9},{at % 5}\n" for at in range(50)))
        _, out, _ = screens(line, "--format", "json")
        kept = json.loads(out)["chosen"]["line"]
        said = speaker("zh-TW")(remembered(kept))
        assert str.__str__(remembered(kept)) == kept
        assert re.search("[\u4e00-\u9fff]", said)
        assert english(said) == []

    def test_rerun_has_no_language(self):
        _, _, err = screens("fit --epochs 3", "--lang", "zh-TW")
        assert re.search("^rerun: gdcli fit sample:deck", err, re.MULTILINE)
        assert "--lang" not in err

    def test_tables_line_up(self):
        """Each row of a table ends in the same column, or before a mark."""
        _, out, _ = screens("fit --epochs 3", "--lang", "zh-TW")
        header, *rows = out.splitlines()[:4]
        assert {columns(row.removesuffix("  最佳")) for row in rows} == {columns(header)}


class TestChoice:
    @pytest.mark.parametrize(
        ("environ", "chinese"),
        [
            ({"GDCLI_LANG": "zh-TW"}, True),
            ({"LC_MESSAGES": "zh_TW.UTF-8"}, True),
            ({"LANG": "zh_TW.UTF-8"}, True),
            ({"LANG": "zh_TW.UTF-8", "GDCLI_LANG": "en"}, False),
            ({"LANG": "fr_FR.UTF-8"}, False),
            ({}, False),
        ],
    )
    def test_by_variables(self, gdcli, environ, chinese):
        assert ("擬合結果" in gdcli("fit", "--epochs", "1", environ=environ).out) == chinese

    def test_another_language_is_english_and_a_note(self, gdcli):
        result = gdcli("fit", "--epochs", "1", "--lang", "fr")
        assert "fitted" in result.out
        assert result.err.count("there is no language 'fr': this is English; --lang zh-TW is the other one") == 1
        assert gdcli("fit", "--epochs", "1", "--lang", "fr", "-q").err == ""

    def test_a_terminal_without_chinese(self):
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
        err = io.StringIO()
        run(["fit", "--epochs", "1", "--lang", "zh-TW"], Terminal(None, out, err))
        assert "this terminal cannot show Chinese: this is English" in err.getvalue()
        out.seek(0)
        assert " fitted " in out.read()

    def test_english_loads_no_catalogue(self):
        import subprocess
        import sys

        code = (
            "import sys; from gdcli.cli.boundary import run; run(['mse', '--m', '1', '--b', '2']); print(*sys.modules)"
        )
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert not {"gdcli.render.translation"} & set(loaded)

    def test_errors_of_the_parser(self, gdcli):
        result = gdcli("fit", "--lang", "zh-TW", "--lr", "abc")
        assert result.err == "gdcli: --lr：'abc' 不是一個大於 0 的有限數\n  請看「gdcli fit --help」\n"
        assert result.code == 2


def test_every_language_is_loaded():
    assert speaker("zh-TW")(say("seed {seed}", seed=3)) == "種子 3"
    assert isinstance(say("x"), Said)


def test_of_nothing_nothing_is_said():
    """The message without a letter is the catalogue's own head: it must not stand on a screen."""
    spoken = speaker("zh-TW")
    assert spoken(say("")) == spoken(together(say("; "), [])) == ""
    assert "Project-Id" not in spoken(say("{what}.", what=say("")))
