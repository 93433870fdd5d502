"""What must not change a description doesn't."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metafeatures.arrow_arrays import CodedColumn
from metafeatures.sample import by_frequency
from metafeatures.sampling import canonical_sample, stratified_prefix
from tests.metafeatures.tables import mixed_table, values_of

# What is measured in the columns' own units may change with them.
UNIT_DEPENDENT = ("asinh_mean.", "log_sd.")
N_ROWS = (250, 11_000)  # below and above what is sampled


def same(left: dict[str, float], right: dict[str, float], *, apart_from: tuple[str, ...] = ()) -> None:
    assert set(left) == set(right)
    for name, value in left.items():
        if not name.startswith(apart_from or ("-",)):
            assert right[name] == pytest.approx(value, rel=1e-7, abs=1e-9), name


@pytest.mark.parametrize("n", N_ROWS)
@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.slow
def test_row_order_changes_nothing(n: int, target: str) -> None:
    table = mixed_table(n, target=target)
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(n)))
    same(values_of(table), values_of(shuffled))


@pytest.mark.parametrize("n", N_ROWS)
@pytest.mark.slow
def test_column_order_and_names_change_nothing(n: int) -> None:
    table = mixed_table(n)
    order = [7, 3, 0, 5, 1, 6, 2, 4]
    moved = table.select(order)
    same(values_of(table), values_of(moved))
    renamed = table.rename_columns([f"c{9 - i}" for i in range(7)] + ["y"])
    same(values_of(table), values_of(renamed))


@pytest.mark.parametrize("n", N_ROWS)
@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.slow
def test_units_of_numeric_columns_and_targets_change_nothing_else(n: int, target: str) -> None:
    table = mixed_table(n, target=target)
    columns = {name: table[name] for name in table.column_names}
    columns["signal"] = table["signal"].to_numpy() * 3.7
    columns["noise"] = table["noise"].to_numpy() * 1e-5
    columns["skewed"] = pa.array(table["skewed"].to_numpy(zero_copy_only=False) * 1e8, from_pandas=True)
    if target == "numbers":
        columns["y"] = table["y"].to_numpy() * 12.5
    same(values_of(table), values_of(pa.table(columns)), apart_from=UNIT_DEPENDENT)


@pytest.mark.parametrize("n", N_ROWS)
def test_names_of_categories_and_classes_change_nothing(n: int) -> None:
    table = mixed_table(n)
    columns = {name: table[name] for name in table.column_names}
    words = {"red": "zinnober", "green": "apfel", "blue": "1", "violet": "ü"}
    columns["colour"] = pa.array([words.get(c) for c in table["colour"].to_pylist()])
    columns["y"] = pa.array([{"low": "c", "mid": "a", "high": "b"}[c] for c in table["y"].to_pylist()])
    same(values_of(table), values_of(pa.table(columns)))


@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_samples_hold_distinct_rows_and_follow_the_keys_not_the_order(n: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, max(n // 3, 1), n).astype(np.uint64)
    sample = canonical_sample(keys, size)
    assert len(sample) == len(set(sample)) == min(n, size)
    order = rng.permutation(n)
    again = canonical_sample(keys[order], size)
    assert keys[order][again].tolist() == keys[sample].tolist()


def test_rows_that_occur_often_are_drawn_in_proportion() -> None:
    keys = np.repeat(np.arange(10, dtype=np.uint64), [9_100] + [100] * 9)
    drawn = keys[canonical_sample(keys, 1_000)]
    assert np.mean(drawn == 0) == pytest.approx(0.91, abs=0.03)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=300), st.integers(1, 120))
@example([0] * 6 + [1] * 2, 4)  # rounding must not take back the small class's second row
@settings(max_examples=60, deadline=None)
def test_stratified_samples_keep_the_proportions_and_the_first_rows(labels: list[int], size: int) -> None:
    codes = np.unique(np.array(labels), return_inverse=True)[1].astype(np.int32)
    rows = stratified_prefix(codes, size)
    assert len(rows) == min(size, len(codes))
    assert (np.diff(rows) > 0).all()
    taken, counts = np.bincount(codes[rows], minlength=codes.max() + 1), np.bincount(codes)
    assert (taken <= counts).all()
    if size >= 2 * len(counts):
        assert (taken >= np.minimum(counts, 2)).all()
    for code in range(len(counts)):
        members = np.flatnonzero(codes == code)
        assert rows[codes[rows] == code].tolist() == members[: taken[code]].tolist()


def test_stratified_samples_round_to_the_largest_remainders() -> None:
    codes = np.repeat(np.arange(4, dtype=np.int32), [50, 27, 14, 9])
    assert np.bincount(codes[stratified_prefix(codes, 30)]).tolist() == [15, 8, 4, 3]


def test_codes_go_by_falling_frequency_then_first_occurrence() -> None:
    labels = pa.array(["unused", "rare", "first", "second", "often"])
    codes = np.array([2, 4, 3, -1, 4, 3, 2, 4, 1], dtype=np.int32)
    assert by_frequency(CodedColumn(codes, labels)).tolist() == [1, 0, 2, -1, 0, 2, 1, 0, 3]
