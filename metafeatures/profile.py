"""Exact facts about every column, from passes over all rows, one column in memory at a time.

The same passes collect two kinds of row hash. `RowHashes.content` identifies the content. `RowHashes.keys` decide
what is sampled: they are made of what survives a change of units, names and order (a number's place between the
column's extremes, a category's frequency), so that such a change leaves the sample as it is.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metafeatures.arrow_arrays import Coded, read_only, string_hashes, to_codes
from metafeatures.finite import finite_range
from metafeatures.kernels.columns import (
    FloatArray,
    HashArray,
    add_by_code,
    central_moments,
    count_codes,
    fold_rows,
    hash_numbers,
    key_numbers,
    mix,
    mix_array,
    scan,
)
from metafeatures.roles import Role
from metafeatures.row_numbers import ALL_ROWS, RowNumbers

_MISSING = np.uint64(0xD6E8FEB86659FD93)
TEXT_SYMBOLS = 50
_PLAIN_EXPONENT = 200  # fourth powers of 2**200, summed over all rows, are still far from overflow


@dataclass(frozen=True, slots=True)
class NumericProfile:
    """Exact facts about a numeric (or date) column.

    Attributes:
        name: The column's.
        role: Numeric or date.
        n: Present values.
        n_missing: Nulls and NaNs.
        n_zero: Zeros.
        n_integral: Values that are whole.
        low: Minimum.
        high: Maximum.
        factor: A power of two that brings the column into safe magnitude; 1 for all but extreme columns. `mean`
            and `m2` to `m4` are of ``factor * x``.
        mean: Mean.
        m2: Sum of squared deviations from the mean; `m3` and `m4` alike.
        m3: Sum of cubed deviations.
        m4: Sum of deviations to the fourth.
        key: A hash of the column's content, free of units and row order.
    """

    name: str
    role: Role
    n: int
    n_missing: int
    n_zero: int
    n_integral: int
    low: float
    high: float
    factor: float
    mean: float
    m2: float
    m3: float
    m4: float
    key: int

    @property
    def is_constant(self) -> bool:
        """Whether all present values are the same."""
        return self.low == self.high or self.m2 == 0.0

    @property
    def varies(self) -> bool:
        """Whether rows differ, be it only in that some miss the value."""
        return not self.is_constant or self.n_missing > 0

    @property
    def sd(self) -> float:
        """Population standard deviation of ``factor * x``."""
        return float(np.sqrt(self.m2 / self.n))

    @property
    def skewness(self) -> float:
        """Population skewness ``m3 / m2**1.5`` of central moments; the column isn't constant."""
        return float(np.sqrt(self.n) * self.m3 / self.m2**1.5)

    @property
    def kurtosis(self) -> float:
        """Population kurtosis ``m4 / m2**2`` (3 for the normal), at least 1; the column isn't constant."""
        return max(self.n * self.m4 / self.m2**2, 1.0)


@dataclass(frozen=True, slots=True)
class NominalProfile:
    """Exact facts about a nominal column.

    Attributes:
        name: The column's.
        n: Present values.
        n_missing: Nulls.
        counts: Rows of each label that is used, in the labels' order; shape ``(n_symbols,)``.
        key: A hash of the column's content, free of names and row order.
    """

    name: str
    n: int
    n_missing: int
    counts: npt.NDArray[np.int64]
    key: int

    @property
    def is_constant(self) -> bool:
        """Whether all present values are the same."""
        return len(self.counts) < 2

    @property
    def varies(self) -> bool:
        """Whether rows differ, be it only in that some miss the value."""
        return not self.is_constant or self.n_missing > 0


@dataclass(frozen=True, slots=True)
class OtherProfile:
    """A column that is counted but not looked into: text or empty."""

    name: str
    role: Role
    n: int
    n_missing: int


Profile = NumericProfile | NominalProfile | OtherProfile


@dataclass(frozen=True, slots=True)
class RowHashes:
    """Hashes that columns are added to, one for each row; owned and changed by one pass.

    Attributes:
        content: Over names and exact values.
        keys: Over what survives a change of units, names and order.
        missing: Whether a feature of the row is missing.
    """

    content: HashArray
    keys: HashArray
    missing: npt.NDArray[np.bool_]

    @classmethod
    def zeros(cls, n_rows: int) -> "RowHashes":
        """Hashes of no column yet."""
        return cls(np.zeros(n_rows, np.uint64), np.zeros(n_rows, np.uint64), np.zeros(n_rows, np.bool_))

    def digest(self, header: str) -> str:
        """SHA-256 over `header` and the set of rows, whatever their order."""
        a, b = fold_rows(self.content)
        return hashlib.sha256(f"{header}\0{len(self.content)}\0{int(a):x}\0{int(b):x}".encode()).hexdigest()


