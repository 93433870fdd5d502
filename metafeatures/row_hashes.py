"""Hashes of rows, to which columns are added one by one: of their content, and of what survives a change of units."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metafeatures.arrow_arrays import read_only
from metafeatures.kernels.columns import (
    HashArray,
    add_by_code,
    fold_rows,
    mix,
)

MISSING = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True)
class RowHashes:
    """Hashes that columns are added to, one for each row; owned and changed by one pass.

    Each array has the shape ``(n_rows,)``.

    Attributes:
        content: Over names and exact values.
        keys: Over what survives a change of units, names and order.
        missing: Whether a feature of the row is missing.
        texts: As `content`, of columns of text, which rows may differ by and yet be alike.
        cells: Scratch: the hashes of one column's cells.
    """

    content: HashArray
    keys: HashArray
    missing: npt.NDArray[np.bool_]
    texts: HashArray
    cells: HashArray

    @classmethod
    def zeros(cls, n_rows: int) -> "RowHashes":
        """Hashes of no column yet."""
        return cls(
            np.zeros(n_rows, np.uint64),
            np.zeros(n_rows, np.uint64),
            np.zeros(n_rows, np.bool_),
            np.zeros(n_rows, np.uint64),
            np.empty(n_rows, np.uint64),
        )

    def digest(self, header: str) -> str:
        """SHA-256 over `header` and the set of rows, whatever their order."""
        a, b = fold_rows(read_only(self.content + self.texts))
        return hashlib.sha256(f"{header}\0{len(self.content)}\0{int(a):x}\0{int(b):x}".encode()).hexdigest()


def column_seed(name: str, role: str) -> np.uint64:
    """What a column's values are hashed with: its name and role."""
    digest = hashlib.blake2b(f"{role}\0{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def salt_of(key: int | np.uint64, role: str) -> np.uint64:
    """What the cells of a column are hashed with for the rows' keys: the column's own key, and its role."""
    return np.uint64(mix(np.uint64(key) ^ column_seed("", role)))


def spread(codes: npt.NDArray[np.int32], symbols: HashArray, out: HashArray) -> None:
    """Write each row's symbol's hash, or that of a missing one.

    `codes` and `out` have shape ``(n,)``, `symbols` ``(n_labels,)``; `out` is overwritten.
    """
    out[:] = 0
    add_by_code(codes, symbols, MISSING, out)
