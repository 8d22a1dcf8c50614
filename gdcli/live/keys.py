"""The keys: one table, from which come the bindings, the footer and the help screen."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["KEYS", "Key"]


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
    group: str = "Run"


AGAIN = "Start again with another"
NOW = "From the next step on"
KEYS = (
    Key(("space",), "space", "toggle", "run, or pause", "run"),
    Key(("n", "right"), "n", "step", "one step", "step"),
    Key(("e",), "e", "epoch", "one epoch", "epoch"),
    Key(("f",), "f", "converge", "run until there is news: arrived, flat, overfitting", "finish"),
    Key(("b", "left"), "b", "back", "one step back", "back"),
    Key(("z",), "z", "best", "back to the lowest loss, as from before a divergence"),
    Key(("r",), "r", "reset", "again from the same start", "reset"),
    Key(("s",), "s", "seed", "again with a new seed"),
    Key(("greater_than_sign", ">"), ">", "faster", "faster"),
    Key(("less_than_sign", "<"), "<", "slower", "slower"),
    Key(("up", "plus"), "↑", "rate_up", "up by the ladder 1, 3, 10, 30, ...", "", "Learning rate"),
    Key(("down", "minus"), "↓", "rate_down", "down by the ladder", "rate", "Learning rate"),
    Key(("right_square_bracket", "shift+up"), "]", "rate_finer_up", "up by 5 %", "", "Learning rate"),
    Key(("left_square_bracket", "shift+down"), "[", "rate_finer_down", "down by 5 %", "", "Learning rate"),
    Key(("l",), "l", "type_rate", "type it, or momentum=0.8, dropout=0.3, ...", "type", "Learning rate"),
    Key(("o",), "o", "optimizer_next", "next optimizer (O: the one before)", "", NOW),
    Key(("O",), "O", "optimizer_before", "", "", ""),
    Key(("1",), "1-9", "straight_1", "that optimizer: 1 SGD, 2 Momentum, 7 Adam", "", NOW),
    *(Key((str(number),), str(number), f"straight_{number}", "", "", "") for number in range(2, 10)),
    Key(("t",), "t", "kept_next", "more momentum, or Adam's beta1 (T: less)", "", NOW),
    Key(("T",), "T", "kept_before", "", "", ""),
    Key(("m",), "m", "batch_next", "larger mini-batch (M: smaller)", "", NOW),
    Key(("M",), "M", "batch_before", "", "", ""),
    Key(("p",), "p", "penalty_next", "more L2 penalty (k: less)", "", NOW),
    Key(("k",), "k", "penalty_before", "", "", ""),
    Key(("y",), "y", "dropout_next", "more dropout (Y: less)", "", NOW),
    Key(("Y",), "Y", "dropout_before", "", "", ""),
    Key(("a",), "a", "activation_next", "next activation (A: the one before)", "", AGAIN),
    Key(("A",), "A", "activation_before", "", "", ""),
    Key(("h",), "h", "layers_next", "one hidden layer more (H: less)", "", AGAIN),
    Key(("H",), "H", "layers_before", "", "", ""),
    Key(("u",), "u", "neurons_next", "one neuron more in the last layer (U: less)", "", AGAIN),
    Key(("U",), "U", "neurons_before", "", "", ""),
    Key(("d",), "d", "data_next", "next data set (D: the one before)", "", AGAIN),
    Key(("D",), "D", "data_before", "", "", ""),
    Key(("x",), "x", "noise_next", "more noise in a toy data set (X: less)", "", AGAIN),
    Key(("X",), "X", "noise_before", "", "", ""),
    Key(("E",), "E", "errors", "on the data: residuals, their squares, neither", "", "Look closer"),
    Key(("g",), "g", "arrows", "on the surface: gradient, velocity, next step, or not", "", "Look closer"),
    Key(("w",), "w", "zoom_in", "zoom in on the surface, around the run (W: out)", "", "Look closer"),
    Key(("W",), "W", "zoom_out", "", "", ""),
    Key(("I", "ctrl+up"), "I", "pan_up", "move over the surface: up (J left, K down, L right)", "", "Look closer"),
    Key(("J", "ctrl+left"), "J", "pan_left", "", "", ""),
    Key(("K", "ctrl+down"), "K", "pan_down", "", "", ""),
    Key(("L", "ctrl+right"), "L", "pan_right", "", "", ""),
    Key(("c",), "c", "add_lane", "one lane more (recorded: freeze this run as a ghost)", "race", "Race"),
    Key(("j",), "j", "next_lane", "the keys go to the next lane", "", "Race"),
    Key(("C",), "C", "drop_lane", "take this lane away (recorded: the ghost)", "", "Race"),
    Key(("tab",), "tab", "other_picture", "the next picture, where not all have room", "", "Look"),
    Key(("P",), "P", "projector", "one large picture, or all (below 90 columns: one)", "", "Look"),
    Key(("v",), "v", "save_picture", "save a picture of the screen (.svg)", "", "Look"),
    Key(("question_mark", "f1"), "?", "show_help", "these keys; any key leaves", "keys", "Look"),
    Key(("q",), "q", "quit", "quit, and print the command that does the same", "quit", "Look"),
)
"""All of them."""
