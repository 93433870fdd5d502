"""From a table to the exact facts about it."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from metafeatures.arrow_arrays import to_floats
from metafeatures.facts import Facts
from metafeatures.kernels.columns import count_codes
from metafeatures.profile import (
    TARGET,
    NumericProfile,
    OtherProfile,
    Profile,
    add_classes,
    profile_nominal,
    profile_numeric,
)
from metafeatures.roles import Role, role_of
from metafeatures.row_hashes import RowHashes
from metafeatures.row_keys import distinguish
from metafeatures.row_numbers import RowNumbers
from metafeatures.target import Target
from warmtune.vocabulary.errors import InvalidTableError


def check_features(table: pa.Table, target: str) -> None:
    """Refuse a table without a feature.

    Raises:
        InvalidTableError: If there is no column besides the target.
    """
    if table.column_names == [target]:
        raise InvalidTableError(
            f"the table has no column besides the target {target!r}",
            field="file",
            value=1,
            limit="at least 2 columns",
        )


def profile_table(
    table: pa.Table, name: str, target: Target, nominal: Collection[str], *, rows: RowNumbers
) -> tuple[Facts, RowHashes]:
    """Pass over all columns.

    Args:
        table: Rows that have a target value.
        name: The target's.
        target: Its values.
        nominal: Columns to be treated as nominal besides those of a nominal type.
        rows: Their numbers, for messages.

    Raises:
        InvalidTableError: If no feature varies, on an infinity, or on values that can't be described.
    """
    hashes = RowHashes.zeros(table.num_rows)
    profiles = tuple(_column(table.column(n), n, nominal, hashes, rows=rows) for n in table.column_names if n != name)
    if not any(_varies(p) for p in profiles):
        raise InvalidTableError(
            f"no column besides the target {name!r} has two different values",
            field="file",
            value=f"{len(profiles)} constant columns",
            limit="at least 1 column that varies",
        )
    n_missing = int(np.count_nonzero(hashes.missing))
    target_profile = _add_target(target, name, hashes)
    profiles = distinguish(table, profiles, target, hashes, target_name=name)
    return Facts(table.num_rows, n_missing, profiles, target, target_profile), hashes


def _column(
    column: pa.ChunkedArray, name: str, nominal: Collection[str], hashes: RowHashes, *, rows: RowNumbers
) -> Profile:
    role = role_of(name, column, nominal)
    if role is Role.EMPTY:
        hashes.missing[:] = True
        return OtherProfile(name, role, 0, len(column))
    if role is Role.NOMINAL:
        return profile_nominal(column, name, listed=name in nominal, hashes=hashes)
    return profile_numeric(to_floats(column), name, role, hashes, rows=rows)


def _add_target(target: Target, name: str, hashes: RowHashes) -> NumericProfile | None:
    if target.classes is not None:
        counts = count_codes(target.classes.codes, len(target.classes.labels))
        add_classes(target.classes, counts, name, hashes, role=TARGET)
    if target.numbers is None:
        return None
    profile = profile_numeric(target.numbers, name, Role.NUMERIC, hashes, salt=TARGET)
    return profile if isinstance(profile, NumericProfile) else None


def _varies(profile: Profile) -> bool:
    if isinstance(profile, OtherProfile):
        return profile.role is Role.TEXT
    return profile.varies
