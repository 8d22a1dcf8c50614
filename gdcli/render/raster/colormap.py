"""Colours by number: a perceptual scale from dark purple to bright yellow, and distinct hues for classes."""

from functools import cache

import numpy as np

from gdcli.arrays import NDArray
from gdcli.render.raster.geometry import Floats

Pixels = NDArray[np.uint8]

_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def oklch(lightness: Floats | float, chroma: Floats | float, hue: Floats | float) -> Pixels:
    """Colours of a given perceived lightness (0..1), chroma (0..0.3) and hue (degrees) as 8-bit RGB.

    Source: Björn Ottosson, "A perceptual color space for image processing" (Oklab), 2020.
    """
    angle = np.deg2rad(hue)
    lab = np.stack(np.broadcast_arrays(lightness, chroma * np.cos(angle), chroma * np.sin(angle)), axis=-1)
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), dtype=np.uint8)


@cache
def scale_colors() -> Pixels:
    """The 256 colours of the scale, dark purple (0) over blue and green to yellow (255): (256, 3).

    Lightness rises evenly, so equal steps of a value look equal and a grey print keeps the order.
    """
    along = np.linspace(0, 1, 256)
    colors = oklch(0.26 + 0.66 * along, 0.11 + 0.07 * along**2 - 0.05 * np.sin(np.pi * along), 308 - 202 * along)
    colors.setflags(write=False)
    return colors


def hues(count: int) -> Floats:
    """One hue (degrees) a class, far apart for any count: blue, red, green, purple, ...

    >>> hues(3).round()
    array([255.,  33., 170.])
    """
    return np.asarray((255 + 137.508 * np.arange(count)) % 360, dtype=np.float64)


def luminance(rgb: Pixels) -> Floats:
    """How bright colours look, 0 to 1 (Rec. 601 weights)."""
    weights = np.array([0.299, 0.587, 0.114]) / 255
    return np.asarray(rgb @ weights, dtype=np.float64)
