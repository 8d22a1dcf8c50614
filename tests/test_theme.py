"""The theme: every meaning has one colour and one mark, both can be told apart, and no colour is written elsewhere."""

import ast
import io
import re
import tokenize
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import gdcli
from gdcli.render import theme
from gdcli.render.screen import Screen, columns, paint
from gdcli.render.theme import Hue, Meaning

ROOT = Path(gdcli.__file__).parent
OWN = {"render/theme.py", "render/raster/colormap.py"}
ESCAPES = {"render/screen.py", "render/raster/canvas.py"}  # they write a colour that they are given
FILES = [path for folder in ("render", "live", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
NAMES = set("black red green yellow blue magenta cyan white orange purple pink teal gray grey brown bold dim".split())  # noqa: SIM905
HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}\b")
PACKED = re.compile(r"0x[0-9a-fA-F]{6}")

MEANINGS = [value for value in vars(theme).values() if isinstance(value, Meaning)]
DRAWN = [one for one in MEANINGS if one.mark]
ON_MAPS = {theme.PATH, theme.EDGE, theme.MISSING, theme.ZERO}
ERRORS = theme.PERFECT, theme.RESIDUAL, theme.SQUARED
TOGETHER = {
    "loss curves": (theme.TRAINING, theme.VALIDATION, theme.TEST, theme.BATCH, theme.GHOST),
    "data and model": (
        theme.DATA,
        theme.START,
        theme.GHOST,
        theme.FITTED,
        theme.PERFECT,
        theme.RESIDUAL,
        theme.SQUARED,
    ),
    "loss surface": (theme.START, theme.OPTIMUM, theme.GHOST, theme.CURRENT, theme.PATH, theme.STEP),
    "dial": (theme.RATE, theme.LIMIT, theme.AXIS),
    "activation": (theme.VALUE, theme.SLOPE),
    "diagram": (theme.POSITIVE, theme.NEGATIVE),
    "classes": theme.CLASSES,
}


def literals(text):
    """Colours that a source writes itself."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            found += HEX.findall(node.value) or [node.value] * bool(words and set(words) <= NAMES)
        elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 3:
            values = [one.value for one in node.elts if isinstance(one, ast.Constant) and type(one.value) is int]
            found += [str(values)] * (len(values) == 3 and max(values) < 256 and sum(values) > 60)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return found + [one.string for one in tokens if one.type == tokenize.NUMBER and PACKED.fullmatch(one.string)]


def luminance(rgb):
    """Relative luminance, by WCAG 2.2."""
    light = np.array(rgb) / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    """The contrast ratio of two colours, by WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def parsed(text):
    """The channels of a colour as HTML writes it."""
    digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]


def cube(number):
    """The channels of one of 256 colours: 6 x 6 x 6 from 16 on, greys from 232 on."""
    if number >= 232:
        return [8 + 10 * (number - 232)] * 3
    return [(0, 95, 135, 175, 215, 255)[(number - 16) // part % 6] for part in (36, 6, 1)]


def test_no_colour_is_written_outside_the_theme():
    wrong = {
        name: found
        for path in FILES
        if (name := path.relative_to(ROOT).as_posix()) not in OWN and (found := literals(path.read_text("utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize("text", ['paint(x, "red", s)', "f'<g fill=\"#e2283c\">{x}'", "(226, 40, 60)", "0xFFFFFF"])
def test_a_colour_is_seen_wherever_it_is_written(text):
    assert literals(text)


def test_escape_sequences_are_written_where_colours_become_text():
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if any(
            isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\x1b\[[\d;]*m?$", node.value)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert set(wrong) <= ESCAPES


def test_a_meaning_has_one_name():
    names = [one.name for one in (*MEANINGS, *theme.CLASSES)]
    assert len(set(names)) == len(names)


def test_a_meaning_has_one_mark_one_column_wide():
    for one in (*DRAWN, *theme.CLASSES):
        assert columns(one.mark) == columns(one.ascii) == 1, one
        assert one.ascii.isascii(), one
        assert (one.sign(True), one.sign(False)) == (one.mark, one.ascii)


@pytest.mark.parametrize("together", TOGETHER.values(), ids=TOGETHER)
def test_what_appears_together_differs_without_colour(together):
    for one, other in combinations(together, 2):
        assert one.mark != other.mark, (one, other)
        assert one.ascii != other.ascii, (one, other)


@pytest.mark.parametrize("together", TOGETHER.values(), ids=TOGETHER)
def test_what_appears_together_differs_in_colour(together):
    colored = [one.hue for one in together if one.hue and one not in (theme.DATA, theme.BATCH, theme.AXIS)]
    assert len(set(colored)) == len(colored)


@pytest.mark.parametrize("hue", {one.hue for one in MEANINGS if one.hue and one not in ON_MAPS})
def test_colours_are_readable_on_dark_and_light_grounds(hue):
    for ground in ((255, 255, 255), (30, 30, 30)):
        assert contrast(hue.rgb, ground) >= 3
        assert contrast(cube(hue.number), ground) >= 3
    assert contrast(parsed(hue.light), parsed(theme.LIGHT.paper)) >= 3
    assert contrast(parsed(hue.dark), parsed(theme.DARK.paper)) >= 3
    assert hue.code in {*range(31, 37), *range(90, 97)}


def test_pages_and_maps_are_readable():
    for ground in (theme.LIGHT, theme.DARK):
        assert contrast(parsed(ground.ink), parsed(ground.paper)) >= 7
    assert contrast(theme.PATH.color.rgb, theme.EDGE.color.rgb) == pytest.approx(21)
    assert contrast(theme.PATH.color.rgb, theme.MISSING.color.rgb) >= 3
    for one in (theme.POSITIVE, theme.NEGATIVE):
        assert contrast(one.color.rgb, theme.ZERO.color.rgb) >= 3


@pytest.mark.parametrize(
    ("depth", "start"), [(24, "\x1b[38;2;226;66;66m"), (8, "\x1b[38;5;167m"), (4, "\x1b[91m")], ids=str
)
def test_a_terminal_gets_the_colour_of_its_depth(depth, start):
    assert paint("x", theme.ERROR, Screen(depth=depth)) == f"{start}x\x1b[0m"
    assert paint("x", theme.WARNING, Screen(depth=depth)) == f"{start}\x1b[1mx\x1b[0m"
    assert paint("x", theme.WARNING, Screen(color=False, depth=depth)) == "x"


def test_a_colour_as_one_number_has_its_channels():
    assert Hue((1, 2, 3), 0, 0, "", "").packed == 0x010203


def test_what_has_no_colour_says_so():
    with pytest.raises(ValueError, match="heading"):
        _ = theme.HEADING.color
