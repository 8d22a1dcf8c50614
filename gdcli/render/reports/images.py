"""Rows of image data as pictures, so that a class sees what the network sees."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError
from gdcli.render.screen import Screen, plain
from gdcli.said import say


class Gallery(NamedTuple):
    """Square grey images side by side, as data.

    Args:
        images: `(n, side, side)`, from 0 to 1.
        captions: What each shows.
    """

    images: Array
    captions: Sequence[str]

    def draw(self, screen: Screen, width: int, height: int) -> str:  # noqa: ARG002 - as high as it is
        """The images as text, on at most so many columns."""
        from gdcli.render.blocks import side_by_side
        from gdcli.render.raster.canvas import draw_image

        pairs = zip(self.images, self.captions, strict=True)
        blocks = ["\n".join([*draw_image(one, screen), plain(caption, screen)]) for one, caption in pairs]
        abreast = max(1, width // (max(self.images.shape[1], 12) + 2))
        rows = [side_by_side(blocks[at : at + abreast], screen) for at in range(0, len(blocks), abreast)]
        return "\n\n".join(rows) + "\n"


def gallery(data: Dataset, count: int, captions: Sequence[str] = ()) -> Gallery:
    """The first `count` rows as square pictures, each with its label or caption.

    Raises:
        OptionError: If the rows are no square images.
    """
    side = math.isqrt(data.inputs.shape[1])
    if side * side != data.inputs.shape[1] or side < 4:
        raise OptionError(
            say("--show: {shape} inputs are no square image", shape=data.inputs.shape[1]),
            say("it shows rows of pixels, as sample:digits"),
        )
    largest = max(float(np.max(data.inputs[:count], initial=0.0)), 1e-30)
    count = min(count, len(data))
    labels = [data.classes[int(at)] if data.classes else f"{float(at):g}" for at in data.targets[:count]]
    pixels = np.asarray(data.inputs[:count], float).reshape(count, side, side) / largest
    return Gallery(pixels, captions[:count] or labels)


def images(data: Dataset, count: int, screen: Screen, captions: Sequence[str] = ()) -> Iterator[str]:
    """The same as lines of text."""
    return iter(gallery(data, count, captions).draw(screen, screen.width, 0).split("\n"))
