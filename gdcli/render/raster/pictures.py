"""Numbers as pictures: a heat map with contour lines and a path over it, decision regions, a colour bar."""

import numpy as np

from gdcli.arrays import ArrayLike, NDArray
from gdcli.render import theme
from gdcli.render.charts.axes import axis, fractions
from gdcli.render.raster.colormap import Pixels, hues, oklch, scale_colors
from gdcli.render.raster.geometry import Floats, Indices, pixels, thickened, trace_pixels, within
from gdcli.render.screen import Screen
from gdcli.render.theme import Meaning

Interval = tuple[float, float]

GREYS = np.repeat(np.linspace(0, 180, 256).astype(np.uint8)[:, None], 3, axis=1)
NEUTRAL = np.array(theme.MISSING.color.rgb, dtype=np.uint8)  # what has no value


def value_limits(values: ArrayLike, scale: str) -> Interval:
    """The lowest and the highest value that a scale shows: finite, and on a log scale positive.

    A log scale starts where one value in 200 is smaller, and reaches down at most six decades: so the one
    cell nearest to the minimum does not take all the colours.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known) & ((known > 0) | (scale != "log"))]
    if not known.size:
        return (1.0, 10.0) if scale == "log" else (0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if scale != "log":
        return low, high
    return max(low, high * 1e-6, float(np.quantile(known, 0.005, method="lower"))), high


def draw_heat_map(
    values: ArrayLike,
    screen: Screen,
    *,
    low_is_bright: bool = True,
    scale: str = "log",
    contours: int = 0,
    path: ArrayLike = (),
    x_range: Interval | None = None,
    y_range: Interval | None = None,
) -> Pixels:
    """A heat map: one pixel a value, cells that are not finite grey.

    Args:
        values: `(height, width)`; the first row is the lowest in the picture, as `np.meshgrid` has it.
        screen: What the terminal can do; without colour the map is a dim grey, so that the path stands out.
        low_is_bright: Whether small values are yellow rather than purple.
        scale: "log" or "linear".
        contours: How many darker lines at equal steps of the scale.
        path: `(n, 2)` points x, y, in order: a line with a dot at each.
        x_range: The x of the first and the last column; by default their indices.
        y_range: The y of the first and the last row; by default their indices.

    Returns:
        The picture `(height, width, 3)`, top row first.
    """
    levels = scale_levels(np.asarray(values, dtype=np.float64)[::-1], scale)
    known = np.isfinite(levels)
    colors = (scale_colors() if screen.color else GREYS)[:: -1 if low_is_bright else 1]
    rgb = np.where(known[..., None], colors[_whole(levels * 255, known)], NEUTRAL)
    if contours:
        rgb = _darken(rgb, _edges(_whole(np.minimum(levels * (contours + 1), contours), known)) & known)
    height, width = levels.shape
    spots = fractions_of(path, x_range or (0, max(width - 1, 1)), y_range or (0, max(height - 1, 1)))
    return draw_path(rgb, spots, screen)


def scale_levels(values: Floats, scale: str) -> Floats:
    """Values on their scale, 0 to 1; NaN where there is none."""
    low, high = value_limits(values, scale)
    values = np.where(np.isfinite(values), values, np.nan)
    if scale == "log":
        values = np.log10(np.clip(values, low, None))
        low, high = np.log10([low, high]).tolist()
    return axis(low, high, 1, log=scale == "log").fraction(values).clip(0, 1)


def _whole(values: Floats, known: NDArray[np.bool_]) -> Indices:
    return np.where(known, values, 0).astype(np.intp)


def _edges(labels: Indices) -> NDArray[np.bool_]:
    """Cells whose neighbour on the right or below is of another kind."""
    edge = np.zeros(labels.shape, dtype=np.bool_)
    edge[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    edge[:-1] |= labels[1:] != labels[:-1]
    return edge


def _darken(rgb: Pixels, where: NDArray[np.bool_]) -> Pixels:
    return np.where(where[..., None], (rgb * 0.78).astype(np.uint8), rgb)


def draw_path(
    rgb: Pixels,
    spots: Floats,
    screen: Screen,
    *,
    line: Meaning = theme.PATH,
    dot: Meaning = theme.STEP,
    dots: int = 0,
    pen: int = 1,
) -> Pixels:
    """The picture with a path of descent over it: a line, and a dot where each step landed.

    Args:
        rgb: The picture.
        spots: The path, `(n, 2)` fractions of the picture.
        screen: What the terminal can do; without colour the line alone is drawn.
        line: What the line stands for.
        dot: What a dot stands for.
        dots: How many steps, the last ones, have a dot; 0 = all.
        pen: Pixels across and down that the line is drawn with.
    """
    if not len(spots):
        return rgb
    rgb, ink = rgb.copy(), np.array(line.color.rgb, dtype=np.uint8)
    size = rgb.shape[1], rgb.shape[0]
    rows, columns = thickened(*trace_pixels(spots, *size), pen, *size)
    if not screen.color:
        rgb[rows, columns] = rgb[np.minimum(rows ^ 1, len(rgb) - 1), columns] = ink
        return rgb
    rgb[rows, columns] = rgb[rows, columns] // 2 + ink // 2
    spots = spots[-dots:]
    rows, columns = pixels(spots[within(spots)], rgb.shape).T
    rgb[rows, columns] = dot.color.rgb
    return rgb


def pixels_at(points: ArrayLike, x_range: Interval, y_range: Interval, shape: tuple[int, ...]) -> Indices:
    """The pixels `(n, 2)`, row (top first) and column, at points given as `(n, 2)` x, y."""
    return pixels(fractions_of(points, x_range, y_range), shape)


def fractions_of(points: ArrayLike, x_range: Interval, y_range: Interval) -> Floats:
    """Points as fractions of a picture."""
    return fractions(points, axis(*x_range, 1), axis(*y_range, 1))


def draw_regions(
    classes: ArrayLike,
    screen: Screen,
    *,
    confidence: ArrayLike = 1.0,
    points: ArrayLike = (),
    labels: ArrayLike = (),
    x_range: Interval | None = None,
    y_range: Interval | None = None,
) -> Pixels:
    """Decision regions: a hue a class, stronger where the model is surer, the data points bright on top.

    A point on a region of another hue is one the model gets wrong.

    Args:
        classes: `(height, width)` class numbers; the first row is the lowest in the picture.
        screen: What the terminal can do; without colour each class is one shade of grey.
        confidence: The probability of that class, `(height, width)` or one number.
        points: `(n, 2)` data points x, y.
        labels: `(n,)` their true class numbers.
        x_range: The x of the first and the last column; by default their indices.
        y_range: The y of the first and the last row; by default their indices.

    Returns:
        The picture `(height, width, 3)`, top row first.
    """
    kinds = np.asarray(classes, dtype=np.intp)[::-1]
    truth = np.asarray(labels, dtype=np.intp)
    count = int(max(kinds.max(initial=0), truth.max(initial=0))) + 1
    sure = np.nan_to_num(np.asarray(confidence if screen.color else 1, dtype=np.float64)).clip(0, 1)
    sure = np.broadcast_to(sure, kinds.shape)[::-1]
    ground, ink = class_colors(count, screen)
    rgb = _darken((NEUTRAL / 2 + (ground[kinds] - NEUTRAL / 2) * sure[..., None]).astype(np.uint8), _edges(kinds))
    height, width = kinds.shape
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    known = np.isfinite(xy).all(axis=1)
    spots = fractions_of(xy, x_range or (0, max(width - 1, 1)), y_range or (0, max(height - 1, 1)))
    rows, columns = pixels(spots[within(spots)], rgb.shape).T
    rgb[rows, columns] = ink[truth[known][within(spots)]]
    return rgb


def class_colors(count: int, screen: Screen) -> tuple[Pixels, Pixels]:
    """The colours of the classes' ground and of their points: `(count, 3)` each."""
    if screen.color:
        return oklch(0.42, 0.12, hues(count)), oklch(0.82, 0.17, hues(count))
    grey = np.repeat(np.linspace(30, 130, count).astype(np.uint8)[:, None], 3, axis=1)
    return grey, grey + np.uint8(110)
