"""The table of bad input: one line that names the place, the right code, and nothing written."""

import gzip

import pytest

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"
HTML = "<!DOCTYPE html>\n<html><head><title>404</title></head><body>x, y</body></html>\n"

BAD_DATA = {
    "empty file": ("", ["empty"]),
    "only blank lines": ("\n\n\n", ["empty"]),
    "header only": ("x,y\n", ["row"]),
    "one row": ("x,y\n1,2\n", ["one row"]),
    "text cell": ("x,y\n1,2\n3,abc\n4,5\n", ["line 3, column 'y'", "'abc' is not a number"]),
    "text cell in the only input": ("x,y\n1,2\nabc,3\n4,5\n", ["line 3, column 'x'", "'abc' is not a number"]),
    "text cell in the first row's target": ("x,y\n1,abc\n3,4\n4,5\n", ["line 2, column 'y'", "'abc'"]),
    "text cell in the first row's only input": ("x,y\nabc,1\n3,4\n4,5\n", ["line 2, column 'x'", "'abc'"]),
    "long row": ("x,y\n1,2\n3,4,5\n6,7\n", ["line 3"]),
    "short row": ("x,y\n1,2\n3\n6,7\n", ["line 3"]),
    "empty cell": ("x,y\n1,2\n3,\n6,7\n", ["line 3, column 'y'", "empty"]),
    "empty cell in an input": ("x,y\n1,2\n,4\n6,7\n", ["line 3, column 'x'", "empty"]),
    "cell of spaces": ("x,y\n1,2\n  ,4\n6,7\n", ["line 3, column 'x'", "empty"]),
    "nan": ("x,y\n1,2\n3,nan\n6,7\n", ["line 3, column 'y'", "nan"]),
    "NaN in an input": ("x,y\n1,2\nNaN,3\n6,7\n", ["line 3, column 'x'", "NaN"]),
    "inf": ("x,y\n1,2\ninf,4\n6,7\n", ["line 3, column 'x'", "inf"]),
    "-Infinity": ("x,y\n1,2\n3,-Infinity\n6,7\n", ["line 3, column 'y'", "-Infinity"]),
    "too large for a float": ("x,y\n1,2\n3,1e999\n6,7\n", ["line 3, column 'y'", "1e999"]),
    "header of numbers": ("1,2\n3,4\n5,6\n", ["line 1"]),
    "decimal commas": ("x;y\n1,5;2,5\n2,5;3,5\n3,5;4,5\n", ["line 2", "'2,5'"]),
    "decimal commas in the target": ("x;y\n1;2,5\n2;3,5\n3;4,5\n", ["line 2, column 'y'", "'2,5'"]),
    "decimal commas in the input": ("x;y\n1,5;2\n2,5;3\n3,5;5\n", ["line 2, column 'x'", "'1,5'"]),
    "decimal commas in quotes": ('x,y\n"1,5","2,5"\n"2,5","3,5"\n', ["line 2", "'2,5'"]),
    "thousands separators": ('x,y\n"1,000",2\n"3,000",4\n"5,000",5\n', ["line 2", "'1,000'"]),
    "underscores": ("x,y\n1_0,2\n3,4\n5,6\n", ["line 2, column 'x'", "'1_0'"]),
    "other digits": ("x,y\n\u0661,2\n3,4\n5,6\n", ["line 2, column 'x'"]),
    "hexadecimal": ("x,y\n1,0x10\n3,4\n5,6\n", ["line 2, column 'y'", "0x10"]),
    "not utf-8": (b"x,y\n1,2\n3,\xff\xfe\n", ["line 3", "0xff"]),
    "not utf-8 in the header": (b"x\xe9,y\n1,2\n3,4\n", ["line 1", "0xe9"]),
    "a NUL byte": (b"x,y\n1,2\n3,\x004\n5,6\n", ["line 3", "NUL"]),
    "an HTML page": (HTML, ["HTML"]),
    "an HTML page after blank lines": ("\n\n" + HTML.lower(), ["HTML"]),
    "a Git LFS pointer": (LFS, ["LFS"]),
    "constant x": ("x,y\n2,1\n2,2\n2,3\n", ["column 'x'", "constant"]),
    "one column": ("y\n1\n2\n3\n", ["'y'"]),
    "an unfinished quote": ('x,y\n1,2\n"3,4\n5,6\n', ["line"]),
}


