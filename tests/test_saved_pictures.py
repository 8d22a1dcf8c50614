"""Pictures as files: each command's, by the ending, light and dark, all or nothing, and opened in a browser."""

import html.parser
import re
import shlex
import sys
import xml.etree.ElementTree as ET

import pytest
from browser import MISSING, Browser

from gdcli.render import theme
from gdcli.render.charts.plots import Chart, Series
from gdcli.render.screen import Screen, paint
from gdcli.render.svg.charts import draw_chart
from gdcli.render.svg.ink import Ink
from gdcli.render.svg.words import CELL, draw_words

SVG = "{http://www.w3.org/2000/svg}"
ROWS = "x,y\n" + "".join(f"{x},{2 * x + 1 + (x % 3) / 10}\n" for x in range(12))
CLASSES = "a,b,kind\n" + "".join(f"{x % 5},{x % 7},{'yes' if x % 5 > 2 else 'no'}\n" for x in range(40))
COMMANDS = {
    "fit": ["fit", "rows.csv", "--epochs", "20"],
    "train": ["train", "classes.csv", "--hidden", "3", "--epochs", "4", "--lr", "0.01"],
    "step": ["step"],
    "network step": ["step", "classes.csv", "--hidden", "2"],
    "score": ["score", "rows.csv", "--m", "2", "--b", "1"],
    "score by loss": ["score", "rows.csv", "--m", "2", "--b", "1", "--loss", "mae"],
    "limit": ["limit"],
    "local limit": ["limit", "--loss", "huber"],
    "sweep": ["sweep", "fit", "rows.csv", "--lr", "0.001,0.01", "--epochs", "5"],
    "surface": ["surface", "--lr", "0.1,0.2"],
    "activation": ["activation", "relu", "tanh"],
    "loss": ["loss"],
    "lr-find": ["lr-find", "fit", "rows.csv"],
    "evaluate": ["evaluate", "model.safetensors", "classes.csv"],
    "show": ["show", "classes.csv"],
    "images": ["show", "sample:digits"],
    "collapse": ["collapse", "model.safetensors", "classes.csv"],
}


@pytest.fixture(autouse=True)
def rows(tmp_path, monkeypatch, gdcli):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "classes.csv").write_text(CLASSES)
    base = ["train", "classes.csv", "--hidden", "2", "--activation", "linear", "--epochs", "1", "-q"]
    assert gdcli(*base, "--save", "model.safetensors").code == 0
    return tmp_path


def words_of(text):
    return "\n".join(node.text or "" for node in ET.fromstring(text).iter(f"{SVG}text"))  # noqa: S314 - our own


