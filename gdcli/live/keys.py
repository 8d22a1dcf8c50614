"""The keys: one table, from which come the bindings, the footer and the help screen."""

from __future__ import annotations

from typing import NamedTuple

from gdcli.said import say

__all__ = ["KEYS", "Key"]


RUN, RATE, ANOTHER, LOOK = say("Run"), say("Learning rate"), say("Start again with another"), say("Look")


class Key(NamedTuple):
    """A key and what it does.

    Args:
        keys: Textual's names of the keys that do it.
        shown: How the key is written.
        action: The session's action.
        about: What it does, in a line.
        footer: Its word in the footer; empty if it is only in the help.
        group: Under which heading of the help; empty if another key's line names it.
    """

    keys: tuple[str, ...]
    shown: str
    action: str
    about: str
    footer: str = ""
    group: str = RUN


NOW, RACE = say("From the next step on"), say("Race")

KEYS = (
    Key(("space",), "space", "toggle", say("run, or pause"), say("run")),
    Key(("n", "right"), "n", "step", say("one step"), say("step")),
    Key(("e",), "e", "epoch", say("one epoch"), say("epoch")),
    Key(("f",), "f", "converge", say("run until there is news: arrived, flat, overfitting"), say("finish")),
    Key(("b", "left"), "b", "back", say("one step back"), say("back")),
    Key(("z",), "z", "best", say("back to the lowest loss, as from before a divergence")),
    Key(("r",), "r", "reset", say("again from the same start"), say("reset")),
    Key(("s",), "s", "seed", say("again with a new seed")),
    Key(("greater_than_sign", ">"), ">", "faster", say("faster")),
    Key(("less_than_sign", "<"), "<", "slower", say("slower")),
    Key(("up", "plus"), "↑", "rate_up", say("up by the ladder 1, 3, 10, 30, ..."), "", RATE),
    Key(("down", "minus"), "↓", "rate_down", say("down by the ladder"), say("rate"), RATE),
    Key(("right_square_bracket", "shift+up"), "]", "rate_finer_up", say("up by 5 %"), "", RATE),
    Key(("left_square_bracket", "shift+down"), "[", "rate_finer_down", say("down by 5 %"), "", RATE),
    Key(("l",), "l", "type_rate", say("type it, or momentum=0.8, dropout=0.3, ..."), say("type"), RATE),
    Key(("o",), "o", "optimizer_next", say("next optimizer (O: the one before)"), "", NOW),
    Key(("O",), "O", "optimizer_before", "", "", ""),
    Key(("1",), "1-9", "straight_1", say("that optimizer: 1 SGD, 2 Momentum, 7 Adam"), "", NOW),
    *(Key((str(number),), str(number), f"straight_{number}", "", "", "") for number in range(2, 10)),
    Key(("t",), "t", "kept_next", say("more momentum, or Adam's beta1 (T: less)"), "", NOW),
    Key(("T",), "T", "kept_before", "", "", ""),
    Key(("m",), "m", "batch_next", say("larger mini-batch (M: smaller)"), "", NOW),
    Key(("M",), "M", "batch_before", "", "", ""),
    Key(("p",), "p", "penalty_next", say("more L2 penalty (k: less)"), "", NOW),
    Key(("k",), "k", "penalty_before", "", "", ""),
    Key(("y",), "y", "dropout_next", say("more dropout (Y: less)"), "", NOW),
    Key(("Y",), "Y", "dropout_before", "", "", ""),
    Key(("a",), "a", "activation_next", say("next activation (A: the one before)"), "", ANOTHER),
    Key(("A",), "A", "activation_before", "", "", ""),
    Key(("h",), "h", "layers_next", say("one hidden layer more (H: less)"), "", ANOTHER),
    Key(("H",), "H", "layers_before", "", "", ""),
    Key(("u",), "u", "neurons_next", say("one neuron more in the last layer (U: less)"), "", ANOTHER),
    Key(("U",), "U", "neurons_before", "", "", ""),
    Key(("d",), "d", "data_next", say("next data set (D: the one before)"), "", ANOTHER),
    Key(("D",), "D", "data_before", "", "", ""),
    Key(("x",), "x", "noise_next", say("more noise in a toy data set (X: less)"), "", ANOTHER),
    Key(("X",), "X", "noise_before", "", "", ""),
    Key(("E",), "E", "errors", say("on the data: residuals, their squares, neither"), "", say("Look closer")),
    Key(("g",), "g", "arrows", say("on the surface: gradient, velocity, next step, or not"), "", say("Look closer")),
    Key(("w",), "w", "zoom_in", say("zoom in on the surface, around the run (W: out)"), "", say("Look closer")),
    Key(("W",), "W", "zoom_out", "", "", ""),
    Key(
        ("I", "ctrl+up"),
        "I",
        "pan_up",
        say("move over the surface: up (J left, K down, L right)"),
        "",
        say("Look closer"),
    ),
    Key(("J", "ctrl+left"), "J", "pan_left", "", "", ""),
    Key(("K", "ctrl+down"), "K", "pan_down", "", "", ""),
    Key(("L", "ctrl+right"), "L", "pan_right", "", "", ""),
    Key(("c",), "c", "add_lane", say("one lane more (recorded: freeze this run as a ghost)"), say("race"), RACE),
    Key(("j",), "j", "next_lane", say("the keys go to the next lane"), "", RACE),
    Key(("C",), "C", "drop_lane", say("take this lane away (recorded: the ghost)"), "", RACE),
    Key(("tab",), "tab", "other_picture", say("the next picture, where not all have room"), "", LOOK),
    Key(("P",), "P", "projector", say("one large picture, or all (below 90 columns: one)"), "", LOOK),
    Key(("v",), "v", "save_picture", say("save a picture of the screen (.svg)"), "", LOOK),
    Key(("question_mark", "f1"), "?", "show_help", say("these keys; any key leaves"), say("keys"), LOOK),
    Key(("q",), "q", "quit", say("quit, and print the command that does the same"), say("quit"), LOOK),
)
"""All of them."""