@pytest.mark.quick
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data(gdcli, refused, table, tmp_path, case):
    content, parts = BAD_DATA[case]
    path, out = table(content), tmp_path / "out.csv"
    refused(gdcli("fit", path), 3, f"{path}: ", *parts)
    refused(gdcli("fit", path, "--format", "json", "-o", out), 3, *parts)
    assert not out.exists()


@pytest.mark.parametrize("case", [case for case in BAD_DATA if case not in ("one row", "constant x")])
@pytest.mark.parametrize("command", ["mse", "rmse", "score", "step"])
def test_bad_data_for_a_given_line(gdcli, refused, table, command, case):
    content, parts = BAD_DATA[case]
    refused(gdcli(command, table(content), "--m", 1, "--b", 2), 3, *parts)


@pytest.mark.parametrize("content", ["x,y\n1,2\n", "x,y\n2,1\n2,2\n2,3\n"])
@pytest.mark.parametrize("command", ["mse", "rmse", "score", "step"])
def test_what_a_given_line_can_do_without(gdcli, content, command):
    result = gdcli(command, "--m", 1, "--b", 2, stdin=content)
    assert result.code == 0, result.err
    assert "Warning" not in result.err


@pytest.mark.quick
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_through_a_pipe(gdcli, refused, case):
    content, parts = BAD_DATA[case]
    refused(gdcli("fit", stdin=content), 3, "standard input", *parts)


@pytest.mark.parametrize("case", ["empty file", "text cell", "not utf-8", "a NUL byte"])
def test_bad_data_compressed(gdcli, refused, table, case):
    content, parts = BAD_DATA[case]
    packed = gzip.compress(content if isinstance(content, bytes) else content.encode())
    refused(gdcli("fit", table(packed, "data.csv.gz")), 3, *parts)


def test_a_broken_gzip_and_a_broken_npz(gdcli, refused, table):
    packed = gzip.compress(b"x,y\n" + b"1,2\n3,5\n" * 999)
    refused(gdcli("fit", table(packed[:-20], "cut.csv.gz")), 3, "cut.csv.gz")
    refused(gdcli("fit", table(b"PK\x03\x04rubbish", "data.npz")), 3, "data.npz")


def test_npz_of_objects_is_never_unpickled(gdcli, refused, tmp_path):
    import numpy as np

    np.savez(tmp_path / "data.npz", x=np.array([{}, []], dtype=object), y=np.array([1.0, 2.0]))
    refused(gdcli("fit", tmp_path / "data.npz"), 3, "data.npz")


def test_npz_with_a_bad_cell(gdcli, refused, tmp_path):
    import numpy as np

    np.savez(tmp_path / "data.npz", x=np.array([1.0, np.nan]), y=np.array([1.0, 2.0]))
    refused(gdcli("fit", tmp_path / "data.npz"), 3, "data.npz")
    np.savez(tmp_path / "data.npz", x=np.array([1.0, 2.0, 3.0]), y=np.array([1.0, 2.0]))
    refused(gdcli("fit", tmp_path / "data.npz"), 3, "data.npz")


def test_missing_file_and_folder(gdcli, refused, tmp_path):
    refused(gdcli("fit", tmp_path / "nothing.csv"), 3, f"{tmp_path / 'nothing.csv'}: ")
    refused(gdcli("fit", tmp_path), 3, f"{tmp_path}: ")
    refused(gdcli("mse", tmp_path / "nothing.csv", "--m", 1), 3, "nothing.csv")
    refused(gdcli("fit", "sample:irsi"), 2, "irsi")