def alone(text):
    """Holds that nothing is fetched and nothing runs."""
    assert set(re.findall(r"https?://[^\"' ]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import|@font-face|\bon\w+=|javascript:|<script|\bnan\b", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_writes_its_pictures(gdcli, rows, name):
    files = ["a.svg", "a.html", "a.txt"]
    result = gdcli(*COMMANDS[name], *(word for file in files for word in ("--save", file)))
    assert result.code == 0, result.err
    svg, page, text = ((rows / file).read_text(encoding="utf-8") for file in files)
    alone(svg)
    alone(page)
    assert "\x1b" not in text
    command = COMMANDS[name][0]
    for content in (words_of(svg), text):
        assert f"rerun: gdcli {command} " in content
    assert page.count("<svg ") == 2


def test_a_line_is_drawn_where_its_values_are():
    chart = Chart([Series([0, 1, 4], [0, 10, 20], label="one")], "title")
    body = draw_chart(chart, 400, 300, Ink()).body
    left, top = map(float, re.search(r'translate\(([\d.]+) ([\d.]+)\)"><rect', body.replace("\n", "")).groups())
    wide, tall = map(float, re.search(r'<rect width="([\d.]+)" height="([\d.]+)" fill="none"', body).groups())
    path = re.search(r'<path fill="none" stroke="#1d63c8"[^>]* d="(M[^"]*)"', body.split("translate")[1])[1]
    spots = [tuple(map(float, spot.split())) for spot in re.split("[ML]", path)[1:]]
    for spot, truth in zip(spots, [(0, tall), (wide / 4, tall / 2), (wide, 0)], strict=True):
        assert spot == pytest.approx(truth, abs=0.1)
    assert left + wide <= 400
    assert top + tall <= 300


def test_colours_are_those_of_the_meaning_on_each_ground():
    chart = Chart([Series([0, 1], [0, 1], meaning=theme.VALIDATION)], "title")
    for dark in (False, True):
        hue = theme.VALIDATION.color
        mine, other = (hue.dark, hue.light) if dark else (hue.light, hue.dark)
        body = draw_chart(chart, 300, 200, Ink(dark)).body
        assert mine in body
        assert other not in body


def test_curves_are_told_apart_without_colour():
    series = [Series([0, 1], [at, at + 1], label=str(at), meaning=theme.CLASSES[at]) for at in range(4)]
    body = draw_chart(Chart(series, "title"), 400, 300, Ink()).body
    pens = re.findall(r'stroke="(#\w+)" stroke-width="2.2"( stroke-dasharray="[^"]*")?', body)
    assert len({dash for _, dash in pens}) == 4


def test_words_keep_their_columns_and_colours():
    line = "a   " + paint("good", theme.BEST, Screen())
    body = draw_words([line], Ink(dark=True)).body
    assert f'x="{4 * CELL:.1f}"' in body
    assert theme.BEST.color.dark in body


def test_themes(gdcli, rows):
    assert gdcli("step", "--save", "l.svg", "--theme", "light").code == 0
    assert gdcli("step", "--save", "d.svg", "--save", "d.html", "--theme", "dark").code == 0
    assert f'fill="{theme.LIGHT.paper}"' in (rows / "l.svg").read_text()
    assert f'fill="{theme.DARK.paper}"' in (rows / "d.svg").read_text()
    assert (rows / "d.html").read_text().count("<svg ") == 1
    assert gdcli("step", "--save", "both.html").code == 0
    assert "prefers-color-scheme" in (rows / "both.html").read_text()


def test_a_model_and_pictures_at_once_and_the_rerun_makes_both(gdcli, rows):
    first = gdcli("fit", "rows.csv", "--epochs", "9", "--save", "m.safetensors", "--save", "p.svg", "--save", "p.txt")
    assert first.code == 0
    saved = {name: (rows / name).read_bytes() for name in ("m.safetensors", "p.svg", "p.txt")}
    words = shlex.split(first.err.split("rerun: gdcli ")[1].split("\n")[0])
    assert [words[at + 1] for at, word in enumerate(words) if word == "--save"] == [*saved]
    for name in saved:
        (rows / name).unlink()
    assert gdcli(*words).code == 0
    assert {name: (rows / name).read_bytes() for name in saved} == saved


def test_a_diverged_run_has_a_picture_and_no_model(gdcli, rows):
    result = gdcli(
        "fit", "--lr", "0.3", "--m", "-1", "--b", "5", "--epochs", "900", "--save", "x.svg", "--save", "x.safetensors"
    )
    assert result.code == 4
    assert "0.2918" in words_of((rows / "x.svg").read_text())
    assert not (rows / "x.safetensors").exists()


@pytest.mark.parametrize("ending", ["txt", "html", "svg"])
def test_names_that_a_terminal_obeys_or_that_are_no_utf_8(gdcli, rows, ending):
    file = f"out.{ending}"
    assert gdcli("show", "rows.csv", "--test", "none\udcff\x1b[31m.csv", "--save", file).code == 0
    text = (rows / file).read_text(encoding="utf-8")
    assert "none?" in text
    assert "\x1b" not in text


def test_text_that_markup_means(gdcli, rows):
    (rows / "odd.csv").write_text('<b>&x</b>,"]]>"\n1,2\n2,4\n3,7\n')
    assert gdcli("fit", "odd.csv", "--epochs", "3", "--save", "odd.svg", "--save", "odd.html").code == 0
    assert "<b>&x</b>" in words_of((rows / "odd.svg").read_text())
    tags = []
    reader = html.parser.HTMLParser()
    reader.handle_starttag = lambda tag, _: tags.append(tag)
    reader.feed((rows / "odd.html").read_text())
    assert "b" not in tags


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["fit", "--save", "x.jpg"], 2, "ends in none of .safetensors, .svg, .png, .html, .txt"),
        (["step", "--save", "x.jpg"], 2, "ends in none of .svg, .png, .html, .txt"),
        (["step", "--save", "x.safetensors"], 2, "there is none here"),
        (["step", "--save", ""], 2, ".svg"),
        (["step", "--save", "none/x.svg"], 3, "no folder 'none'"),
        (["step", "--save", "a.svg", "--save", "a.svg"], 2, "the same name"),
        (["step", "--save", "a.svg", "--theme", "blue"], 2, "light, dark"),
        (["step", "--theme", "dark"], 2, "--theme"),
        (["step", "--save", "a.svg", "--save", "./a.svg"], 2, "two files have the same name"),
        (["step", "-o", "./a.txt", "--save", "a.txt"], 2, "-o and --save"),
        (["limit", "--save", "a.svg", "--format", "value"], 2, "--format value"),
        (["mse", "--m", "1", "--b", "0", "--save", "x.svg"], 2, "--save"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_writes_nothing(gdcli, refused, rows, words, code, part):
    before = {path.name for path in rows.iterdir()}
    refused(gdcli(*words), code, part)
    assert {path.name for path in rows.iterdir()} == before


def test_a_png_without_its_package_names_it(gdcli, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    monkeypatch.setattr("gdcli.render.svg.names.find_spec", lambda _: None)
    refused(gdcli("step", "--save", "x.png"), 2, "resvg-py")


def test_a_png_has_twice_the_pixels(gdcli, rows):
    pytest.importorskip("resvg_py")
    assert gdcli("step", "--save", "x.png").code == 0
    content = (rows / "x.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(content[16:20], "big") == 2 * 960


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
def test_a_page_opens_in_a_browser_and_asks_for_nothing(gdcli, rows):
    """The pictures as they are on a light ground, and no address but the file's own."""
    assert gdcli("surface", "--save", "page.html").code == 0
    assert gdcli("fit", "rows.csv", "--epochs", "9", "--save", "fit.html").code == 0
    with Browser() as browser:
        for name in ("page.html", "fit.html"):
            browser.get((rows / name).as_uri())
            shown = "return [...document.querySelectorAll('svg')].filter(one => one.checkVisibility()).length"
            assert browser.execute(shown) == 1
        assert {address for address in browser.requests() if not address.startswith("file:")} <= {"about:blank"}
