"""What a source is, and reading it: a text table, NumPy's files, IDX, or a folder with MNIST's files."""

from __future__ import annotations

from typing import BinaryIO

from gdcli.data.files import STDIN, read_file, read_stream
from gdcli.data.idx import idx_table, is_idx, is_mnist_folder, mnist_table, read_idx
from gdcli.data.numpy_files import is_numpy, read_numpy
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.errors import OptionError

__all__ = ["ReadOptions", "Table", "load"]


def load(source: str, options: ReadOptions, stdin: BinaryIO | None = None, labels: str | None = None) -> Table:
    """Reads a table from wherever it is, in whatever form; the first bytes tell, not the name.

    Args:
        source: A path, or `-` for the standard input. A folder with MNIST's files gives the training images.
        options: How to read a text table.
        stdin: The standard input, as bytes.
        labels: The file of labels that goes with IDX images.

    Raises:
        DataError: If it cannot be read, or is no table.
        OptionError: If labels are given for something other than IDX images.
    """
    if source != "-" and is_mnist_folder(source):
        return _without_labels(mnist_table(source), labels)
    name = STDIN if source == "-" else source
    content = read_stream(stdin) if source == "-" else read_file(source)
    if is_idx(content):
        return idx_table(read_idx(content, name), read_idx(read_file(labels), labels) if labels else None, name)
    table = read_numpy(content, name) if is_numpy(content) else read_table(content, name, options)
    return _without_labels(table, labels)


def _without_labels(table: Table, labels: str | None) -> Table:
    if labels is not None:
        raise OptionError(f"--labels goes with IDX images, and {table.source} holds none", "leave --labels out")
    return table