def test_missing_file_did_you_mean(gdcli, table):
    path = table("x,y\n1,2\n3,4\n", "heights.csv")
    assert "heights.csv" in gdcli("fit", path.with_name("hieghts.csv")).err.splitlines()[1]


def test_line_numbers_count_blank_lines_and_quoted_newlines(gdcli, refused):
    refused(gdcli("fit", stdin="x,y\n\n1,2\n\n3,abc\n4,5\n"), 3, "line 5, column 'y'")
    refused(gdcli("fit", stdin='note,x,y\n"a\nb",1,2\nc,3,abc\nd,4,5\n'), 3, "line 4, column 'y'")


def test_bad_cell_far_down(gdcli, refused):
    content = "x,y\n" + "".join(f"{k},{k % 7}\n" for k in range(150_000)) + "1,oops\n"
    refused(gdcli("fit", stdin=content), 3, "line 150002, column 'y'", "'oops'")
    content = "x,y\n" + "".join(f"{k},{k % 7}\n" for k in range(150_000)) + "1\n2,3\n"
    refused(gdcli("fit", stdin=content), 3, "line 150002")


COLUMNS = [
    (["--x", "heigth"], "'heigth'", "height"),
    (["--y", "wieght"], "'wieght'", "weight"),
    (["--target", "wieght"], "'wieght'", "weight"),
    (["--x", "9"], "'9'", "height"),
    (["--x", "0"], "'0'", "height"),
    (["--x", "height,height"], "'height'", ""),
    (["--x", "height", "--y", "height"], "'height'", ""),
]


@pytest.mark.quick
@pytest.mark.parametrize(("words", "part", "hint"), COLUMNS)
def test_columns(gdcli, refused, words, part, hint):
    result = gdcli("fit", *words, stdin="id,height,weight\n1,2,3\n2,3,4\n3,4,6\n")
    refused(result, 2, part)
    assert hint in result.err.partition("\n")[2]


def test_text_column_asked_for(gdcli, refused):
    content = "name,height,y\nann,2,3\nbob,3,4\n"
    refused(gdcli("fit", "--x", "name", stdin=content), 3, "line 2, column 'name'", "'ann'")
    refused(gdcli("fit", "--x", "height", "--y", "name", stdin=content), 3, "line 2, column 'name'", "'ann'")


