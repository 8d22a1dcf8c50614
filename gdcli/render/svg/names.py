"""Names of files to save to: a model or a picture by the ending, found out before the work."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from gdcli.errors import DataError, OptionError, install_hint
from gdcli.said import enumerated, say

MODEL, TEXT = ".safetensors", ".txt"
PICTURES = (".svg", ".png", ".html", TEXT)
THEMES = ("light", "dark")
RASTERIZER = "resvg_py"

__all__ = ["check_names", "models", "pictures"]


def models(names: Iterable[str]) -> list[str]:
    """Those that a model goes to."""
    return [name for name in names if _ending(name) == MODEL]


def pictures(names: Iterable[str]) -> list[str]:
    """Those that pictures go to."""
    return [name for name in names if _ending(name) in PICTURES]


def check_names(names: list[str], theme: str | None, with_model: bool, output: str | None = None) -> None:
    """Finds out whether each file can be written, and has a place.

    Args:
        names: The files, as given.
        theme: The theme, if one is given.
        with_model: Whether there is a model to save.
        output: The file of the result itself, if it goes to one.

    Raises:
        OptionError: If an ending is unknown, two names are one file's, or the theme has nothing to go with.
        DataError: If a folder is missing.
    """
    if theme is not None and theme not in THEMES:
        raise OptionError(
            say("--theme: '{theme}' is none of {names}", theme=theme, names=enumerated(THEMES)),
            say("as in --theme dark"),
        )
    if theme is not None and not any(_ending(name) != TEXT for name in pictures(names)):
        raise OptionError(
            say("--theme: there is no picture with a ground"), say("as in --save picture.svg --theme dark")
        )
    paths = [os.path.realpath(name) for name in names]
    if len(set(paths)) < len(paths):
        raise OptionError(say("--save: two files have the same name"), say("give each its own"))
    if output and os.path.realpath(output) in paths:
        raise OptionError(say("-o and --save: both name '{output}'", output=output), say("give each its own"))
    for name in names:
        _check(name, with_model)


def _check(name: str, with_model: bool) -> None:
    known = (MODEL, *PICTURES) if with_model else PICTURES
    path = Path(name)
    if _ending(name) == MODEL and not with_model:
        raise OptionError(
            say("--save: '{name}' is for a model, and there is none here", name=name),
            say("pictures: {names}", names=enumerated(known)),
        )
    if _ending(name) not in known:
        usual = f"{path.stem or 'picture'}.svg"
        raise OptionError(
            say("--save: '{name}' ends in none of {names}", name=name, names=enumerated(known)),
            say("a picture: --save {usual}; the model: --save {model}", usual=usual, model=f"{path.stem}{MODEL}")
            if with_model and path.stem
            else say("as in --save {usual}", usual=usual),
        )
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(
            say("{save}: there is no folder '{folder}' to write a file in", save=name, folder=path.parent),
            say("make it first"),
        )
    if path.suffix.lower() == ".png" and find_spec(RASTERIZER) is None:
        hint = say("{install_hint}, or save as .svg, .html, .txt", install_hint=install_hint("png"))
        raise OptionError(
            say("--save {name}: a .png needs the package resvg-py, which is not installed", name=name), hint
        )


def _ending(name: str) -> str:
    return Path(name).suffix.lower()
