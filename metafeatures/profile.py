"""Exact facts about every column, from passes over all rows, one column in memory at a time.

The same passes collect two kinds of row hash. `RowHashes.content` identifies the content. `RowHashes.keys` decide
what is sampled: they are made of what survives a change of units, names and order (a number's place between the
column's extremes, a category's frequency), so that such a change leaves the sample as it is.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metafeatures.arrays import FloatArray
from metafeatures.arrow_arrays import CodedColumn, read_only, string_hashes, to_codes
from metafeatures.finite import check_finite
from metafeatures.kernels.columns import (
    add_by_code,
    add_numbers,
    add_salted,
    count_codes,
    hash_numbers,
    mix,
    mix_array,
    place_and_sum,
    place_hashes,
    scan,
    sum_of_bits,
)
from metafeatures.moments import Moments, moments_of, safe_factor, scaled
from metafeatures.roles import Role
from metafeatures.row_hashes import MISSING, RowHashes, column_seed, salt_of, spread
from metafeatures.row_numbers import ALL_ROWS, RowNumbers

TARGET: Final = "target"
"""The part in hashes of the column that is predicted."""
TEXT_SYMBOLS = 50


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
        return float(np.sqrt(self.n) * self.m3 / (self.m2 * np.sqrt(self.m2)))  # a power of two cancels to the last bit

    @property
    def kurtosis(self) -> float:
        """Population kurtosis ``m4 / m2**2`` (3 for the normal), at least 1; the column isn't constant."""
        return max(self.n * self.m4 / (self.m2 * self.m2), 1.0)


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


def profile_numeric(
    values: FloatArray, name: str, role: Role, hashes: RowHashes, *, rows: RowNumbers = ALL_ROWS, salt: str = ""
) -> NumericProfile | OtherProfile:
    """Profile the values of a numeric or date column.

    Args:
        values: Shape ``(n_rows,)``, NaN where missing.
        name: The column's.
        role: Numeric or date.
        hashes: Of the rows; the column is added to them.
        rows: Number the rows in messages.
        salt: Stands for role and content in hashes of a column that is no feature.

    Raises:
        InvalidTableError: On an infinity, naming column and row.
    """
    n, n_zero, n_integral, low, high = scan(values)
    if n == 0:
        hashes.missing[:] = True
        return OtherProfile(name, Role.EMPTY, 0, values.size)
    check_finite(values, (low, high), name, rows)
    if n < values.size:
        hashes.missing[np.isnan(values)] = True
    factor = safe_factor(low, high)
    moments = Moments(low * factor, 0.0, 0.0, 0.0)
    key = np.uint64(0)
    part = salt or str(role)
    if low == high and n == values.size:
        hash_numbers(values, _seed(sum_of_bits(values), key, name, hashes, part=part), hashes.content)
    else:
        bottom, top = low * factor, high * factor
        x = scaled(values, factor)
        if low < high:
            moments = moments_of(x, bottom, top, n)
        if factor == 1.0:
            key, bits = place_and_sum(values, low, high, hashes.cells)
        else:
            key, bits = place_hashes(x, bottom, top, hashes.cells), sum_of_bits(values)
        seed = _seed(bits, key, name, hashes, part=part)
        add_numbers(values, seed, hashes.content, hashes.cells, salt_of(key, part), hashes.keys)
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
        mean=moments.mean,
        m2=moments.m2,
        m3=moments.m3,
        m4=moments.m4,
        key=int(key),
    )


def _seed(bits: np.uint64, places: np.uint64, name: str, hashes: RowHashes, *, part: str) -> np.uint64:
    """What a column's numbers are hashed with: their sum as bits and their places, or the column's part in the task."""
    if part == TARGET:
        return column_seed(part, "number")
    return hashes.seed_of(name, mix(np.uint64(bits ^ places)), "date" if part == Role.DATE else "number")


def profile_nominal(
    column: pa.ChunkedArray, name: str, *, listed: bool, hashes: RowHashes
) -> NominalProfile | OtherProfile:
    """Profile a column of categories or strings.

    Text-like ones (identifiers, free text) carry no category: their content counts, their symbols don't. That is
    where more than `TEXT_SYMBOLS` symbols are in use and more than half as many as there are present rows, unless
    the column is `listed` as nominal.
    """
    coded = to_codes(column)
    counts = count_codes(coded.codes, len(coded.labels))
    used = counts[counts > 0]
    n = int(counts.sum())
    n_missing = coded.codes.size - n
    if n_missing:
        hashes.missing[coded.codes < 0] = True
    is_like_text = len(used) > max(TEXT_SYMBOLS, n / 2)
    is_text = is_like_text and not listed
    role = Role.TEXT if is_text else Role.NOMINAL
    key = add_classes(coded, counts, name, hashes, role=role, content="name" if is_like_text and listed else "label")
    return OtherProfile(name, Role.TEXT, n, n_missing) if is_text else NominalProfile(name, n, n_missing, used, key)


def add_classes(  # flat keywords instead of an options object
    coded: CodedColumn,
    counts: npt.NDArray[np.int64],
    name: str,
    hashes: RowHashes,
    *,
    role: str,
    content: str = "label",
) -> int:
    """Add a coded column to the row hashes; return its key, which is free of labels and of row order.

    Text doesn't count for the keys: it isn't looked into, so rows that differ by it alone are alike.

    Args:
        coded: The column: codes of shape ``(n_rows,)`` into ``n_labels`` labels.
        counts: Shape ``(n_labels,)``: how many rows hold each label.
        name: The column's.
        hashes: Of the rows, changed in place.
        role: What the column is used as.
        content: What the cells are to the hash of content: labels, or names where only the caller says that they are
            categories, since the same cells are text to another caller.
    """
    labels = string_hashes(coded.labels)
    if role == TARGET:
        seed = column_seed(role, "label")
    else:
        held = mix_array(labels) * counts.astype(np.uint64)
        seed = hashes.seed_of(name, held.sum(dtype=np.uint64), content)
    contents = mix_array(read_only(labels ^ seed))
    into = hashes.texts if role == Role.TEXT else hashes.content
    add_by_code(coded.codes, contents, np.uint64(mix(MISSING ^ seed)), into)
    if role == Role.TEXT:
        return 0
    symbols = mix_array(read_only(counts.astype(np.uint64)))
    n_missing = coded.codes.size - int(counts.sum())
    total = (symbols * counts.astype(np.uint64)).sum(dtype=np.uint64)
    key = mix(np.uint64((int(total) + n_missing * int(MISSING)) % 2**64))
    spread(coded.codes, symbols, hashes.cells)
    add_salted(hashes.cells, salt_of(key, role), hashes.keys)
    return int(key)