OPTIONS = [
    (["--lr", "nan"], "--lr"),
    (["--lr", "inf"], "--lr"),
    (["--lr", "0"], "--lr"),
    (["--lr", "-1"], "--lr"),
    (["--lr", "abc"], "'abc'"),
    (["--learning-rate", "nan"], "'nan'"),
    (["--epochs", "-1"], "--epochs"),
    (["--epochs", "1.5"], "--epochs"),
    (["--batch-size", "0"], "--batch-size"),
    (["--batch-size", "-2"], "--batch-size"),
    (["--batch-size", "half"], "--batch-size"),
    (["--validation", "1.5"], "--validation"),
    (["--validation", "0"], "--validation"),
    (["--validation", "1"], "--validation"),
    (["--validation", "-0.1"], "--validation"),
    (["--validation", "nan"], "--validation"),
    (["--optimizer", "admm"], "'admm'"),
    (["--loss", "mes"], "'mes'"),
    (["--schedule", "cosin"], "'cosin'"),
    (["--schedule", "step:evry=3"], "evry"),
    (["--schedule", "step:every=0"], "every"),
    (["--schedule", "step:every=x"], "every"),
    (["--scale", "standrad"], "'standrad'"),
    (["--scale", "0"], "--scale"),
    (["--scale", "minmax", "--standardize"], "--standardize"),
    (["--missing", "dorp"], "'dorp'"),
    (["--format", "jsn"], "'jsn'"),
    (["--color", "purple"], "'purple'"),
    (["--decimal", "x"], "'x'"),
    (["--delimiter", "abc"], "'abc'"),
    (["--encoding", "klingon"], "'klingon'"),
    (["--degree", "0"], "--degree"),
    (["--momentum", "1"], "--momentum"),
    (["--beta1", "-0.1"], "--beta1"),
    (["--beta2", "nan"], "--beta2"),
    (["--epsilon", "-1"], "--epsilon"),
    (["--weight-decay", "-1"], "--weight-decay"),
    (["--l1", "-1"], "--l1"),
    (["--l2", "inf"], "--l2"),
    (["--patience", "0", "--validation", "0.5"], "--patience"),
    (["--patience", "5"], "--patience"),
    (["--min-delta", "-1"], "--min-delta"),
    (["--tolerance", "nan"], "--tolerance"),
    (["--target-loss", "nan"], "--target-loss"),
    (["--every", "0"], "--every"),
    (["--every", "x1"], "--every"),
    (["--every", "often"], "--every"),
    (["--warmup", "-1"], "--warmup"),
    (["--lr-at", "5"], "--lr-at"),
    (["--lr-at", "5:nan"], "--lr-at"),
    (["--lr-at", "5:0"], "--lr-at"),
    (["--lr-at", "-1:0.1"], "--lr-at"),
    (["--lr-at", "1.5:0.1"], "--lr-at"),
    (["--threads", "0"], "--threads"),
    (["--seed", "-1"], "--seed"),
    (["--seed", "1.5"], "--seed"),
    (["--m", "nan"], "--m"),
    (["--b", "inf"], "--b"),
    (["--start", "1"], "--start"),
    (["--start", "1,2,3"], "--start"),
    (["--start", "1,nan"], "--start"),
    (["--start", "1,,2"], "--start"),
    (["--start", "1,2", "--m", "1"], "--start"),
    (["--no-intercept", "--b", "3"], "--b"),
    (["--nosuch"], "--nosuch"),
    (["--lambda", "1"], "--lambda"),
    (["second.csv"], "second.csv"),
    (["--plot", "none"], "--plot takes no value, and there are no rows named 'none'"),
    (["--no-plot", "all"], "--no-plot takes no value, and there are no rows named 'all'"),
    (["--timing", "yes"], "--timing takes no value, and there are no rows named 'yes'"),
]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("words", "part"), OPTIONS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_options(gdcli, refused, tmp_path, words, part):
    out = tmp_path / "out.json"
    result = gdcli("fit", "sample:deck", *words)
    refused(result, 2, part)
    assert "Invalid value" not in result.err, "the parser's words, not this program's"
    assert gdcli("fit", "sample:deck", "-o", out, *words).code == 2
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("99999999999999999999", "is above 9223372036854775807, the largest whole number"),
        ("9223372036854775808", "is above 9223372036854775807"),
        ("9" * 5000, "is above 9223372036854775807"),
        ("1e30", "is above 9223372036854775807"),
        ("1e3", "is not a whole number in digits: write 1000"),
        ("1000.0", "is not a whole number in digits: write 1000"),
        ("1.5", "is not a whole number, 0 or above"),
        ("-1", "is not a whole number, 0 or above"),
        ("-1e3", "is not a whole number, 0 or above"),
        ("", "is not a whole number, 0 or above"),
        ("inf", "is not a whole number, 0 or above"),
    ],
)
def test_a_seed_that_is_none_is_told_why(gdcli, refused, given, why):
    refused(gdcli("show", "sample:deck", "--seed", given), 2, "--seed", why)


@pytest.mark.parametrize(
    ("given", "why"),
    [("1e1", "in digits: write 10"), ("1e3", "from 1 to 100"), ("101", "from 1 to 100"), ("9" * 30, "from 1 to 100")],
)
def test_a_degree_that_is_none_is_told_why(gdcli, refused, given, why):
    refused(gdcli("fit", "sample:deck", "--degree", given), 2, "--degree", why)


