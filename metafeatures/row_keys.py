"""Rows and columns with equal content, distinguished by their relations.

A row's key is made of its cells, each salted with its column's key; a column's key of its cells, whatever their order.
So far two columns that hold the same values in other rows are one to the keys, and so are two symbols that occur
equally often. What distinguishes them is the company that they keep. As in the refinement of colours (Weisfeiler and
Leman, 1968), a symbol is known anew by its rows, a column by its symbols and their rows, a row by its symbols and
columns, until no more rows are distinguished than before. Numbers count by their rank, so that units change nothing.

What is left then is symmetric, or too rare to matter: one column (or class, or symbol) of those that are alike is
marked, and the rest follows. Names only decide which one, and among symmetric ones it makes no difference. Rows that
still have equal keys hold equal cells, or the table is so large that the search was given up; then their exact
content decides, together with the names of columns that hold the same values, so that at least their order never
counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metafeatures.arrays import FloatArray, HashArray
from metafeatures.arrow_arrays import CodedColumn, read_only, to_codes, to_floats
from metafeatures.content_hash import rows_by_name
from metafeatures.kernels.columns import add_salted, count_codes, mix, mix_array, paired_sum, place_hashes, sums_by_code
from metafeatures.moments import scaled
from metafeatures.profile import TARGET, NominalProfile, NumericProfile, Profile
from metafeatures.row_hashes import MISSING, RowHashes, salt_of, spread
from metafeatures.target import Target

_MOST_ROUNDS = 16
_MOST_WORK = 20_000_000  # tied rows times columns, over all rounds: about a second
_MARK = np.uint64(0xA5A5_5A5A_C3C3_3C3C)
_RowPlaces = npt.NDArray[np.intp]


@dataclass(slots=True)
class _Column:
    """A column while rows are compared: numbers, shape ``(n_rows,)``, or codes with a hash for each symbol.

    `symbols` has the shape ``(n_labels,)``.
    """

    name: str
    role: str
    key: np.uint64
    numbers: FloatArray | None = None
    coded: CodedColumn | None = None
    symbols: HashArray | None = None

    def cells(self, rows: _RowPlaces, keys: HashArray, *, is_refined: bool) -> HashArray:
        """Hashes of the cells in some rows; symbols are refined by the keys of all rows before.

        Shape ``(len(rows),)``; `keys` have one for each row of the table.
        """
        if self.numbers is not None:
            return _rank_hashes(self.numbers[rows])
        if self.coded is None or self.symbols is None:
            raise ValueError(f"column {self.name!r} has no cells")
        if is_refined:
            sums = sums_by_code(self.coded.codes, keys, len(self.symbols))
            self.symbols = read_only(mix_array(read_only(self.symbols ^ sums)))
        out = np.empty(len(rows), dtype=np.uint64)
        spread(read_only(self.coded.codes[rows]), self.symbols, out)
        return out

    def mark_a_symbol(self) -> bool:
        """Mark one of two symbols that are alike; whether there were any."""
        if self.coded is None or self.symbols is None:
            return False
        used = np.flatnonzero(count_codes(self.coded.codes, len(self.symbols)))
        hashes, counts = np.unique(self.symbols[used], return_counts=True)
        if not (counts > 1).any():
            return False
        alike = used[self.symbols[used] == hashes[counts > 1][0]]
        labels = self.coded.labels.take(pa.array(alike)).to_pylist()
        marked = self.symbols.copy()
        chosen = min(zip(labels, alike.tolist(), strict=True))[1]
        marked[chosen] = mix(np.uint64(marked[chosen] ^ _MARK))
        self.symbols = read_only(marked)
        return True


def distinguish(
    table: pa.Table, profiles: Sequence[Profile], target: Target, hashes: RowHashes, *, target_name: str
) -> tuple[Profile, ...]:
    """Distinguish rows and columns that look alike.

    Args:
        table: Rows that have a target value.
        profiles: Of the features.
        target: Its values.
        hashes: Of the rows; their `keys` are changed in place.
        target_name: The target's.

    Returns:
        The profiles, with keys that differ wherever their columns do.
    """
    used = [p for p in profiles if isinstance(p, (NumericProfile, NominalProfile)) and p.varies]
    n_apart, n_rows = _n_distinct(hashes.keys), len(hashes.keys)
    n_different = n_rows if n_apart == n_rows else _n_distinct(hashes.content)
    columns = {p.name: p for p in used}
    if n_apart < n_different:
        found = _refined(table, used, target, hashes, n_different=n_different, target_name=target_name)
        columns = {p.name: replace(p, key=int(found[p.name])) for p in used}
    _distinguish_columns(table, columns, hashes)
    return tuple(columns.get(p.name, p) for p in profiles)


def _refined(
    table: pa.Table,
    used: Sequence[NumericProfile | NominalProfile],
    target: Target,
    hashes: RowHashes,
    *,
    n_different: int,
    target_name: str,
) -> dict[str, np.uint64]:
    """Distinguish rows, changing their keys; return the columns' keys."""
    columns = [_column(table, p) for p in used]
    of_target = _target_column(target, target_name)
    everything = [of_target, *columns]
    keys, work, n_apart = hashes.keys, 0, 0
    for _ in range(_MOST_ROUNDS):
        rows = _tied(keys)
        work += len(rows) * len(everything)
        if work > _MOST_WORK:
            break
        _refine(everything, rows, keys)
        before, n_apart = n_apart, _n_distinct(keys)
        if n_apart == n_different:
            break
        if n_apart == before and not _mark(columns, of_target):
            break
    if n_apart < n_different:
        rows = _tied(keys)
        keys[rows] = mix_array(read_only(keys[rows] ^ rows_by_name(table, used, hashes)[rows]))
    return {column.name: column.key for column in columns}


