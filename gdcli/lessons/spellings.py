"""Other spellings of a formula: mathematical signs, LaTeX, spreadsheets and NumPy, in the signs that are read.

`2/n Σ x_i (mx_i + b − y_i)`, `=SUMXMY2(y_hat, y)/COUNT(y)`, `np.mean((m*x + b - y)**2)`, `\\frac{1}{n}\\sum_{i=1}^{n}`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["SIGMA", "respelled"]

SIGMA = "\u2211"
"""The sign of a sum: of all that is multiplied after it, up to the next + or -, as it is in mathematics."""
POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
LOWERED = "₀₁₂₃₄₅₆₇₈₉ᵢ"
RAISED, LEVEL = str.maketrans(POWERS, "0123456789-"), str.maketrans(LOWERED, "0123456789i")
LIMITS = (
    r"(?:\s*_\s*(?:[({]\s*[ijk]\s*(?:=\s*[01]\s*)?[})]|[ijk]\b(?:\s*=\s*[01])?))?"
    r"(?:\s*\^\s*(?:[({]\s*[nN]\s*(?:-\s*1\s*)?[})]|[nN]\b))?"
    r"(?:\s*\(\s*[ijk]\s*=\s*[01]\s*(?:\.\.+|…|to|,)\s*[nN]\s*(?:-\s*1\s*)?\))?"
)
"""Of a sum over all rows, which are all there is to sum over: i, i = 1 to n, i = 0 to n - 1."""
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
INNER = re.compile(r"\\(?:sqrt|hat|bar|overline|text|mathrm|operatorname)\s*\{([^{}]*)\}(_i)?")
"""Of LaTeX what has braces of its own, the innermost first."""
MOST = 100
"""Fractions within a formula."""
RULES = [
    (re.compile(pattern), into)
    for pattern, into in (
        (r"^\s*=", " "),  # of a spreadsheet
        (rf"[{LOWERED}]+", lambda found: f"_{found[0].translate(LEVEL)}"),
        (r"^\s*\$+|\$+\s*$", " "),
        (r"\\(?:left|right|quad)(?![A-Za-z])|\\[,;!]", " "),
        (r"\\(?:cdot|times|ast)(?![A-Za-z])", "*"),
        (r"\\(eta|alpha|lambda|sum|Sigma|ln|log|exp)(?![A-Za-z])", r" \1 "),
        (r"\\(?=[{}])", ""),
        (rf"(?:\b(?:sum|Sigma)(?=\s*[_^])|\bSigma\b|[Σ{SIGMA}]){LIMITS}", f" {SIGMA} "),
        (r"_\{\s*([ijk])\s*\}", r"_\1"),
        (r"\b(?:np|numpy|math|torch)\.(?=[A-Za-z])", ""),
        (r"\b([xy]|y_?hat|y_?pred)\[\s*i\s*\]", r"\1 "),
        (rf"[{POWERS}]+", lambda found: f"^({found[0].translate(RAISED)})"),
        ("([xy])\u0304", r"mean(\1)"),
    )
]
SPELLED = str.maketrans(
    {
        "\u2212": "-",
        "\u2013": "-",
        "·": "*",
        "\u00d7": "*",
        "⋅": "*",
        "\u2217": "*",
        "∙": "*",
        "•": "*",
        "÷": "/",
        "\u2215": "/",
        "\u2044": "/",
        "[": "(",
        "]": ")",
        "ŷ": " y_hat ",
        "ȳ": " mean(y) ",
        "{": "(",
        "}": ")",
        "√": " sqrt ",
        "½": "(1/2)",
        "¼": "(1/4)",
    }
)
"""How signs are written that are not on every keyboard."""
WIDE = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
"""Letters and digits as wide as Chinese signs are the usual."""


def respelled(text: str) -> str:
    """A formula in the signs that are read.

    >>> respelled("=SUM((mx+b−y)²)/n")
    ' SUM((mx+b-y)^(2))/n'
    >>> respelled("1/n Σ_{i=1}^{n} (y_i - ŷ_i)^2").split()
    ['1/n', '∑', '(y_i', '-', 'y_hat', ')^2']
    """
    text = unicodedata.normalize("NFC", text).translate(WIDE)
    text = re.sub("ŷ_?[iᵢ]", "ŷ", text)
    for pattern, into in RULES:
        text = pattern.sub(into, text)
    for _ in range(MOST):
        shorter = INNER.sub(_inner, FRACTION.sub(r"((\1)/(\2))", text))
        if shorter == text:
            break
        text = shorter
    return text.translate(SPELLED)


def _inner(found: re.Match[str]) -> str:
    """A LaTeX command of one argument."""
    name = found[0].lstrip("\\").partition("{")[0].strip()
    if name == "hat":
        return f" {found[1].strip()}_hat "  # and its row, if it has one, says nothing
    if name in ("bar", "overline"):
        return f" mean({found[1]}) "
    return f" sqrt({found[1]}) " if name == "sqrt" else f" {found[1]} "
