"""IDX, MNIST's format: small files made here, byte by byte."""

import gzip
import io

import numpy as np
import pytest

from gdcli.data.columns import ColumnOptions, classification, inputs
from gdcli.data.idx import read_idx, read_mnist_folder
from gdcli.data.reading import ReadOptions, load
from gdcli.errors import DataError

pytestmark = pytest.mark.quick

IMAGES = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2)
LABELS = np.array([7, 3, 7], np.uint8)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    shape = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, kind, array.ndim]) + shape + array.tobytes()


@pytest.fixture
def folder(tmp_path):
    for name, array in (
        ("train-images-idx3-ubyte.gz", IMAGES),
        ("train-labels-idx1-ubyte.gz", LABELS),
        ("t10k-images-idx3-ubyte", IMAGES[:2]),
        ("t10k-labels-idx1-ubyte", np.array([9, 3], np.uint8)),
    ):
        content = idx(array)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    return tmp_path


def test_an_array_reads_back_without_a_copy():
    content = idx(IMAGES)
    found = read_idx(content, "images")
    assert found.tolist() == IMAGES.tolist()
    assert np.shares_memory(found, np.frombuffer(content, np.uint8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x,y\n1,2\n", "not an IDX file"),
        (idx(IMAGES)[:-1], "11 bytes where its header promises 12"),
        (idx(IMAGES) + b"\0", "13 bytes where its header promises 12"),
        (idx(IMAGES)[:6], "0 bytes where its header promises 0"),
        (idx(IMAGES, kind=0x0D), "IDX of floats; only unsigned bytes are read"),
    ],
)
def test_damage_is_named(content, message):
    with pytest.raises(DataError) as caught:
        read_idx(content, "images")
    assert caught.value.message == f"images: {message}"
    assert caught.value.hint


def test_images_with_their_labels(folder):
    images, labels = (str(folder / f"train-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    data = classification(load(images, ReadOptions(), labels=labels), ColumnOptions())
    assert (data.input_names, data.target_name) == (("p0", "p1", "p2", "p3"), "label")
    assert (data.classes, data.targets.tolist(), data.targets.dtype) == (("3", "7"), [1, 0, 1], np.int64)
    assert data.inputs.dtype == np.uint8
    assert data.inputs.tolist() == IMAGES.reshape(3, 4).tolist()


def test_images_alone():
    table = load("-", ReadOptions(), stdin=io.BytesIO(idx(IMAGES)))
    assert inputs(table, table.names)[0].tolist() == IMAGES.reshape(3, 4).tolist()
    with pytest.raises(DataError, match="standard input: inputs without targets") as caught:
        classification(table, ColumnOptions())
    assert "--labels FILE" in caught.value.hint


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES, LABELS[:2], "3 images, but 2 labels"),
        (LABELS, LABELS, "holds labels, not images"),
        (IMAGES, IMAGES, "the file of labels holds images"),
        (IMAGES[:0], LABELS[:0], "no images"),
    ],
)
def test_what_does_not_belong_together(tmp_path, images, labels, message):
    (tmp_path / "images").write_bytes(idx(images))
    (tmp_path / "labels").write_bytes(idx(labels))
    with pytest.raises(DataError) as caught:
        load(str(tmp_path / "images"), ReadOptions(), labels=str(tmp_path / "labels"))
    assert caught.value.message == f"{tmp_path / 'images'}: {message}"
    assert caught.value.hint


def test_a_folder_gives_both_sets_under_the_same_classes(folder):
    train, test = read_mnist_folder(str(folder))
    assert train.classes == test.classes == ("3", "7", "9")
    assert (train.targets.tolist(), test.targets.tolist()) == ([1, 0, 1], [2, 0])
    assert (train.targets.dtype, train.inputs.dtype, train.inputs.shape) == (np.int64, np.uint8, (3, 4))
    assert test.input_names == ("p0", "p1", "p2", "p3")


def test_loading_a_folder_gives_the_training_set(folder):
    table = load(str(folder), ReadOptions())
    assert (len(table), table.names[-1], table.texts("label")) == (3, "label", ["7", "3", "7"])


def test_a_folder_that_lacks_a_file(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError) as caught:
        read_mnist_folder(str(folder))
    assert caught.value.message == f"{folder}: no t10k-labels-idx1-ubyte[.gz] in this folder"
