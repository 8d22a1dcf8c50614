"""Numbers and formulas as people write them."""

import math
from collections.abc import Collection, Iterable, Sequence

MOST_DIGITS = 19
"""Of a whole number that is typed; Python reads no more than 4,300."""


def whole_number(text: str) -> int:
    """The number that decimal digits are; -1 for another text, and for more digits than any number here has.

    >>> whole_number(" 12"), whole_number("1.5"), whole_number("9" * 5000)
    (12, -1, -1)
    """
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else -1


def short(value: float | None, digits: int = 4) -> str:
    """A number for a table: about `digits` significant digits, never a tail of zeros.

    >>> [short(x) for x in (2.5, 1.825, 7.494e-07, 4.6e14, 12345.6, 0.0, float("nan"), None)]
    ['2.5', '1.825', '7.494e-07', '4.6e+14', '12346', '0', 'nan', '-']
    """
    if value is None:
        return "-"
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e7:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.{digits}g}"


def exact(value: float) -> str:
    """The shortest text that reads back as the same number.

    >>> exact(0.1), exact(-1.0), exact(1e-30)
    ('0.1', '-1', '1e-30')
    """
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


def fixed(value: float, decimals: int = 4) -> str:
    """A parameter for a table: a fixed number of decimals where that shows it, so that columns line up.

    >>> fixed(-0.7), fixed(1234567.0), fixed(1e-7)
    ('-0.7000', '1234567', '1e-07')
    """
    value = float(value)
    if value == 0 or (10 ** (1 - decimals) <= abs(value) < 1e5):
        return f"{value:.{decimals}f}"
    return short(value, 6)


def score(value: float) -> str:
    """An accuracy or an R2, which are at most 1: four decimals, but for one so far below 0 that they say nothing.

    >>> score(0.96547), score(-2.4e74), score(math.nan)
    ('0.9655', '-2.4e+74', 'nan')
    """
    return f"{value:.4f}" if abs(value) < 1e4 else short(value)


def signed(value: float, digits: int = 6) -> str:
    """A number to stand in a product: negative ones in parentheses."""
    text = short(value, digits)
    return f"({text})" if text.startswith("-") else text


def polynomial(terms: Iterable[tuple[float, str]], digits: int = 6, unit: str = "") -> str:
    """A sum of coefficients times names, as on a blackboard; an empty name is a constant.

    Args:
        terms: (coefficient, name) pairs.
        digits: Significant digits of the coefficients.
        unit: How a coefficient of 1 is written.

    >>> polynomial([(5, "m"), (3, "b"), (-13, "")])
    '5m + 3b - 13'
    >>> polynomial([(-1, "x"), (0, "z"), (2.5, "bmi")])
    '-x + 2.5 bmi'
    """
    text = ""
    for coefficient, name in terms:
        number = short(abs(coefficient), digits)
        if number == "0":
            continue
        name = bracketed(name)
        number = unit if number == "1" and name else number
        is_letter = len(name.split("^")[0]) < 2 and "e" not in number
        gap = " " if number and (name[:1].isalpha() or name[:1] == "[") and not is_letter else ""
        sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
        text += f"{sign}{number}{gap}{name}"
    return text or "0"


def bracketed(name: str) -> str:
    """A column's name as a factor: as it is if it reads as one word, else in brackets.

    >>> bracketed("bmi"), bracketed("x^2"), bracketed("2"), bracketed("a b"), bracketed("")
    ('bmi', 'x^2', '[2]', '[a b]', '')
    """
    base, power = _parted(name)
    word = not name or base.isidentifier() or name.startswith("(")
    return name if word or _in_brackets(base) else f"[{base}]{power}"


def column_term(name: str, letters: Collection[str] = ("m", "b")) -> str:
    """A column's name beside the letters of a line's parameters: in brackets if it reads as one of them.

    >>> column_term("bmi"), column_term("b"), column_term("b^2"), column_term("a b")
    ('bmi', '[b]', '[b]^2', '[a b]')
    """
    base, power = _parted(name)
    return f"[{base}]{power}" if base in letters else bracketed(name)


def _parted(name: str) -> tuple[str, str]:
    """A name, and the power it ends with if it ends with one.

    >>> _parted("x^2"), _parted("x^-1"), _parted("^2"), _parted("a^b")
    (('x', '^2'), ('x^-1', ''), ('^2', ''), ('a^b', ''))
    """
    base, sign, power = name.rpartition("^")
    is_power = base and power.isascii() and power.isdecimal()
    return (base, sign + power) if is_power else (name, "")


def _in_brackets(name: str) -> bool:
    return name[:1] == "[" and name[-1:] == "]"


def equation(target: str, terms: Sequence[str], parameters: Sequence[float], digits: int = 6) -> str:
    """The fitted model in words: highest powers first, the bias last.

    Args:
        target: The target's name.
        terms: What each weight multiplies; "" for the bias.
        parameters: The weights, in the same order.

    >>> equation("y", ["x", "x^2", ""], [2.0, 3.0, 1.0])
    'y = 3x^2 + 2x + 1'
    >>> equation("b", ["a", ""], [2.0, 1.0])
    '[b] = 2a + 1'
    """
    pairs = list(zip(parameters, map(column_term, terms), strict=True))
    pairs.sort(key=lambda pair: -int(_parted(pair[1])[1][1:] or bool(pair[1])))
    return f"{column_term(target)} = {polynomial(pairs, digits)}"


def coordinate(value: float) -> str:
    """A number to three digits; a zero at its end shows that there are more.

    >>> coordinate(-1.0), coordinate(1.3978835852112288), coordinate(0.00012345), coordinate(12345.6)
    ('-1', '1.40', '0.000123', '12346')
    """
    text = short(value, 3)
    if value == 0 or not 1e-4 <= abs(value) < 1e7 or float(text) == value:
        return text
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def rounded_down(value: float, digits: int) -> float:
    """Rounded down to so many significant digits.

    >>> rounded_down(0.28571, 4)
    0.2857
    """
    if not (value > 0 and math.isfinite(value)):
        return value
    places = digits - 1 - math.floor(math.log10(value))
    if not -300 < places < 300:  # 10^places is no float64
        return value
    scaled = math.floor(value * (1 + 1e-12) * 10.0**places)
    return float(f"{scaled}e{-places}")
