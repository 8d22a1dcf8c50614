"""Output: formats, thinning, files, the rerun line, colour, pipes and full disks."""

import os
import shlex
import stat
import subprocess

import pytest

FORMATS = ["table", "csv", "tsv", "json", "jsonl", "kv"]
DECK = ["sample:deck", "--m", -1, "--b", 5]
COMMANDS = {
    "fit": ["fit", *DECK, "--epochs", 30],
    "fit by chance": ["fit", "sample:bmi", "--standardize", "--batch-size", 32, "--epochs", 4, "--validation", 0.2],
    "fit by another optimizer": ["fit", "sample:line", "--optimizer", "adam", "--lr", 0.5, "--epochs", 9, "--seed", 3],
    "fit with much": [
        "fit",
        *DECK,
        "--lr-at",
        "3:0.2",
        "--schedule",
        "step:every=9,factor=0.5",
        "--l2",
        0.1,
        "--every",
        7,
    ],
    "fit that diverges": ["fit", *DECK, "--lr", 2],
    "score": ["score", *DECK],
    "step": ["step", *DECK, "--steps", 3, "--optimizer", "adam", "--trace"],
    "sample": ["sample", "blobs", "--rows", 12, "--noise", 0.3],
}


def numbers_of(form, result):
    """The history of a fit, whatever its format."""
    rows = result.json["history"] if form == "json" else getattr(result, form)
    return [(int(row["epoch"]), float(row["loss"]), float(row["m"]), float(row["b"])) for row in rows]


