"""IDX, the format of the MNIST files: images and labels as unsigned bytes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from gdcli.arrays import NDArray
from gdcli.data.cells import data_error
from gdcli.data.dataset import Dataset
from gdcli.data.files import read_file
from gdcli.data.numpy_files import ArrayTable, pixel_names
from gdcli.errors import DataError
from gdcli.said import say

__all__ = [
    "idx_header",
    "idx_table",
    "is_idx",
    "is_mnist_folder",
    "mnist_files",
    "mnist_table",
    "other_size",
    "read_idx",
    "read_mnist_folder",
]

_TYPES = {
    0x08: say("unsigned bytes"),
    0x09: say("signed bytes"),
    0x0B: "shorts",
    0x0C: "ints",
    0x0D: "floats",
    0x0E: "doubles",
}
_PARTS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_FETCH_AGAIN = say("the file is cut short or damaged: fetch it again")


def is_idx(content: bytes) -> bool:
    """Whether the bytes begin as IDX does: two zeros, a type, and how many dimensions there are.

    >>> is_idx(bytes([0, 0, 8, 3])), is_idx(b"x,y")
    (True, False)
    """
    return len(content) >= 4 and content[:2] == b"\0\0" and content[2] in _TYPES and content[3] in range(1, 9)


def read_idx(content: bytes, source: str) -> NDArray[np.uint8]:
    """The array in an IDX file: a view of its bytes, not a copy.

    Args:
        content: The file's bytes, not compressed: 0, 0, the type, the number of dimensions, each dimension's
            length as four bytes (most significant first), then the values.
        source: What it is called in messages.

    Raises:
        DataError: If it is no IDX, of another type than unsigned bytes, or longer or shorter than it says.

    Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*.

    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]), "labels").tolist()
    [7, 3]
    """
    start, shape = idx_header(content, source)
    if len(content) - start != math.prod(shape):
        raise other_size(len(content) - start, shape, source)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_header(content: bytes, source: str) -> tuple[int, tuple[int, ...]]:
    """Where the values of an IDX file begin, and their shape.

    Raises:
        DataError: If it is no IDX, or of another type than unsigned bytes.
    """
    if not is_idx(content):
        raise data_error(source, say("not an IDX file"), say("MNIST's files are named like train-labels-idx1-ubyte"))
    if content[2] != 0x08:
        raise data_error(
            source,
            say("IDX of {types}; only unsigned bytes are read", types=_TYPES[content[2]]),
            say("convert it to .npz"),
        )
    start = 4 + 4 * content[3]
    return start, tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))


def other_size(size: int, shape: tuple[int, ...], source: str) -> DataError:
    """The error about an IDX file that is longer or shorter than it says."""
    count = say(
        "{max} byte{s} where its header promises {prod}", max=max(size, 0), s="s" * (size != 1), prod=math.prod(shape)
    )
    return data_error(source, count, _FETCH_AGAIN)


def idx_table(images: NDArray[np.uint8], labels: NDArray[np.uint8] | None, source: str) -> ArrayTable:
    """Images, a row each (columns p0, p1, ...), and their labels (column `label`), kept as bytes.

    Args:
        images: Shape (n, height, width).
        labels: Shape (n,); None if there are none.
        source: What the table is called in messages.

    Raises:
        DataError: If images or labels are something else, or not equally many.
    """
    if images.ndim < 2 or not images.size:
        hint = say("name the images, and give the labels with --labels")
        raise data_error(source, say("holds labels, not images") if images.size else say("no images"), hint)
    block = images.reshape(len(images), -1)
    names = pixel_names(block.shape[1])
    if labels is None:
        return ArrayTable(names, source, block, unlabelled=True)
    if labels.ndim != 1:
        raise data_error(
            source, say("the file of labels holds images"), say("--labels FILE, for example train-labels-idx1-ubyte")
        )
    if len(labels) != len(images):
        what = say("{count} images, but {count2} labels", count=len(images), count2=len(labels))
        raise data_error(source, what, say("images and labels must come from the same set"))
    return ArrayTable((*names, "label"), source, block, (labels,))


def is_mnist_folder(path: str) -> bool:
    """Whether a path is a folder with at least one of MNIST's four files in it."""
    return bool(path) and any(_find(path, name) for part in _PARTS.values() for name in part)


def mnist_table(path: str, part: str = "train") -> ArrayTable:
    """The training or test images of a folder with MNIST's files, and their labels.

    Args:
        path: The folder; its files may be gzipped.
        part: `train` or `test`.

    Raises:
        DataError: If one of the two files is missing or damaged, or they do not belong together.
    """
    images, labels = (read_idx(read_file(file), file) for file in mnist_files(path, part))
    return idx_table(images, labels, path)


def mnist_files(path: str, part: str = "train") -> tuple[str, str]:
    """The files of images and of labels in a folder with MNIST's files.

    Raises:
        DataError: If one of the two is missing.
    """
    images, labels = (_file(path, name) for name in _PARTS[part])
    return images, labels


def read_mnist_folder(path: str) -> tuple[Dataset, Dataset]:
    """The training set and the test set of a folder with MNIST's four files, inputs kept as bytes.

    Args:
        path: The folder; its files may be gzipped.

    Raises:
        DataError: If one of the files is missing or damaged, or they do not belong together.
    """
    tables = [mnist_table(path, part) for part in ("train", "test")]
    labels = [table.columns[0] for table in tables]
    distinct = np.unique(np.concatenate(labels))
    classes = tuple(str(label) for label in distinct)
    train, test = (
        Dataset(table.block, np.searchsorted(distinct, targets), table.names[:-1], "label", classes)
        for table, targets in zip(tables, labels, strict=True)
    )
    return train, test


def _file(path: str, name: str) -> str:
    file = _find(path, name)
    if file is None:
        raise data_error(
            path, say("no {name}[.gz] in this folder", name=name), say("MNIST comes as four files, all of them needed")
        )
    return str(file)


def _find(path: str, name: str) -> Path | None:
    """One of MNIST's files in a folder, under its usual names, gzipped or not."""
    spellings = (name, name.replace("-idx", ".idx"))
    candidates = (Path(path, spelling + end) for spelling in spellings for end in ("", ".gz"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)
