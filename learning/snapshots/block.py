"""A block of bytes that holds one JSON document and named arrays; reading it copies and executes nothing."""

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.errors import InvalidInputError

MAGIC: Final = b"WTBLOCK1"
ALIGNMENT: Final = 64
"""Arrays begin at multiples of it, as processors like it."""
DTYPES: Final = frozenset({"<f8", "<f4", "<i8", "<i4", "<u2", "|b1", "|u1"})
"""Numbers only: an array of objects would have to be unpickled."""

Arrays = Mapping[str, NDArray[Any]]
Content = bytes | mmap.mmap
"""A block in memory, or a mapped file of which only what is used is read."""


@dataclass(frozen=True, slots=True)
class _ArrayAt:
    """Where an array lies, from the end of the header on."""

    dtype: str
    shape: tuple[int, ...]
    order: str
    start: int
    n_bytes: int


def write_block(document: object, arrays: Arrays) -> bytes:
    """The block.

    Layout: 8 bytes `MAGIC`, the header's length (8 bytes, little-endian), the header (JSON: the document and a
    directory of the arrays), padding, and the arrays' raw bytes, each at a multiple of `ALIGNMENT`. The order in memory
    (C or Fortran) is kept, so that matrix products with an array give the same bits as before.

    Args:
        document: JSON without NaN and infinities.
        arrays: By name, of the `DTYPES`.

    Raises:
        InvalidInputError: On another dtype, or a document that isn't JSON.
    """
    directory, pieces, at = {}, [], 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<").str if array.dtype.itemsize > 1 else array.dtype.str
        if dtype not in DTYPES:
            raise InvalidInputError("arrays of a block hold numbers", field=name, value=str(array.dtype))
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        raw = np.asarray(array, dtype=dtype).tobytes(order="F" if order == "F" else "C")
        directory[name] = [dtype, list(array.shape), order, at, len(raw)]
        padding = -len(raw) % ALIGNMENT
        pieces += [raw, bytes(padding)]
        at += len(raw) + padding
    try:
        header = json.dumps([document, directory], allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"a block's document is JSON: {error}", field="document") from error
    start = len(MAGIC) + 8
    padding = -(start + len(header)) % ALIGNMENT
    return b"".join([MAGIC, len(header).to_bytes(8, "little"), header, bytes(padding), *pieces])


def read_block(content: Content) -> tuple[Any, dict[str, NDArray[Any]]]:
    """The document and the arrays, which are views of the bytes and can't be written to.

    Raises:
        InvalidInputError: If the bytes are no block, or a damaged one.
    """
    start = len(MAGIC) + 8
    if content[: len(MAGIC)] != MAGIC:
        raise InvalidInputError("the bytes are not a block of Warmtune", field="content")
    n_header = int.from_bytes(content[len(MAGIC) : start], "little")
    try:
        document, directory = json.loads(content[start : start + n_header])
        entries = {
            name: _ArrayAt(dtype, tuple(map(int, shape)), order, int(at), int(n_bytes))
            for name, (dtype, shape, order, at, n_bytes) in directory.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInputError("the block has no sound header", field="content") from error
    first = start + n_header + (-(start + n_header) % ALIGNMENT)
    return document, {name: _array(content, first, name, entry) for name, entry in entries.items()}


def _array(content: Content, first: int, name: str, entry: _ArrayAt) -> NDArray[Any]:
    if entry.dtype not in DTYPES or entry.order not in ("C", "F") or min((*entry.shape, entry.start), default=0) < 0:
        raise InvalidInputError("the block's directory names an array that it can't hold", field=name)
    dtype = np.dtype(entry.dtype)
    count = int(np.prod(entry.shape, dtype=np.int64))
    if count * dtype.itemsize != entry.n_bytes or first + entry.start + entry.n_bytes > len(content):
        raise InvalidInputError("the block is shorter than its header states", field=name, value=len(content))
    flat = np.frombuffer(content, dtype=dtype, count=count, offset=first + entry.start)
    return flat.reshape(entry.shape, order="F" if entry.order == "F" else "C")