class TestFormats:
    def test_all_hold_the_same_numbers_at_full_precision(self, gdcli):
        forms = ["csv", "tsv", "json", "jsonl"]
        runs = [numbers_of(form, gdcli("fit", *DECK, "--epochs", 30, "--format", form)) for form in forms]
        assert all(run == runs[0] for run in runs)
        assert len(runs[0]) == 31
        m, b = -1.0, 5.0
        for epoch, loss, got_m, got_b in runs[0]:
            assert (epoch == 0) <= (loss == 2.5)
            assert (got_m, got_b) == pytest.approx((m, b), rel=1e-12)
            m, b = m - 0.1 * (5 * m + 3 * b - 13), b - 0.1 * (3 * m + 2 * b - 8)

    def test_kv_can_be_evaluated(self, process):
        words = ["fit", *DECK, "--epochs", 491, "--format", "kv"]
        result = process(*words, script='eval "$("$@")" && echo "$run_status $epochs $m $b $train_mse"')
        status, epochs, m, b, mse = result.out.split()
        assert (status, epochs) == ("completed", "491")
        assert ((float(m) + float(b) - 3) ** 2 + (2 * float(m) + float(b) - 5) ** 2) / 2 == pytest.approx(float(mse))

    @pytest.mark.parametrize(
        "name", ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "it's", "a b", "-x", "1x", "PATH"]
    )
    def test_kv_of_a_hostile_name_is_only_text(self, gdcli, table, tmp_path, name):
        data = table(f'"{name}",c,y\n1,2,3\n2,5,5\n3,1,8\n')
        told = gdcli("fit", data, "--lr", "1e-3", "--epochs", 1, "--format", "kv", "-q")
        assert (told.code, told.err) == (0, "")
        script = 'set -e; eval "$1"; echo "$run_status $equation"'
        shell = subprocess.run(
            ["bash", "-c", script, "bash", told.out], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert shell.stderr == ""
        assert shell.stdout.startswith("completed y = ")
        assert not (tmp_path / "pwned").exists()

    def test_kv_names_do_not_collide(self, gdcli):
        table = "a b,a-b,a_b,y\n1,3,4,4\n2,5,5,1\n3,8,1,7\n4,1,1,2\n"
        lines = gdcli("fit", "--lr", "1e-3", "--epochs", 1, "--format", "kv", stdin=table).out.splitlines()
        names = [line.split("=")[0] for line in lines]
        assert len(set(names)) == len(names)
        assert all(name.isidentifier() and name.isascii() for name in names)

    def test_csv_quotes_names(self, gdcli):
        table = '"a,1","b""q",y\n1,3,4\n2,5,1\n3,8,7\n'
        header = list(gdcli("fit", "--lr", "1e-3", "--epochs", 1, "--format", "csv", stdin=table).csv[0])
        assert header[-3:] == ["w_a,1", 'w_b"q', "b"]

    @pytest.mark.parametrize("form", FORMATS)
    def test_stdout_holds_results_alone_and_no_colour(self, gdcli, form):
        for words in COMMANDS.values():
            result = gdcli(*words, "--format", form)
            assert result.code in (0, 4)
            assert "\x1b" not in result.out + result.err
            assert "rerun:" not in result.out
            assert result.out.endswith("\n")
            assert not any(0x2800 <= ord(sign) < 0x2900 or 0x2500 <= ord(sign) < 0x25A0 for sign in result.out)
            assert not any(line != line.rstrip() for line in result.out.splitlines() if form != "tsv")

    def test_json_names_its_schema_and_has_no_clock(self, gdcli):
        for command in ("fit", "score", "step", "sample"):
            report = gdcli(*COMMANDS[command], "--format", "json").json
            assert report["schema"] == f"gdcli.{command}/1"
            assert not any("second" in name or "time" in name for name in report)

    def test_timing_on_request(self, gdcli):
        plain = gdcli("fit", *DECK, "--epochs", 2, "--format", "csv").csv[0]
        timed = gdcli("fit", *DECK, "--epochs", 2, "--format", "csv", "--timing").csv[0]
        assert len(timed) == len(plain) + 1

    def test_quiet_silences_notes_alone(self, gdcli):
        for words in COMMANDS.values():
            loud, quiet = gdcli(*words, "--format", "csv"), gdcli(*words, "--format", "csv", "-q")
            assert loud.out == quiet.out
            if loud.code == 0:
                assert quiet.err == ""
        assert "gdcli: diverged" in gdcli("fit", *DECK, "--lr", 2, "-q").err


class TestEvery:
    @pytest.mark.quick
    @pytest.mark.parametrize(
        ("every", "epochs"),
        [
            ("1", list(range(31))),
            ("7", [0, 7, 14, 21, 28, 30]),
            ("100", [0, 30]),
            ("x2", [0, 1, 2, 4, 8, 16, 30]),
            ("x10", [0, 1, 10, 30]),
        ],
    )
    @pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
    def test_rows(self, gdcli, every, epochs, form):
        result = gdcli("fit", *DECK, "--epochs", 30, "--every", every, "--format", form)
        assert [row[0] for row in numbers_of(form, result)] == epochs

    @pytest.mark.parametrize("seed", range(3))
    def test_auto_is_about_twenty_with_first_last_and_best(self, gdcli, seed):
        words = ["fit", "sample:diabetes", "--standardize", "--validation", 0.2, "--epochs", 300, "--seed", seed]
        full = gdcli(*words, "--format", "csv").csv
        best = min(full, key=lambda row: float(row["validation_loss"]))["epoch"]
        thin = [row["epoch"] for row in gdcli(*words, "--every", "auto", "--format", "csv").csv]
        assert 12 <= len(thin) <= 30
        assert (thin[0], thin[-1]) == ("0", "300")
        assert best in thin

    def test_default_of_tables_is_auto_and_of_csv_every_row(self, gdcli):
        table = gdcli("fit", *DECK, "--epochs", 300).out.split("\n\n")[0].splitlines()
        assert 12 <= len(table) - 1 <= 30
        assert len(gdcli("fit", *DECK, "--epochs", 300, "--format", "csv").csv) == 301


class TestRerun:
    @pytest.mark.quick
    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize("case", COMMANDS)
    def test_twice_and_by_the_printed_command_are_the_same_bytes(self, gdcli, case, form):
        first, second = (gdcli(*COMMANDS[case], "--format", form) for _ in range(2))
        assert first == second
        if case == "sample":
            return
        again = gdcli(*first.rerun)
        assert again == first
        if form == "json":
            assert shlex.split(first.json["rerun"])[1:] == first.rerun
            assert "--seed" in first.rerun or case == "score"

    @pytest.mark.parametrize("name", ["a b.csv", "it's.csv", "$(x).csv", "[red].csv", "größe.csv"])
    def test_odd_file_names(self, gdcli, table, name):
        first = gdcli("fit", table("x,y\n1,3\n2,5\n", name), "--epochs", 3, "--format", "csv")
        assert first.code == 0
        assert gdcli(*first.rerun) == first

    def test_without_data_it_names_the_example(self, gdcli):
        first = gdcli("fit", "--format", "csv")
        assert "sample:deck" in first.rerun
        assert gdcli(*first.rerun).out == first.out

    def test_from_stdin_it_says_so(self, gdcli):
        first = gdcli("fit", "--format", "csv", "--epochs", 3, stdin="x,y\n1,3\n2,5\n")
        assert gdcli(*first.rerun, stdin="x,y\n1,3\n2,5\n").out == first.out

    def test_repeated_options(self, gdcli):
        first = gdcli("fit", *DECK, "--lr", 2, "--lr", 0.05, "--epochs", 3, "--format", "json", "--format", "csv")
        assert first.floats[1]["lr"] == 0.05
        assert gdcli(*first.rerun) == first

    def test_aliases(self, gdcli):
        base = gdcli("fit", *DECK, "--lr", 0.05, "--epochs", 3, "--format", "csv")
        assert gdcli("fit", *DECK, "--learning-rate", 0.05, "--epochs", 3, "-f", "csv") == base
        assert (
            gdcli("fit", "--epochs", 3, "--format=csv", "--lr=0.05", "--m=-1", "--b=5", "sample:deck").out == base.out
        )


class TestFile:
    @pytest.mark.parametrize("form", FORMATS)
    def test_same_bytes_as_stdout(self, gdcli, tmp_path, form):
        for name, words in COMMANDS.items():
            out = tmp_path / f"{name}.out"
            shown, written = gdcli(*words, "--format", form), gdcli(*words, "--format", form, "-o", out)
            assert (written.code, written.out) == (shown.code, "")
            if form != "json" and form != "kv":  # these hold the command itself, with its -o
                assert out.read_bytes().decode() == shown.out
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.out" for name in COMMANDS)

    def test_an_equals_sign_after_the_short_option_is_no_part_of_a_name(self, gdcli, refused, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        refused(gdcli("fit", "-o=out.csv"), 2, "=out.csv", "begins with =")
        assert list(tmp_path.iterdir()) == []
        assert gdcli("fit", "--epochs", 2, "-o", "./=out.csv").code == 0
        assert [path.name for path in tmp_path.iterdir()] == ["=out.csv"]

    def test_replaces_through_a_link_and_keeps_its_mode(self, gdcli, tmp_path):
        target, link = tmp_path / "target.csv", tmp_path / "link.csv"
        target.write_text("old")
        target.chmod(0o640)
        link.symlink_to(target)
        assert gdcli("fit", *DECK, "--epochs", 2, "--format", "csv", "-o", link).code == 0
        assert link.is_symlink()
        assert target.read_text().startswith("epoch,")
        assert stat.S_IMODE(target.stat().st_mode) == 0o640

    def test_new_file_has_the_usual_mode(self, gdcli, tmp_path):
        mask = os.umask(0o022)
        try:
            gdcli("fit", *DECK, "--epochs", 2, "-o", tmp_path / "out.txt")
        finally:
            os.umask(mask)
        assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o644

    def test_a_device_is_written_to_and_not_replaced(self, gdcli):
        assert gdcli("fit", *DECK, "--epochs", 2, "-o", os.devnull).code == 0
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)  # noqa: PTH116

    def test_full_device(self, gdcli):
        result = gdcli("fit", *DECK, "--epochs", 2, "-o", "/dev/full")
        assert result.code == 3
        assert "no space left" in result.err.lower()

    def test_colour_never_reaches_a_file(self, gdcli, tmp_path):
        out = tmp_path / "out.txt"
        gdcli("fit", *DECK, "--epochs", 9, "-o", out, tty=True, environ={"TERM": "xterm-256color"})
        assert "\x1b" not in out.read_text()

    def test_onto_its_own_data(self, gdcli, table):
        data = table("x,y\n1,3\n2,5\n")
        assert gdcli("fit", data, "--epochs", 2, "--format", "csv", "-o", data).code == 0
        assert data.read_text().startswith("epoch,")


TERM = {"TERM": "xterm-256color"}


class TestColour:
    @pytest.mark.parametrize(
        ("words", "environ", "tty", "coloured"),
        [
            ([], {}, False, False),
            ([], TERM, True, True),
            ([], TERM | {"NO_COLOR": "1"}, True, False),
            ([], TERM | {"NO_COLOR": ""}, True, True),
            ([], {"TERM": "dumb"}, True, False),
            ([], {"FORCE_COLOR": "1"}, False, True),
            ([], {"CLICOLOR_FORCE": "1"}, False, True),
            ([], {"FORCE_COLOR": "0"}, False, False),
            ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
            ([], {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
            (["--color", "always"], {"NO_COLOR": "1"}, False, True),
            (["--color", "never"], TERM | {"FORCE_COLOR": "1"}, True, False),
            (["--color", "auto"], TERM, True, True),
        ],
    )
    def test_order_of_precedence(self, gdcli, words, environ, tty, coloured):
        result = gdcli("fit", *DECK, "--epochs", 9, *words, environ=environ, tty=tty)
        assert ("\x1b[" in result.out) == coloured

    @pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl", "kv"])
    def test_machine_formats_never_have_any(self, gdcli, form):
        for words in COMMANDS.values():
            assert "\x1b" not in gdcli(*words, "--format", form, "--color", "always").out

    def test_errors_have_none_off_a_terminal(self, gdcli):
        assert "\x1b" not in gdcli("fit", "nothing.csv").err
        assert "\x1b" in gdcli("fit", "nothing.csv", tty=True, environ=TERM).err

    def test_colour_only_repeats_the_text(self, gdcli):
        import re

        coloured = gdcli("fit", *DECK, "--epochs", 9, "--color", "always").out
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == gdcli("fit", *DECK, "--epochs", 9).out


class TestPlots:
    def test_off_a_terminal_only_when_asked(self, gdcli):
        plain, plotted = gdcli("fit", *DECK), gdcli("fit", *DECK, "--plot")
        rows, answer = plain.out.strip("\n").split("\n\n")  # pictures stand between: the answer comes last
        assert plotted.out.startswith(f"{rows}\n".lstrip("\n"))
        assert plotted.out.rstrip("\n").endswith(answer)
        assert len(plotted.out.splitlines()) > len(plain.out.splitlines()) + 10

    def test_on_a_terminal_unless_declined(self, gdcli):
        environ = {"NO_COLOR": "1", "TERM": "xterm"}
        shown, declined = (gdcli("fit", *DECK, *words, tty=True, environ=environ) for words in ([], ["--no-plot"]))
        assert "└┬" in shown.out
        assert "└┬" not in declined.out

    @pytest.mark.parametrize("form", ["csv", "json", "jsonl", "kv"])
    def test_never_in_machine_formats(self, gdcli, form):
        words = ["fit", *DECK, "--epochs", 9, "--format", form]
        assert gdcli(*words, tty=True).out == gdcli(*words).out

    @pytest.mark.parametrize("words", [["--lr", 2], ["--lr", "1e300"], ["--epochs", 0], ["--epochs", 1]])
    def test_of_runs_that_are_hard_to_draw(self, gdcli, words):
        result = gdcli("fit", *DECK, *words, "--plot")
        assert result.code in (0, 4)
        assert "a bug" not in result.err

    def test_fit_the_width(self, gdcli):
        assert max(len(line) for line in gdcli("fit", *DECK, "--plot").out.splitlines()) <= 80

    def test_of_several_inputs_constant_targets_and_perfect_fits(self, gdcli):
        for table in ("a,c,y\n1,2,3\n4,5,6\n7,8,10\n", "x,y\n1,5\n2,5\n3,5\n", "x,y\n1,0\n2,0\n"):
            result = gdcli("fit", "--lr", "1e-3", "--epochs", 50, "--plot", stdin=table)
            assert result.code == 0, result.err


class TestStreams:
    def test_a_reader_that_goes_away_is_no_error(self, process):
        for words in (
            ["fit", *DECK, "--epochs", 20000, "--format", "jsonl"],
            ["fit", *DECK, "--epochs", 3000, "--format", "csv"],
            ["fit", *DECK, "--epochs", 3000, "--format", "json"],
            ["sample", "digits"],
        ):
            result = process(*words, script='set -o pipefail; "$@" | head -1')
            assert result.code == 0, result.err
            assert len(result.out.splitlines()) == 1
            assert "gdcli: " not in result.err.replace("rerun: gdcli", "")
            assert "Broken" not in result.err

    @pytest.mark.parametrize("command", ["fit", "score", "step", "sample"])
    def test_a_full_disk(self, process, command):
        result = process(*COMMANDS[command], script='"$@" >/dev/full')
        assert result.code == 3
        assert [line for line in result.err.splitlines() if "no space left" in line.lower()]
        assert "Traceback" not in result.err
        assert "Exception ignored" not in result.err

    def test_a_closed_stdout_or_stderr(self, process):
        for redirect, code in ((">&-", 3), ("2>&-", 0), ("<&-", 0), ("<&- >&- 2>&-", 3)):
            result = process("fit", *DECK, "--epochs", 3, script=f'"$@" {redirect}')
            assert result.code == code, (redirect, result.err)

    def test_errors_keep_their_code_without_stderr(self, process):
        assert process("fit", "nothing.csv", script='"$@" 2>&-').code == 3
        assert process("fit", "nothing.csv", script='"$@" 2>/dev/full').code == 3

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    @pytest.mark.parametrize(
        "words", [["sample"], ["fit", "data.csv", "--lr", "1e-3", "--epochs", 5, "--plot"], ["step", "data.csv"]]
    )
    def test_a_stdout_that_cannot_encode(self, process, tmp_path, encoding, words):
        (tmp_path / "data.csv").write_text("größe,预测,y\n1,3,4\n2,5,5\n3,8,1\n", encoding="utf-8")
        result = process(*words, script='"$@" | cat -v', environ={"PYTHONIOENCODING": encoding})
        assert result.code == 0
        assert "Traceback" not in result.err
        assert "Unicode" not in result.err

    def test_a_plot_in_ascii(self, process):
        plain = process("fit", *DECK, "--plot", environ={"PYTHONIOENCODING": "ascii"})
        assert plain.out.isascii()
        assert "\\u" not in plain.out
