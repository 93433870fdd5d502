"""What must not change a description doesn't, to the last bit: on generated tables full of ties, and on real ones."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from metafeatures.catalogue import UNIT_DEPENDENT
from metafeatures.describe import Description, describe

OF_UNITS = "where another unit of a column may change it, name it in UNIT_DEPENDENT of metafeatures/catalogue.py"
MANY = settings(max_examples=500, deadline=None)


def bits(found: Description) -> tuple[str, dict[str, float], dict[str, str]]:
    return found.content_hash, dict(found.meta_features.values), dict(found.meta_features.gaps)


def apart_from_units(found: Description) -> dict[str, float]:
    return {name: v for name, v in found.meta_features.values.items() if name.partition(".")[0] not in UNIT_DEPENDENT}


def real(loader: Callable[..., pd.DataFrame], n: int | None = None) -> pa.Table:
    frame = loader(as_frame=True).frame.iloc[:n]
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.rename_columns(["y" if name == "target" else name for name in table.column_names])


def grid() -> pa.Table:
    """A full factorial design: all columns, and most rows, are alike but for the target."""
    levels = np.stack(np.meshgrid(*[np.arange(1, 5)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    sides = levels[:, 0] * levels[:, 1] - levels[:, 2] * levels[:, 3]
    return pa.table(
        {**{f"c{j}": levels[:, j] for j in range(4)}, "y": np.where(sides > 0, "L", np.where(sides, "R", "B"))}
    )


def boards() -> pa.Table:
    """Nominal columns only, most symbols equally often."""
    rng = np.random.default_rng(0)
    cells = rng.choice(["x", "o", "b"], (300, 6))
    wins = ((cells == "x").sum(axis=1) > 2).astype(int)
    return pa.table({**{f"c{j}": cells[:, j] for j in range(6)}, "y": wins})


REAL = {
    "iris": lambda: real(load_iris),
    "wine": lambda: real(load_wine),
    "breast cancer": lambda: real(load_breast_cancer),
    "diabetes": lambda: real(load_diabetes),
    "digits": lambda: real(load_digits, 400),
    "grid": grid,
    "boards": boards,
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Small tables of few values: rows, columns and symbols that are alike abound."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(12, 60))
    columns: dict[str, object] = {}
    for j, kind in enumerate(
        draw(st.lists(st.sampled_from(["levels", "labels", "numbers", "flags"]), min_size=2, max_size=5))
    ):
        gaps = rng.random(n) < draw(st.sampled_from([0.0, 0.0, 0.2]))
        if kind == "labels":
            columns[f"c{j}"] = pa.array(
                [None if g else f"s{v}" for g, v in zip(gaps, rng.integers(0, 4, n), strict=True)]
            )
        elif kind == "flags":
            columns[f"c{j}"] = pa.array(rng.permutation(np.arange(n) % 2 == 0), mask=gaps)
        else:
            values = (
                rng.integers(0, 4, n).astype(float) if kind == "levels" else rng.lognormal(sigma=3.0, size=n).round(2)
            )
            columns[f"c{j}"] = pa.array(values, mask=gaps)
    y = rng.integers(0, 3, n).astype(str) if draw(st.booleans()) else rng.integers(0, 30, n) / 4.0
    columns["c0_"] = np.arange(n) % 5  # something varies
    return pa.table({**columns, "y": y})


def shuffled_rows(table: pa.Table, seed: int) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(seed).permutation(len(table))))


def shuffled_columns(table: pa.Table, seed: int) -> pa.Table:
    return table.select(np.random.default_rng(seed).permutation(table.num_columns).tolist())


def renamed(table: pa.Table, seed: int) -> pa.Table:
    """With other names, the target's (`z`) too."""
    order = np.random.default_rng(seed).permutation(table.num_columns)
    return table.rename_columns(["z" if n == "y" else f"n{k}" for n, k in zip(table.column_names, order, strict=True)])


