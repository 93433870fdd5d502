"""Hashes of rows, to which columns are added one by one: of their content, and of what survives a change of units."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import HashArray
from metafeatures.kernels.columns import add_by_code, mix

MISSING = np.uint64(0xD6E8FEB86659FD93)


class ColumnContent(NamedTuple):
    """What a feature is known by in the hashes of content.

    Attributes:
        key: Of the values that it holds, whatever its name and the order of rows.
        seed: What its cells were hashed with: the key, unless a column before had the same.
    """

    key: np.uint64
    seed: np.uint64


@dataclass(frozen=True, slots=True)
class RowHashes:
    """Hashes that columns are added to, one for each row; owned and changed by one pass.

    Each array has the shape ``(n_rows,)``.

    Attributes:
        content: Over exact values, each with its column's.
        keys: Over what survives a change of units, names and order.
        missing: Whether a feature of the row is missing.
        texts: As `content`, of columns of text, which rows may differ by and yet be alike.
        cells: Scratch: the hashes of one column's cells.
        columns: The features that were added, by name.
        n_alike: How many of them have a key.
    """

    content: HashArray
    keys: HashArray
    missing: npt.NDArray[np.bool_]
    texts: HashArray
    cells: HashArray
    columns: dict[str, ColumnContent]
    n_alike: dict[int, int]

    @classmethod
    def zeros(cls, n_rows: int) -> "RowHashes":
        """Hashes of no column yet."""
        return cls(
            np.zeros(n_rows, np.uint64),
            np.zeros(n_rows, np.uint64),
            np.zeros(n_rows, np.bool_),
            np.zeros(n_rows, np.uint64),
            np.empty(n_rows, np.uint64),
            {},
            {},
        )

    def seed_of(self, name: str, content: np.uint64, role: str) -> np.uint64:
        """Add a feature, and answer what its cells are to be hashed with: another number for each feature.

        Args:
            name: The feature's.
            content: A hash of its values, whatever the order of rows.
            role: Which of several columns may hold the same values as others and yet mean something else.
        """
        key = salt_of(content, role)
        before = self.n_alike.get(int(key), 0)
        self.n_alike[int(key)] = before + 1
        seed = key if before == 0 else np.uint64(mix(np.uint64(key ^ np.uint64(before))))
        self.columns[name] = ColumnContent(key, seed)
        return seed


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