def column_seed(name: str, role: str) -> np.uint64:
    """What a column's values are hashed with: its name and role."""
    digest = hashlib.blake2b(f"{role}\0{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def profile_numeric(
    values: FloatArray, name: str, role: Role, hashes: RowHashes, *, rows: RowNumbers = ALL_ROWS
) -> NumericProfile | OtherProfile:
    """Profile the values of a numeric or date column.

    Raises:
        InvalidTableError: On an infinity, naming column and row.
    """
    shift = first_present(values)
    if shift is None:
        hashes.missing[:] = True
        return OtherProfile(name, Role.EMPTY, 0, values.size)
    low, high = finite_range(values, name, rows)
    n, n_zero, n_integral, total = scan(values, shift)
    if n < values.size:
        hashes.missing[np.isnan(values)] = True
    hash_numbers(values, column_seed(name, "number"), hashes.content)
    factor = safe_factor(low, high)
    mean, m2, m3, m4 = low * factor, 0.0, 0.0, 0.0
    key = np.uint64(0)
    if low < high:
        x = scaled(values, factor)
        bottom, top = low * factor, high * factor
        if factor != 1.0:
            shift *= factor
            total = scan(x, shift)[3]  # the sum of plain values may have overflown
        mean = min(max(shift + total / n, bottom), top)
        m2, m3, m4 = central_moments(x, mean)
        key = key_numbers(x, bottom, top, hashes.keys)
    return NumericProfile(
        name=name,
        role=role,
        n=n,
        n_missing=values.size - n,
        n_zero=n_zero,
        n_integral=n_integral,
        low=low,
        high=high,
        factor=factor,
        mean=mean,
        m2=m2,
        m3=m3,
        m4=m4,
        key=int(key),
    )


def first_present(values: FloatArray) -> float | None:
    """The first value that isn't missing: a value near the mean, as far as sums are concerned."""
    if values.size and not np.isnan(values[0]):
        return float(values[0])
    present = np.flatnonzero(~np.isnan(values))
    return float(values[present[0]]) if present.size else None


def safe_factor(low: float, high: float) -> float:
    """A power of two that brings extreme magnitudes near 1; 1 where that isn't needed."""
    exponent = int(np.frexp(max(abs(low), abs(high)))[1])
    if abs(exponent) <= _PLAIN_EXPONENT or low == high == 0.0:
        return 1.0
    return float(2.0 ** max(min(-exponent, 1000), -1000))


def scaled(values: FloatArray, factor: float) -> FloatArray:
    """``factor * values``; the array itself where that is the same."""
    return values if factor == 1.0 else read_only(values * factor)


def profile_nominal(
    column: pa.ChunkedArray, name: str, *, listed: bool, hashes: RowHashes
) -> NominalProfile | OtherProfile:
    """Profile a column of categories or strings.

    Text-like ones (identifiers, free text) carry no category: their content counts, their symbols don't. That is
    where more than `TEXT_SYMBOLS` symbols are in use and more than half as many as there are present rows, unless
    the column is `listed` as nominal.
    """
    coded = to_codes(column)
    counts = add_classes(coded, name, hashes)
    n = int(counts.sum())
    n_missing = coded.codes.size - n
    if n_missing:
        hashes.missing[coded.codes < 0] = True
    used = counts[counts > 0]
    if not listed and len(used) > max(TEXT_SYMBOLS, n / 2):
        return OtherProfile(name, Role.TEXT, n, n_missing)
    key = int(mix_array(read_only(mix_array(read_only(used.astype(np.uint64))))).sum(dtype=np.uint64))
    return NominalProfile(name, n, n_missing, used, key)


def add_classes(coded: Coded, name: str, hashes: RowHashes) -> npt.NDArray[np.int64]:
    """Add a coded column to the row hashes and return the count of each label."""
    counts = count_codes(coded.codes, len(coded.labels))
    seed = column_seed(name, "label")
    contents = mix_array(read_only(string_hashes(coded.labels) ^ seed))
    add_by_code(coded.codes, contents, np.uint64(mix(_MISSING ^ seed)), hashes.content)
    add_by_code(coded.codes, mix_array(read_only(counts.astype(np.uint64))), _MISSING, hashes.keys)
    return counts
