"""Settings in a page's address: which there are, how they are read, and how a run's own are written there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments import notation
from gdcli.experiments.notation import Named
from gdcli.experiments.options import Option
from gdcli.experiments.spec import OptimizerSpec, Spec, options_of
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.live.configuration import Configuration

__all__ = ["CONTROLS", "HIDDEN", "VARIABLE", "Asked", "asked_by", "query_of", "settings_of"]

RUN = (
    *("lr", "schedule", "warmup", "lr_at", "at", "batch_size", "shuffle", "seed", "standardize", "scale", "optimizer"),
    *("loss", "l1", "l2", "m", "b", "start", "degree", "no_intercept", "hidden", "activation", "init", "features"),
    *("dropout", "label_smoothing", "task", "dtype", "validation", "epochs"),
)
"""Options that are settings, and the hyperparameters of optimizers beside them: none names a file."""
NUMBERS = ("number", "positive", "non_negative", "below_one", "count", "whole")
CONTROLS, HIDDEN = "controls", "hidden"
VARIABLE = "LIVE_CONTROLS"
"""The variable that tells a page's program."""
PAGE = (CONTROLS, "fontsize", "data")
LONGEST, MOST_LAYERS, MOST_NEURONS, MOST_ROWS = 1000, 8, 256, 10_000
"""What one page may take of a machine that serves a class."""
SWITCH = {"yes": True, "no": False}


class Asked(NamedTuple):
    """What an address asks for.

    Args:
        source: A sample; None for the rows that are served.
        given: Options with their values; None takes one away that the served command has.
        controls: `shown`, or `hidden` where settings are fixed.
    """

    source: str | None = None
    given: tuple[tuple[str, Any], ...] = ()
    controls: str = "shown"


def asked_by(query: Iterable[tuple[str, str]]) -> Asked:
    """What the query of an address asks for, each value read as the command line reads it.

    Raises:
        OptionError: If there is no such setting, or the value is none, or is too much for a page.

    >>> asked_by([("lr", "0.3"), ("hidden", "8,8"), ("data", "sample:spiral")])
    Asked(source='sample:spiral', given=(('lr', 0.3), ('hidden', (8, 8))), controls='shown')
    """
    pairs = [(name.replace("-", "_"), text) for name, text in query]
    _check_form(pairs)
    texts = dict(pairs)
    options = _options()
    _font_size(texts.get("fontsize", "16"))
    return Asked(
        _sample(texts["data"]) if "data" in texts else None,
        tuple((name, _value(options[name], text)) for name, text in pairs if name in options),
        notation.one_of(CONTROLS, texts.get(CONTROLS, "shown"), ("shown", HIDDEN)),
    )


def _check_form(pairs: Sequence[tuple[str, str]]) -> None:
    """Refuses what is too long, cannot be printed in a line, is no setting, or is given twice."""
    if sum(len(name) + len(text) for name, text in pairs) > LONGEST:
        raise OptionError(
            say("the address has more than {longest:,} signs of settings", longest=LONGEST), say("leave some out")
        )
    known = (*_options(), *PAGE)
    names = [name for name, _ in pairs]
    for name, text in pairs:
        if not (name + text).isprintable():
            raise OptionError(say("the address has a sign that cannot be printed"), say("type the setting again"))
        if name not in known:
            raise OptionError(
                say("no setting of an address: '{name:.40}'", name=name), did_you_mean(name, map(_shown, known))
            )
        if names.count(name) > 1:
            raise OptionError(say("{value} stands twice in the address", value=_shown(name)), say("leave one out"))


def _options() -> dict[str, Option]:
    """The options that are settings, by name."""
    known = {one.name: one for command in Spec.COMMANDS for one in options_of(command)}
    numbers = [one.name for one in OptimizerSpec.options() if one.accepts in NUMBERS]
    return {name: known[name] for name in (*RUN, *numbers)}


def _shown(name: str) -> str:
    return name.replace("_", "-")


def _value(option: Option, text: str) -> Any:
    """A setting's value; None for an empty text."""
    if not text:
        return None
    if option.is_switch:
        return SWITCH[notation.one_of(f"--{_shown(option.name)}", text, tuple(SWITCH))]
    value = option.read(text)
    LIMITS.get(option.name, _fits)(value)
    return value


def _fits(value: Any) -> None:
    """Whatever the command line takes."""


def _small_network(value: Any) -> None:
    if len(value) > MOST_LAYERS or max(value, default=0) > MOST_NEURONS:
        most = say("{layers} layers of {neurons} neurons", layers=MOST_LAYERS, neurons=MOST_NEURONS)
        raise OptionError(
            say("--hidden: an address asks for {most} at most", most=most), say("larger ones go on the command line")
        )


def _no_file(value: Any) -> None:
    if isinstance(value, str) and value != "none":
        raise OptionError(say("--validation: an address names no file"), say("a fraction as 0.2, or none"))


LIMITS: Mapping[str, Callable[[Any], None]] = {"hidden": _small_network, "validation": _no_file}


def _sample(text: str) -> str:
    """A sample, with its settings; never a file, whatever the text is."""
    from gdcli.data.samples import samples  # which need NumPy

    sample = notation.named("data", text.removeprefix("sample:"), say("as in data=sample:spiral:noise=0.2"))
    known = [one.name for one in samples()]
    if sample.name not in known:
        raise OptionError(
            say("data: an address names a sample, and '{name:.40}' is none", name=sample.name), ", ".join(known)
        )
    if dict(sample.settings).get("rows", 0) > MOST_ROWS:
        raise OptionError(
            say("data: an address asks for {most_rows:,} rows at most", most_rows=MOST_ROWS),
            say("more go on the command line"),
        )
    return f"sample:{Named(*sample)}"


def _font_size(text: str) -> None:
    try:
        good = 4 <= notation.number(text) <= 200
    except ValueError:
        good = False
    if not good:
        raise OptionError(
            say("fontsize: '{text:.40}' is no size of letters", text=text),
            say("pixels from 4 to 200, as in fontsize=20"),
        )


def settings_of(configuration: Configuration, rate: float | None) -> dict[str, str]:
    """A run's rows and settings as an address has them.

    Args:
        configuration: The run.
        rate: The learning rate set by hand, if it was.
    """
    values = configuration.spec.values() | ({} if rate is None else {"lr": rate})
    named = configuration.named | ({"lr"} if rate is not None else frozenset())
    given = {name: values[name] for name in _options() if name in named and values.get(name) is not None}
    return {"data": str(configuration.spec.data.source), **{name: _written(value) for name, value in given.items()}}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return next(word for word, switch in SWITCH.items() if switch is value)
    return notation.write(value)


def query_of(now: Mapping[str, str], served: Mapping[str, str]) -> str:
    """The query that leads from the command that is served to a run.

    Args:
        now: The run's `settings_of`.
        served: Those of the command.

    >>> query_of({"data": "a.csv", "lr": "0.3", "hidden": "8,8"}, {"data": "a.csv", "momentum": "0.9"})
    'lr=0.3&hidden=8,8&momentum='
    """
    if now["data"] == served["data"] or not now["data"].startswith("sample:"):  # keys lead to samples alone
        changed = {name: text for name, text in now.items() if name != "data" and served.get(name) != text}
        changed |= dict.fromkeys(served.keys() - now.keys(), "")
    else:
        changed = dict(now)
    return "&".join(f"{_shown(name)}={quote(text, safe=',:=')}" for name, text in changed.items())
