"""Compiled passes over one column: counts and hashes.

All arrays are one-dimensional and contiguous. Missing numbers are NaN, missing codes are -1. Arithmetic on hashes
wraps around modulo 2**64 by intent.
"""

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import CodeArray, FloatArray, HashArray
from metafeatures.kernels.compiled import kernel, summing_kernel

_M1 = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64's multipliers (Steele, Lea, Flood, 2014)
_M2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MINUS_ZERO = np.uint64(1 << 63)
_S30 = np.uint64(30)
_S27 = np.uint64(27)
_S31 = np.uint64(31)
# Cells of the quantiser behind row keys. Neither it nor its offset is a round number, so that values on a regular
# grid don't sit on the border of two cells, where rescaling a column could push them to either side.
_CELLS = 65521.3731
_OFFSET = 0.2718281828


@kernel
def mix(value: np.uint64) -> np.uint64:
    """Finalise a 64-bit hash (splitmix64)."""
    h = value + _GOLDEN
    h = (h ^ (h >> _S30)) * _M1
    h = (h ^ (h >> _S27)) * _M2
    return h ^ (h >> _S31)


@summing_kernel
def scan(x: FloatArray) -> tuple[int, int, int, float, float]:
    """One pass: present values, zeros, whole ones, and the least and the greatest value.

    `x` has shape ``(n,)``, NaN where missing; without a value the extremes are infinities of the wrong sign.
    """
    n, n_zero, n_integral = 0, 0, 0
    low, high = np.inf, -np.inf
    for i in range(x.size):
        v = x[i]
        n += not np.isnan(v)
        n_zero += v == 0.0
        n_integral += v == np.floor(v)
        low = v if v < low else low  # false where missing
        high = v if v > high else high
    return n, n_zero, n_integral, low, high


@kernel
def hash_numbers(x: FloatArray, seed: np.uint64, rows: HashArray) -> None:
    """Add each value's hash to its row's: NaN counts as one value, -0.0 as 0.0.

    `x` and `rows` have shape ``(n,)``; `rows` is changed in place.
    """
    bits = x.view(np.uint64)
    for i in range(x.size):
        h = bits[i]
        h = np.uint64(0) if h == _MINUS_ZERO else h
        h = _GOLDEN if np.isnan(x[i]) else h
        rows[i] += mix(h ^ seed)


@kernel
def place_hashes(x: FloatArray, low: float, high: float, out: HashArray) -> np.uint64:
    """A hash of each value's place between `low` and `high`; return the column's own key, which is free of row order.

    `x` and `out` have shape ``(n,)``; `out` is overwritten.

    The place doesn't change when the column is shifted or rescaled, so neither does what is sampled by it.
    """
    column = np.uint64(0)
    cells = _CELLS / (high - low) if high > low else 0.0
    for i in range(x.size):
        v = x[i]
        h = _M2 if np.isnan(v) else mix(np.uint64(np.int64((v - low) * cells + _OFFSET)))
        out[i] = h
        column += h
    return mix(column)


@kernel
def place_and_sum(x: FloatArray, low: float, high: float, out: HashArray) -> tuple[np.uint64, np.uint64]:
    """`place_hashes` and `sum_of_bits` in one pass, for columns that need no factor."""
    bits = x.view(np.uint64)
    column, total = np.uint64(0), np.uint64(0)
    cells = _CELLS / (high - low) if high > low else 0.0
    for i in range(x.size):
        v = x[i]
        is_missing = np.isnan(v)
        h = np.uint64(0) if bits[i] == _MINUS_ZERO else bits[i]
        total += _GOLDEN if is_missing else h
        place = _M2 if is_missing else mix(np.uint64(np.int64((v - low) * cells + _OFFSET)))
        out[i] = place
        column += place
    return mix(column), total


@kernel
def sum_of_bits(x: FloatArray) -> np.uint64:
    """The sum of the values as bits, whatever their order; `x` has shape ``(n,)``, and NaN and -0.0 are one value."""
    bits = x.view(np.uint64)
    total = np.uint64(0)
    for i in range(x.size):
        h = np.uint64(0) if bits[i] == _MINUS_ZERO else bits[i]
        total += _GOLDEN if np.isnan(x[i]) else h
    return total


@kernel
def add_numbers(  # noqa: PLR0917  # compiled functions take no keywords
    x: FloatArray, seed: np.uint64, rows: HashArray, cells: HashArray, salt: np.uint64, keys: HashArray
) -> None:
    """`hash_numbers` and `add_salted` in one pass: each row's hash of its content, and its key."""
    bits = x.view(np.uint64)
    for i in range(x.size):
        h = np.uint64(0) if bits[i] == _MINUS_ZERO else bits[i]
        h = _GOLDEN if np.isnan(x[i]) else h
        rows[i] += mix(h ^ seed)
        keys[i] += mix(cells[i] ^ salt)


