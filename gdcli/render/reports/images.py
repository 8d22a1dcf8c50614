"""Rows of image data as pictures, so that a class sees what the network sees."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError
from gdcli.render.screen import Screen, plain


def images(data: Dataset, count: int, screen: Screen, captions: Sequence[str] = ()) -> Iterator[str]:
    """The first `count` rows as square pictures, side by side, each with its label or caption.

    Raises:
        OptionError: If the rows are no square images.
    """
    from gdcli.render.blocks import side_by_side
    from gdcli.render.raster.canvas import draw_image

    side = math.isqrt(data.inputs.shape[1])
    if side * side != data.inputs.shape[1] or side < 4:
        raise OptionError(
            f"--show: {data.inputs.shape[1]} inputs are no square image", "it shows rows of pixels, as sample:digits"
        )
    largest = max(float(np.max(data.inputs[:count], initial=0.0)), 1e-30)
    blocks = []
    for at in range(min(count, len(data))):
        label = data.classes[int(data.targets[at])] if data.classes else f"{float(data.targets[at]):g}"
        pixels = np.asarray(data.inputs[at], float).reshape(side, side) / largest
        caption = captions[at] if captions else label
        blocks.append("\n".join([*draw_image(pixels, screen), plain(caption, screen)]))
    width = max(1, screen.width // (max(side, 12) + 2))
    for begin in range(0, len(blocks), width):
        yield from side_by_side(blocks[begin : begin + width], screen).split("\n")
        yield ""