def stored_otherwise(table: pa.Table) -> pa.Table:
    """The same cells as other types: integers as floats, labels as dictionaries, floats as text."""
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_integer(column.type):
            columns[name] = column.cast(pa.float64())
        elif pa.types.is_floating(column.type):
            columns[name] = pa.array([None if v is None else repr(v) for v in column.to_pylist()])
        elif pa.types.is_string(column.type) and name != "y":
            columns[name] = column.dictionary_encode()
        else:
            columns[name] = column
    return pa.table(columns)


def scaled(table: pa.Table, factor: float, shift: float = 0.0) -> pa.Table:
    """Numeric features in another unit."""
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        is_number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        columns[name] = (
            pa.array(column.to_numpy() * factor + shift, from_pandas=True) if is_number and name != "y" else column
        )
    return pa.table(columns)


@pytest.mark.slow
@given(tables(), st.integers(0, 99))
@MANY
def test_order_and_names_change_no_bit(table: pa.Table, seed: int) -> None:
    plain = describe(table, "y")
    assert bits(describe(shuffled_rows(table, seed), "y")) == bits(plain)
    assert bits(describe(shuffled_columns(renamed(table, seed), seed), "z")) == bits(plain)


@pytest.mark.slow
@given(tables(), st.sampled_from([2.0, 1024.0, 2.0**-12]))
@MANY
def test_storage_and_units_change_no_bit(table: pa.Table, factor: float) -> None:
    plain = describe(table, "y")
    assert bits(describe(stored_otherwise(table), "y")) == bits(plain)
    assert apart_from_units(describe(scaled(table, factor), "y")) == apart_from_units(plain), OF_UNITS


@pytest.mark.parametrize("name", sorted(REAL))
@pytest.mark.slow
def test_order_names_and_storage_change_no_bit_of_real_tables(name: str) -> None:
    table = REAL[name]()
    plain = describe(table, "y")
    for seed in range(3):
        mixed = shuffled_columns(shuffled_rows(table, seed), seed)
        found = describe(mixed, "y")
        assert bits(found) == bits(plain)
        assert bits(describe(renamed(mixed, seed), "z")) == bits(plain)
    assert bits(describe(stored_otherwise(table), "y")) == bits(plain)


@pytest.mark.parametrize("name", sorted(REAL))
@pytest.mark.slow
def test_units_that_are_powers_of_two_change_no_bit_and_others_only_the_last(name: str) -> None:
    table = REAL[name]()
    plain = apart_from_units(describe(table, "y"))
    assert apart_from_units(describe(scaled(table, 8.0), "y")) == plain, OF_UNITS
    found = apart_from_units(describe(scaled(table, 0.3), "y"))
    assert found.keys() == plain.keys()
    for key, value in plain.items():
        assert found[key] == pytest.approx(value, rel=1e-6, abs=1e-8), f"{key}: {OF_UNITS}"


@pytest.mark.parametrize("n", [250, 11_000])
def test_trees_and_outliers_are_the_same_in_any_unit(n: int) -> None:
    rng = np.random.default_rng(n)
    grid_of = rng.integers(0, 9, (n, 5)).astype(float)
    grid_of[rng.random((n, 5)) < 0.1] = np.nan
    columns = {f"x{j}": pa.array(grid_of[:, j], from_pandas=True) for j in range(5)}
    table = pa.table({**columns, "y": (np.nan_to_num(grid_of).sum(axis=1) > 18).astype(int)})
    plain = describe(table, "y").meta_features.values
    for factor, shift in ((0.1, 0.0), (1.8, 32.0), (1e-7, 0.0)):
        found = describe(scaled(table, factor, shift), "y").meta_features.values
        for name in plain:
            if name.startswith(("tree_", "stump_", "outliers", "nearest_neighbour", "n3_", "n1_")):
                assert found[name] == pytest.approx(plain[name], rel=1e-12), name
