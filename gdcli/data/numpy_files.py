"""NumPy's own files, `.npz` and `.npy`, as tables."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np

from gdcli.arrays import Array, default_names
from gdcli.data.bulk import pick
from gdcli.data.categories import TRUTHS
from gdcli.data.cells import data_error, floats_or_gaps, is_gap, no_rows, number, quoted
from gdcli.data.foreign import foreign_zip
from gdcli.data.header import unique_names
from gdcli.data.lookalikes import mostly_numbers
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import enumerated, say

__all__ = [
    "ArrayTable",
    "are_columns",
    "damage",
    "is_numpy",
    "pair_keys",
    "pixel_names",
    "read_numpy",
    "table_of_arrays",
]

_INPUT_KEYS = ("x", "X", "inputs", "x_train", "X_train")
_TARGET_KEYS = ("y", "Y", "targets", "target", "labels", "label", "y_train", "Y_train")
_NAME_THEM = say("name them x (inputs) and y (targets), or store columns of one length")


@dataclass(frozen=True, eq=False)
class ArrayTable(Table):
    """A table kept as NumPy arrays: a matrix for its first columns, and further columns one by one.

    Args:
        block: The first columns, (n, d), d may be 0.
        columns: The further columns, (n,) each.
        unlabelled: Whether these are inputs only.

    >>> table = ArrayTable(("x", "y"), "data.npz", np.array([[1], [2]], np.uint8), (np.array([3.0, 5.0]),))
    >>> table.inputs(["x"]).dtype, table.matrix(["x", "y"]).tolist()
    (dtype('uint8'), [[1.0, 3.0], [2.0, 5.0]])
    """

    block: Array
    columns: tuple[Array, ...] = ()
    unlabelled: bool = False

    def __len__(self) -> int:
        return len(self.block)

    def is_numeric(self, name: str) -> bool:
        column = self._column(name)
        if column.dtype.kind in "biu":
            return True
        values = column if column.dtype.kind == "f" else self._of_texts(name)
        return mostly_numbers(self.texts(name)) if values is None else not _all_gaps(values)

    def texts(self, name: str) -> list[str]:
        column = self._column(name)
        if column.dtype.kind != "U":
            return [str(value) for value in column.tolist()]
        if name not in self._texts:
            self._texts[name] = column.tolist()
        return self._texts[name]

    def first_texts(self, name: str, most: int) -> list[str]:
        return [str(value) for value in self._column(name)[:most].tolist()]

    def line(self, row: int) -> int:
        return row + 1

    def kept(self, names: Sequence[str]) -> Array:
        positions = [self.names.index(name) for name in names]
        inside = all(place < self.block.shape[1] for place in positions)
        values = pick(self.block, positions) if inside else np.column_stack([self._numeric(name) for name in names])
        if values.dtype.kind == "f" and (infinite := np.isinf(values)).any():
            row, column = np.argwhere(infinite)[0]
            raise self.problem(int(row), names[column])
        return values

    def inputs(self, names: Sequence[str]) -> Array:
        """Columns to learn from, unrounded; bytes stay bytes, a quarter of the size."""
        kept = self.kept(names)
        return kept if kept.dtype == np.uint8 else super().inputs(names)

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        return data_error(
            self.source, say("row {row}, column {quoted}: {what}", row=row + 1, quoted=quoted(name), what=what), hint
        )

    def _column(self, name: str) -> Array:
        place = self.names.index(name)
        width = self.block.shape[1]
        return self.block[:, place] if place < width else self.columns[place - width]

    def _numeric(self, name: str) -> Array:
        """A column of numbers; of one of texts, the error about the first that is none."""
        column = self._column(name)
        values = column if column.dtype.kind in "biuf" else self._of_texts(name)
        if values is None:
            cells = enumerate(self.texts(name))
            raise self.problem(next(row for row, cell in cells if number(cell) is None and not is_gap(cell)), name)
        return values

    def _of_texts(self, name: str) -> Array | None:
        """A column of texts as numbers; None if one is something else."""
        if name not in self._converted:
            self._converted[name] = floats_or_gaps(self.texts(name))
        return self._converted[name]

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _converted(self) -> dict[str, Array | None]:
        return {}


def _all_gaps(column: Array) -> bool:
    return bool(np.isnan(column[:1]).all() and np.isnan(column).all())


def is_numpy(content: bytes) -> bool:
    """Whether the bytes begin as `.npy` does, or as a zip archive, which `.npz` is.

    >>> is_numpy(b"\\x93NUMPY"), is_numpy(b"x,y")
    (True, False)
    """
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY"))


def read_numpy(content: bytes, source: str) -> ArrayTable:
    """The arrays of an `.npz` or `.npy` file as a table, each kept in its own type.

    Arrays called x (X, inputs, x_train) and y (Y, targets, labels, y_train) are inputs and targets; else the
    only array of two dimensions gives its columns, or arrays of one dimension and length are columns under
    their own names. Images are flattened, a row each. Pickled objects are never loaded.

    Args:
        content: The file's bytes.
        source: What it is called in messages.

    Raises:
        DataError: If the file is damaged or holds other than numbers, or it is not clear which array is what.
    """
    try:
        arrays = _load(content, source)
    except damage() as error:
        if "allow_pickle" in str(error):
            hint = say("store arrays of numbers; objects are Python pickles, which are never loaded")
            raise data_error(source, say("holds Python objects, not numbers"), hint) from None
        raise data_error(source, say("the file is damaged or cut short"), say("fetch or write it again")) from None
    return table_of_arrays(arrays, source)


def table_of_arrays(arrays: Mapping[str, Array], source: str) -> ArrayTable:
    """Arrays under their keys as a table, as `read_numpy` has it.

    Raises:
        DataError: If it is not clear which array is what, or there are no rows.
    """
    inputs_key, targets_key = pair_keys(arrays)
    if inputs_key and targets_key and not are_columns({key: array.shape for key, array in arrays.items()}):
        return _checked(_pair(arrays, inputs_key, targets_key, source))
    return _checked(_only(arrays, source))


def damage() -> tuple[type[Exception], ...]:
    """What NumPy lets through from zipfile, zlib, and the Python literal in an array's header."""
    import tokenize
    import zlib
    from zipfile import BadZipFile

    plain = (EOFError, OSError, RuntimeError, MemoryError, ValueError, TypeError, KeyError, SyntaxError, OverflowError)
    return (*plain, BadZipFile, zlib.error, tokenize.TokenError)


