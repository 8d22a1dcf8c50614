"""The theme: one colour and one mark for each meaning, in terminals, on the live screen, in SVG and in HTML."""

from __future__ import annotations

from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple

DOTS = "⠶"
"""The mark of a line of fine dots; where there is no colour, other lines are drawn with their own marks."""


class Hue(NamedTuple):
    """A colour at each depth; in a terminal it has to be readable on a dark and on a light ground.

    Args:
        rgb: 24 bits, for terminals.
        number: The nearest of 256 colours.
        code: The SGR code among 16 colours.
        light: In SVG and HTML, on a light ground.
        dark: In SVG and HTML, on a dark ground.
    """

    rgb: tuple[int, int, int]
    number: int
    code: int
    light: str
    dark: str

    @property
    def packed(self) -> int:
        """The 24 bits as one number, 0xRRGGBB."""
        red, green, blue = self.rgb
        return red << 16 | green << 8 | blue


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a colour and a mark stand for.

    Args:
        name: The meaning.
        hue: Its colour; None for the terminal's own.
        mark: Its sign in a picture, one column wide; empty for what is only written.
        ascii: The same sign in ASCII.
        bold: Whether it is written in bold.
        reverse: Whether ink and ground change places.
    """

    name: str
    hue: Hue | None = None
    mark: str = ""
    ascii: str = ""
    bold: bool = False
    reverse: bool = False

    @property
    def color(self) -> Hue:
        """The colour, of a meaning that has one of its own."""
        if self.hue is None:
            raise ValueError(f"{self.name} has the terminal's own colour")
        return self.hue

    def sign(self, unicode: bool) -> str:
        """The mark that a screen can show."""
        return self.mark if unicode else self.ascii


class Ground(NamedTuple):
    """What an SVG or HTML page is written on and with."""

    paper: str
    ink: str
    outline: str


_BLUE = Hue((60, 132, 240), 33, 94, "#1d63c8", "#6ea8ff")
_ORANGE = Hue((214, 116, 20), 166, 33, "#a85400", "#f0a050")
_GREEN = Hue((38, 148, 72), 28, 32, "#1a7a3a", "#5cc47f")
_RED = Hue((226, 66, 66), 167, 91, "#c62f2f", "#ff7b72")
_CRIMSON = Hue((226, 40, 60), 161, 91, "#e2283c", "#ff5c6c")
_PURPLE = Hue((158, 98, 224), 134, 95, "#7f3fc8", "#b98cf0")
_PINK = Hue((214, 84, 154), 169, 35, "#b03a80", "#f08cc0")
_TEAL = Hue((0, 140, 140), 30, 36, "#00777a", "#4cc4c4")
_GRAY = Hue((128, 128, 128), 244, 90, "#777", "#a0a0a0")

LIGHT, DARK = Ground("#fff", "#333", "#111"), Ground("#000", "#e0e0e0", "#fff")

# Curves, lines and points
TRAINING = Meaning("training", _BLUE, DOTS, "*")
VALIDATION = Meaning("validation", _ORANGE, "+", "+")
TEST = Meaning("test", _TEAL, "▪", "#")
BATCH = Meaning("batch", _GRAY, "·", ".")
SMOOTHED = Meaning("smoothed", _ORANGE, DOTS, "*")
DATA = Meaning("data", _GRAY, "•", "o")
START = Meaning("start", _PURPLE, "S", "S")
FITTED = Meaning("fitted", _BLUE, DOTS, "*")
WEIGHT = Meaning("weight", None, DOTS, "*")
GHOST = Meaning("ghost", _PINK, "○", "g")
OPTIMUM = Meaning("optimum", _GREEN, "x", "x")
RESIDUAL = Meaning("residual", _RED, "╎", "!")
SQUARED = Meaning("squared residual", _ORANGE, "▫", ":")
PERFECT = Meaning("perfect prediction", _GREEN, "·", ".")
VALUE = Meaning("value", _BLUE, DOTS, "*")
SLOPE = Meaning("slope", _ORANGE, "·", ".")
POSITIVE = Meaning("positive", _BLUE, "+", "+")
NEGATIVE = Meaning("negative", _ORANGE, "-", "-")
BEST = Meaning("best", _GREEN, "★", "^")

# Rulers
AXIS = Meaning("axis", _GRAY, "┊", ":")
LIMIT = Meaning("limit", _RED, "┃", "|")
RATE = Meaning("learning rate", None, "▼", "v", bold=True)

# On a heat map, which has its own ground
STEP = Meaning("step", _CRIMSON, "•", ".")
GRADIENT = Meaning("gradient", None, "g", "g", bold=True)
VELOCITY = Meaning("velocity", None, "v", "v", bold=True)
NEXT = Meaning("next step", None, "◌", "n", bold=True)
CURRENT = Meaning("current", None, "●", "@", bold=True)
PATH = Meaning("path", Hue((255, 255, 255), 231, 97, "#fff", "#fff"), DOTS, "*")
EDGE = Meaning("edge", Hue((0, 0, 0), 16, 30, "#000", "#000"))
MISSING = Meaning("missing", Hue((128, 128, 128), 244, 90, "#808080", "#808080"))
ZERO = Meaning("zero", Hue((24, 24, 28), 234, 30, "#18181c", "#18181c"))

# Words
PLAIN = Meaning("plain")
HEADING = Meaning("heading", bold=True)
NOTE = Meaning("note", _GRAY)
RESULT = Meaning("result", _BLUE, bold=True)
COMMAND = Meaning("command", _BLUE)
KEY = Meaning("key", _BLUE, bold=True)
BUTTON = Meaning("button", reverse=True)
PROMPT = Meaning("prompt", bold=True, reverse=True)
RUNNING = Meaning("running", _GREEN)
IMPROVED = Meaning("improved", _GREEN)
UNDECIDED = Meaning("undecided", _ORANGE)
RIGHT = Meaning("right", _GREEN, reverse=True)
WRONG = Meaning("wrong", _RED)
ERROR = Meaning("error", _RED)
WARNING = Meaning("warning", _RED, bold=True)

CLASSES = tuple(
    Meaning(f"class {at}", hue, mark, letter)
    for at, (hue, mark, letter) in enumerate(
        zip((_BLUE, _ORANGE, _GREEN, _RED, _PURPLE, _GRAY), "•◦▪+x#", "o@&+x#", strict=True)
    )
)
"""What has no meaning but its number: the runs of a sweep, the curves of a chart."""

TRAILS = tuple(
    Meaning(f"path {at}", hue, str(at), str(at))
    for at, hue in enumerate(
        (
            Hue((255, 255, 255), 231, 97, "#fff", "#fff"),
            Hue((255, 60, 70), 203, 91, "#ff3c46", "#ff3c46"),
            Hue((0, 0, 0), 16, 30, "#000", "#000"),
            Hue((255, 150, 230), 219, 95, "#ff96e6", "#ff96e6"),
            Hue((0, 225, 255), 45, 96, "#00e1ff", "#00e1ff"),
            Hue((255, 140, 0), 208, 33, "#ff8c00", "#ff8c00"),
        ),
        1,
    )
)
"""Paths on one heat map, which has its own ground: a colour each, and a number that is written along it."""