def test_the_largest_seed_is_one(gdcli):
    assert gdcli("show", "sample:deck", "--seed", "9223372036854775807").code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["fti"], "fit"),
        (["fit", "sample:deck", "--epoch", "3"], "--epochs"),
        (["fit", "sample:deck", "--optimizer", "admm"], "adam"),
        (["fit", "--format", "jsn"], "json"),
        (["fit", "sample:deck", "--loss", "huberr"], "huber"),
        (["fit", "sample:deck", "--schedule", "cosin"], "cosine"),
        (["fit", "sample:deck", "--learningrate", "1"], "--learning-rate"),
        (["sample", "irsi"], "iris"),
    ],
)
def test_did_you_mean(gdcli, refused, words, hint):
    result = gdcli(*words)
    refused(result, 2)
    assert hint in result.err


def test_lr_message_is_clean(gdcli):
    line = gdcli("fit", "sample:deck", "--lr", "nan").err.splitlines()[0]
    assert line.startswith("gdcli: --lr")
    assert line.count("'") == 2, line  # around the value alone


@pytest.mark.parametrize(("out", "part"), [("missing/out.csv", "missing"), ("", "folder")])
def test_output_with_nowhere_to_go(gdcli, refused, tmp_path, out, part):
    refused(gdcli("fit", "sample:deck", "-o", tmp_path / out), 3, part)
    assert list(tmp_path.iterdir()) == []


def test_an_old_output_survives_a_failure(gdcli, table):
    out = table("precious", "out.csv")
    assert gdcli("fit", "-o", out, stdin="x,y\n1,2\n3,oops\n").code == 3
    assert gdcli("fit", "sample:deck", "--lr", "nan", "-o", out).code == 2
    assert out.read_text() == "precious"
    assert [path.name for path in out.parent.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    "name", ["[red]x[/red]", "\x1b[31mx\x1b[0m", "\x9b31mx", "\x1b]0;title\x07", "\u202ex", "[/]", "%s{0}"]
)
def test_names_and_cells_are_only_text(gdcli, name):
    table = f'"{name}",y\n1,3\n2,5\n3,8\n'
    for command in (["fit", "--epochs", 3], ["step"], ["score", "--m", 1]):
        for tty in (False, True):
            result = gdcli(*command, stdin=table, tty=tty, environ={"NO_COLOR": "1"})
            assert result.code == 0, result.err
            shown = result.out + result.err
            assert not any(sign in shown for sign in "\x1b\x9b\x07")
            if name.isprintable() and command[0] != "step":  # a step writes m and b alone
                assert name in shown
    bad = gdcli("fit", stdin=f'x,y\n1,3\n2,"{name}"\n')
    assert bad.code == 3
    assert not any(sign in bad.err for sign in "\x1b\x9b\x07")


@pytest.mark.parametrize("form", ["csv", "tsv", "kv", "jsonl", "json"])
def test_no_escape_reaches_a_terminal_in_any_format(gdcli, form):
    table = '"\x1b]0;evil\x07a",b,y\n1,2,3\n2,5,5\n3,1,8\n'
    result = gdcli(
        "fit", "--lr", "1e-3", "--epochs", 1, "--format", form, stdin=table, tty=True, environ={"NO_COLOR": "1"}
    )
    assert result.code == 0
    assert "\x1b" not in result.out


def test_a_name_with_a_line_end_stays_on_one_line(gdcli):
    result = gdcli("fit", "--epochs", 1, "--format", "kv", stdin='"a\nb",y\n1,3\n2,5\n3,8\n')
    assert all("=" in line for line in result.out.splitlines()), "kv is name=value lines"
    assert "a\nb" not in gdcli("fit", "--epochs", 1, stdin='"a\nb",y\n1,3\n2,5\n3,8\n').err