def pixel_names(count: int) -> tuple[str, ...]:
    """`p0`, `p1`, ...: what the pixels of an image are called.

    >>> pixel_names(2)
    ('p0', 'p1')
    """
    return tuple(f"p{place}" for place in range(count))


def _load(content: bytes, source: str) -> Mapping[str, Array]:
    """The arrays under their keys; of an archive with inputs and targets, only those two."""
    if content.startswith(b"PK"):
        from zipfile import ZipFile  # takes time to load, and hardly any run needs it

        names = ZipFile(io.BytesIO(content)).namelist()
        if not any(name.endswith(".npy") for name in names):
            raise foreign_zip(content, source)
    loaded = np.load(io.BytesIO(content), allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        names = loaded.dtype.names  # of a structured array, which is columns
        return {name: loaded[name] for name in names} if names else {"": loaded}
    pair = pair_keys(loaded)
    if not all(pair):
        return _arrays(loaded, loaded)
    both = _arrays(loaded, pair)
    if all(array.ndim == 1 for array in both.values()):
        with suppress(ValueError):  # one of the others holds objects
            found = _arrays(loaded, loaded)
            return found if are_columns({key: array.shape for key, array in found.items()}) else both
    return both


def _arrays(loaded: Mapping[str, object], keys: Iterable[str]) -> dict[str, Array]:
    return {key: array for key in keys if isinstance(array := loaded[key], np.ndarray)}


def pair_keys(keys: Iterable[str]) -> tuple[str, str]:
    """The keys of inputs and of targets, empty where there are none."""
    known = set(keys)
    first, second = (next((key for key in choices if key in known), "") for choices in (_INPUT_KEYS, _TARGET_KEYS))
    return first, second


def are_columns(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether arrays are the columns of one table, though some may be called x and y: more than two, of one length.

    >>> are_columns({"x": (5,), "z": (5,), "y": (5,)}), are_columns({"x": (5, 2), "y": (5,)})
    (True, False)
    """
    return len(shapes) > 2 and len({*shapes.values()}) == 1 and all(map(_is_a_column, shapes.items()))


def _is_a_column(array: tuple[str, tuple[int, ...]]) -> bool:
    return len(array[1]) == 1 and not array[0].lower().endswith(("_train", "_test"))


def _pair(arrays: Mapping[str, Array], inputs_key: str, targets_key: str, source: str) -> ArrayTable:
    """Inputs and targets under names that say so."""
    names, block = _block(arrays[inputs_key], inputs_key, source)
    targets = _vector(arrays[targets_key], targets_key, source)
    if len(block) != len(targets):
        what = say(
            "{quoted} has {count} rows, {quoted2} {count2}",
            quoted=quoted(inputs_key),
            count=len(block),
            quoted2=quoted(targets_key),
            count2=len(targets),
        )
        raise data_error(source, what, say("each row of inputs needs one target"))
    return ArrayTable((*names, targets_key), source, block, (targets,))


def _only(arrays: Mapping[str, Array], source: str) -> ArrayTable:
    """Arrays under other names: one matrix, or columns of one length."""
    usable = {key: array for key in arrays if (array := arrays[key]).ndim}
    matrices = [key for key, array in usable.items() if array.ndim > 1]
    if len(matrices) == 1:
        key = matrices[0]
        names, block = _block(usable[key], key, source)
        inputs_only = usable[key].ndim > 2 or key in _INPUT_KEYS
        numbered = tuple(str(place + 1) for place in range(block.shape[1]))
        return ArrayTable(names if inputs_only else numbered, source, block, (), inputs_only)
    if matrices or len({len(array) for array in usable.values()}) != 1:
        shapes = enumerated((f"{key or 'array'} {array.shape}" for key, array in usable.items())) or say("no arrays")
        raise data_error(
            source, say("which array holds the inputs, which the targets? ({shapes})", shapes=shapes), _NAME_THEM
        )
    columns = tuple(_vector(array, key, source) for key, array in usable.items())
    return ArrayTable(unique_names((*usable,)), source, np.empty((len(columns[0]), 0), np.uint8), columns)


def _checked(table: ArrayTable) -> ArrayTable:
    if not len(table):
        raise no_rows(table.source, say("no rows"))
    if not table.names:
        raise data_error(table.source, say("no columns"), say("a table needs at least one column of numbers"))
    return table


def _block(array: Array, key: str, source: str) -> tuple[tuple[str, ...], Array]:
    """Inputs as a matrix, with names for its columns."""
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise data_error(
            source,
            say(
                "{quoted} holds {dtype} {shape}, not rows of numbers",
                quoted=_called(key),
                dtype=array.dtype,
                shape=array.shape,
            ),
            _NAME_THEM,
        )
    block = array.reshape(len(array), -1) if array.size else np.empty((len(array), 0))
    if array.ndim == 1:
        return (key or "1",), block
    return (default_names if array.ndim == 2 else pixel_names)(block.shape[1]), block


def _vector(array: Array, key: str, source: str) -> Array:
    """One number or text per row."""
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.ndim != 1:
        what = say("{quoted} has shape {shape}, not one value per row", quoted=_called(key), shape=array.shape)
        raise data_error(source, what, say("store class numbers or labels, not one column per class"))
    if flat.dtype.kind == "U" and _are_no_characters(flat):
        what = say("{quoted} holds texts of what are no characters", quoted=_called(key))
        raise data_error(source, what, say("fetch or write it again"))
    if flat.dtype.kind == "S":
        flat = np.char.decode(flat, "utf-8", "replace")
    if flat.dtype.kind in "mM":
        flat = np.array(["" if np.isnat(value) else str(value) for value in flat])
    if flat.dtype.kind == "b":
        flat = np.array(TRUTHS)[flat.astype(np.uint8)]
    if flat.dtype.kind not in "biufU":
        raise data_error(
            source,
            say("{quoted} holds {dtype}, not numbers or texts", quoted=_called(key), dtype=array.dtype),
            _NAME_THEM,
        )
    return flat


def _are_no_characters(texts: Array) -> bool:
    """Whether a text has a number beyond Unicode's, which a damaged file may and Python's strings may not."""
    codes = np.ascontiguousarray(texts).view(np.dtype(np.uint32).newbyteorder(texts.dtype.byteorder))
    return bool(codes.size) and int(codes.max()) > sys.maxunicode


def _called(key: str) -> str:
    """An array by its key; one of an `.npy` has none."""
    return quoted(key) if key else say("the array")
