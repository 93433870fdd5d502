"""What identifies a task's content: a hash that neither names nor the order of rows and columns change.

Each cell is hashed with what its column holds, and added to its row. Columns that hold the same values in other rows
(indicators that are set equally often, say) would be one to that. What distinguishes them is which rows hold them, as
for rows' keys in `metafeatures.row_keys`: such a column is known anew by which rows hold which of its cells, and
the rows by that, until no more columns are distinguished. Copies of a column stay equal, so that either may come first.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from metafeatures.arrays import HashArray
from metafeatures.arrow_arrays import read_only, string_hashes, to_codes, to_floats
from metafeatures.facts import Facts
from metafeatures.kernels.columns import add_by_code, fold_rows, hash_numbers, mix, mix_array, paired_sum
from metafeatures.profile import NominalProfile, NumericProfile, Profile
from metafeatures.row_hashes import MISSING, RowHashes, column_seed

_MOST_ROUNDS: Final = 8


def content_hash(table: pa.Table, facts: Facts, hashes: RowHashes) -> str:
    """SHA-256 (hex) over the task: its kind, and the set of rows, whatever the columns' names.

    Args:
        table: Rows that have a target value.
        facts: About its columns.
        hashes: Of its rows.
    """
    rows = read_only(hashes.content + hashes.texts)
    alike = _groups(hashes)
    if alike:
        rows = _distinguished(table, facts.profiles, hashes, alike)
    a, b = fold_rows(rows)
    header = json.dumps([str(facts.kind), len(facts.profiles)])
    return hashlib.sha256(f"{header}\0{len(rows)}\0{int(a):x}\0{int(b):x}".encode()).hexdigest()


def rows_by_name(table: pa.Table, profiles: Sequence[Profile], hashes: RowHashes) -> HashArray:
    """The rows' content where columns that hold the same values are distinguished by name: shape ``(n_rows,)``."""
    alike = {name for group in _groups(hashes) for name in group}
    used = [p for p in profiles if p.name in alike and isinstance(p, (NumericProfile, NominalProfile))]
    before = {p.name: hashes.columns[p.name].seed for p in used}
    after = {p.name: column_seed(p.name, "alike") for p in used}
    return _hashed_anew(table, used, hashes.content, before=before, after=after)


def _groups(hashes: RowHashes) -> list[list[str]]:
    """Names of columns that hold the same values in some rows; columns of which there is one only are left out."""
    by_key: dict[int, list[str]] = {}
    for name, column in hashes.columns.items():
        by_key.setdefault(int(column.key), []).append(name)
    return [names for names in by_key.values() if len(names) > 1]


def _distinguished(
    table: pa.Table, profiles: Sequence[Profile], hashes: RowHashes, alike: Sequence[Sequence[str]]
) -> HashArray:
    """The rows' content, columns that hold the same values distinguished by which rows hold which: ``(n_rows,)``."""
    names = [name for group in alike for name in group]
    of = {profile.name: profile for profile in profiles}
    keys = {name: hashes.columns[name].key for name in names}
    seeds = {name: hashes.columns[name].seed for name in names}
    rows = _hashed_anew(table, profiles, read_only(hashes.content + hashes.texts), before=seeds, after=keys)
    for _ in range(_MOST_ROUNDS):
        found = {name: _key_among(_cells(table, of[name], keys[name]), rows, keys[name]) for name in names}
        if len(set(map(int, found.values()))) == len(set(map(int, keys.values()))):
            break
        rows = _hashed_anew(table, profiles, rows, before=keys, after=found)
        keys = found
    return rows


def _key_among(cells: HashArray, rows: HashArray, key: np.uint64) -> np.uint64:
    """What a column is known by, of which rows hold which of its cells; all of shape ``(n_rows,)``."""
    return np.uint64(mix(np.uint64(int(key) ^ int(paired_sum(cells, rows)))))


def _hashed_anew(
    table: pa.Table,
    profiles: Sequence[Profile],
    rows: HashArray,
    *,
    before: Mapping[str, np.uint64],
    after: Mapping[str, np.uint64],
) -> HashArray:
    """The rows with some columns hashed with other seeds; all of shape ``(n_rows,)``."""
    changed = rows.copy()
    for profile in profiles:
        if profile.name in after and after[profile.name] != before[profile.name]:
            changed += _cells(table, profile, after[profile.name])
            changed -= _cells(table, profile, before[profile.name])
    return read_only(changed)


def _cells(table: pa.Table, profile: Profile, seed: np.uint64) -> HashArray:
    """Hashes of one column's cells, as its pass over the table adds them: shape ``(n_rows,)``."""
    column = table.column(profile.name)
    out = np.zeros(len(column), dtype=np.uint64)
    if isinstance(profile, NumericProfile):
        hash_numbers(to_floats(column), seed, out)
    else:
        coded = to_codes(column)
        add_by_code(
            coded.codes,
            mix_array(read_only(string_hashes(coded.labels) ^ seed)),
            np.uint64(mix(MISSING ^ seed)),
            out,
        )
    return read_only(out)