@kernel
def add_salted(cells: HashArray, salt: np.uint64, keys: HashArray) -> None:
    """Add each cell's hash to its row's key, together with what its column is known by.

    `cells` and `keys` have shape ``(n,)``; `keys` is changed in place.
    """
    for i in range(cells.size):
        keys[i] += mix(cells[i] ^ salt)


@kernel
def paired_sum(cells: HashArray, keys: HashArray) -> np.uint64:
    """A hash of which rows hold which cells, free of row order.

    `cells` and `keys` have shape ``(n,)``.
    """
    total = np.uint64(0)
    for i in range(cells.size):
        total += mix(cells[i] ^ keys[i])
    return mix(total)


@kernel
def sums_by_code(codes: CodeArray, keys: HashArray, n_codes: int) -> HashArray:
    """For each code the sum of its rows' hashed keys.

    `codes` and `keys` have shape ``(n,)``, the result ``(n_codes,)``; rows with code -1 count nowhere.
    """
    out = np.zeros(n_codes, dtype=np.uint64)
    for i in range(codes.size):
        if codes[i] >= 0:
            out[codes[i]] += mix(keys[i])
    return out


@kernel
def add_by_code(codes: CodeArray, values: HashArray, missing: np.uint64, rows: HashArray) -> None:
    """Add ``values[code]`` to each row, `missing` where the code is -1.

    `codes` and `rows` have shape ``(n,)``, `values` ``(n_codes,)``; `rows` is changed in place.
    """
    for i in range(codes.size):
        rows[i] += values[codes[i]] if codes[i] >= 0 else missing


@kernel
def count_codes(codes: CodeArray, n_codes: int) -> npt.NDArray[np.int64]:
    """Occurrences of each code; -1 isn't counted.

    `codes` have shape ``(n,)``, the result ``(n_codes,)``.
    """
    counts = np.zeros(n_codes, dtype=np.int64)
    for i in range(codes.size):
        if codes[i] >= 0:
            counts[codes[i]] += 1
    return counts


@kernel
def count_and_place(codes: CodeArray, n_codes: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Occurrences of each code, and the place of its first; -1 isn't counted, and an unused code's place is the end.

    `codes` have shape ``(n,)``, both results ``(n_codes,)``.
    """
    counts = np.zeros(n_codes, dtype=np.int64)
    first = np.full(n_codes, codes.size, dtype=np.int64)
    for i in range(codes.size):
        code = codes[i]
        if code >= 0:
            if counts[code] == 0:
                first[code] = i
            counts[code] += 1
    return counts, first


@kernel
def hash_strings(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> HashArray:
    """Hash the byte strings ``data[offsets[i]:offsets[i + 1]]``.

    `offsets` have shape ``(n + 1,)``, in bytes and not falling, `data` ``(n_bytes,)``; the result ``(n,)``.
    """
    out = np.empty(offsets.size - 1, dtype=np.uint64)
    for i in range(out.size):
        h = np.uint64(offsets[i + 1] - offsets[i])
        for j in range(offsets[i], offsets[i + 1]):
            h = (h ^ np.uint64(data[j])) * _M1
            h ^= h >> _S31
        out[i] = mix(h)
    return out


@kernel
def fold_rows(rows: HashArray) -> tuple[np.uint64, np.uint64]:
    """Two order-free sums over finalised row hashes.

    `rows` have shape ``(n,)``.
    """
    a = np.uint64(0)
    b = np.uint64(0)
    for i in range(rows.size):
        h = mix(rows[i])
        a += h
        b += mix(h ^ _M2)
    return a, b


@kernel
def mix_array(values: HashArray) -> HashArray:
    """`mix` of every element.

    Of the shape ``(n,)`` of `values`.
    """
    out = np.empty_like(values)
    for i in range(values.size):
        out[i] = mix(values[i])
    return out


@kernel
def first_ranks(keys: HashArray) -> HashArray:
    """`sampling_ranks` of keys that are all different.

    `keys` have shape ``(n,)``, and so has the result.
    """
    ranks = np.empty_like(keys)
    nothing = mix(_M2)
    for i in range(keys.size):
        ranks[i] = mix(mix(keys[i]) ^ nothing)
    return ranks


@kernel
def sampling_ranks(keys: HashArray) -> HashArray:
    """A hash of each row's key and of how many rows with that key came before; shape as `keys`."""
    size = 4
    while size < 2 * keys.size:
        size *= 2
    mask = np.uint64(size - 1)
    slots = np.zeros(size, dtype=np.uint64)
    counts = np.zeros(size, dtype=np.uint64)
    ranks = np.empty_like(keys)
    for i in range(keys.size):
        h = mix(keys[i])
        slot = h & mask
        while counts[slot] > np.uint64(0) and slots[slot] != h:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = h
        ranks[i] = mix(h ^ mix(counts[slot] ^ _M2))  # not symmetric in key and occurrence
        counts[slot] += np.uint64(1)
    return ranks