def _refine(columns: Sequence[_Column], rows: _RowPlaces, keys: HashArray) -> None:
    """One round over the rows that are alike."""
    before = read_only(keys[rows])
    after = mix_array(before)
    everything = read_only(keys)
    for column in columns:
        cells = column.cells(rows, everything, is_refined=True)
        column.key = mix(np.uint64(column.key ^ paired_sum(cells, before)))
        add_salted(cells, salt_of(column.key, column.role), after)
    keys[rows] = after


def _mark(columns: Sequence[_Column], of_target: _Column) -> bool:
    """Mark one of several that are alike: a column, a class, or a symbol; whether there was any."""
    by_key: dict[int, list[_Column]] = {}
    for column in columns:
        by_key.setdefault(int(column.key), []).append(column)
    for _, alike in sorted(by_key.items()):
        if len(alike) > 1:
            first = min(alike, key=lambda column: column.name)
            first.key = mix(np.uint64(first.key ^ _MARK))
            return True
    ordered = sorted(columns, key=lambda column: (int(column.key), column.name))
    return any(column.mark_a_symbol() for column in [of_target, *ordered])


def _distinguish_columns(
    table: pa.Table, columns: dict[str, NumericProfile | NominalProfile], hashes: RowHashes
) -> None:
    """New keys for columns that have the same: by which rows hold which cells. Copies keep equal ones."""
    by_key: dict[tuple[str, int], list[str]] = {}
    for name, profile in columns.items():
        by_key.setdefault((type(profile).__name__, profile.key), []).append(name)
    for names in by_key.values():
        if len(names) < 2:
            continue
        for name in names:
            profile = columns[name]
            column = table.column(name)
            if isinstance(profile, NumericProfile):
                low, high = profile.low * profile.factor, profile.high * profile.factor
                place_hashes(scaled(to_floats(column), profile.factor), low, high, hashes.cells)
            else:
                coded = to_codes(column)
                by_rows = sums_by_code(coded.codes, hashes.keys, len(coded.labels))
                spread(coded.codes, mix_array(read_only(_symbols(coded) ^ by_rows)), hashes.cells)
            key = mix(np.uint64(np.uint64(profile.key) ^ paired_sum(hashes.cells, hashes.keys)))
            columns[name] = replace(profile, key=int(key))


def _column(table: pa.Table, profile: NumericProfile | NominalProfile) -> _Column:
    column, key = table.column(profile.name), np.uint64(profile.key)
    if isinstance(profile, NumericProfile):
        return _Column(profile.name, str(profile.role), key, numbers=to_floats(column))
    coded = to_codes(column)
    return _Column(profile.name, "nominal", key, coded=coded, symbols=_symbols(coded))


def _target_column(target: Target, name: str) -> _Column:
    if target.classes is not None:
        return _Column(name, TARGET, np.uint64(0), coded=target.classes, symbols=_symbols(target.classes))
    return _Column(name, TARGET, np.uint64(0), numbers=target.numbers)


def _symbols(coded: CodedColumn) -> HashArray:
    counts = count_codes(coded.codes, len(coded.labels))
    return read_only(mix_array(read_only(counts.astype(np.uint64))))


def _rank_hashes(values: FloatArray) -> HashArray:
    """Hashes of dense ranks; all missing ones share one."""
    _, ranks = np.unique(values, return_inverse=True)
    hashed = mix_array(read_only(ranks.astype(np.uint64)))
    hashed[np.isnan(values)] = MISSING
    return read_only(hashed)


def _tied(keys: HashArray) -> _RowPlaces:
    """Rows whose key occurs more than once."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = ordered[1:] == ordered[:-1]
    return np.sort(order[np.concatenate(([False], same)) | np.concatenate((same, [False]))])


def _n_distinct(hashes: HashArray) -> int:
    ordered = np.sort(hashes)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
