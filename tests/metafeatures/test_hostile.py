"""Hostile tables: a finite vector or a typed error, never a crash, a warning or a hang."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metafeatures.catalogue import CATALOGUE
from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.task import TaskKind

NAMES = st.text(min_size=1, max_size=8)
EDGES = [0.0, -0.0, 1.0, 1e308, -1e308, 5e-324, 1e-310, 2.0**53, 1e16, 1e16 + 2, float("inf"), float("nan"), None]


def columns_of(n: int) -> st.SearchStrategy[object]:
    """A column of `n` values of one of the nasty sorts."""
    cells = {
        "edges": st.sampled_from(EDGES),
        "extreme": st.sampled_from([1e308, -1e308, 1.7e308]),
        "denormal": st.sampled_from([5e-324, 1e-323, 0.0]),
        "floats": st.floats(allow_nan=True, allow_infinity=False) | st.none(),
        "integers": st.integers(-(2**63), 2**63 - 1) | st.none(),
        "few": st.integers(0, 2),
        "flags": st.booleans() | st.none(),
        "words": st.text(max_size=4) | st.none(),
        "two": st.sampled_from(["u", "v"]),
    }
    lists = [st.lists(cell, min_size=n, max_size=n) for cell in cells.values()]
    constants = st.sampled_from([0, 1.5, "x", None, True]).map(lambda v: [v] * n)
    each = st.just([f"row {i}" for i in range(n)]) | st.just(list(range(n)))
    return st.one_of(*lists, constants, each)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    n = draw(st.integers(0, 14) | st.integers(40, 60))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    return pa.table({name: pa.array(draw(columns_of(n))) for name in names})


def described(table: pa.Table, target: str, **options: Any) -> Description | None:
    try:
        return describe(table, target, **options)
    except InvalidInputError as error:
        assert error.field
        assert error.message
        return None


def check(description: Description | None) -> None:
    if description is None:
        return
    meta = description.meta_features
    assert len(meta.values) + len(meta.gaps) == len(CATALOGUE)
    assert all(meta.gaps.values())
    for entry in CATALOGUE:
        value = meta.values.get(entry.name, entry.low)
        assert entry.low - 1e-6 <= value <= entry.high + 1e-6, (entry.name, value)


@pytest.mark.slow
@given(tables(), st.sampled_from([None, *TaskKind]))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_a_vector_or_a_typed_error(table: pa.Table, kind: TaskKind | None) -> None:
    check(described(table, table.column_names[-1], kind=kind))


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@pytest.mark.slow
def test_columns_of_mixed_python_values(data: st.DataObject) -> None:
    import pandas as pd

    n = data.draw(st.integers(2, 30))
    cell = st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.booleans() | st.binary(max_size=2)
    frame = pd.DataFrame({"mixed": pd.Series(data.draw(st.lists(cell, min_size=n, max_size=n)), dtype=object)})
    try:
        table, target = as_table(frame, [i % 2 for i in range(n)])
    except InvalidInputError:
        return
    check(described(table, target))


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e150])
def test_what_the_caller_makes_of_numpys_float_errors_changes_nothing(scale: float) -> None:
    X = np.random.default_rng(7).normal(size=(120, 4)) * scale
    y = X[:, 0] > 0
    expected = describe(*as_table(X.astype(np.float16 if scale == 1.0 else np.float64), y))
    with np.errstate(all="raise"):
        found = describe(*as_table(X.astype(np.float16 if scale == 1.0 else np.float64), y))
    assert found.meta_features == expected.meta_features


def test_one_row_a_class() -> None:
    check(described(pa.table({"x": range(50), "y": [f"c{i}" for i in range(50)]}), "y"))


@pytest.mark.slow
def test_a_hundred_thousand_categories() -> None:
    n = 100_000
    description = described(
        pa.table({"id": [f"k{i}" for i in range(n)], "x": [i % 7 for i in range(n)], "y": [i % 2 for i in range(n)]}),
        "y",
        nominal=["id"],
    )
    assert description is not None
    check(description)
    assert description.meta_features.values["log_symbols.mean"] == pytest.approx(math.log(n))


@pytest.mark.slow
def test_fifty_thousand_columns_are_too_many() -> None:
    table = pa.table({f"c{i}": [1, 2] for i in range(50_000)})
    with pytest.raises(LimitExceededError) as caught:
        describe(table, "c0")
    assert (caught.value.field, caught.value.value, caught.value.limit) == ("file", "50000", "10000 columns")


def test_columns_that_only_differ_outside_the_sample() -> None:
    n = 30_000
    columns = {
        "x": [1.0] + [0.0] * (n - 1),
        "z": [5e-324] * (n - 1) + [1.0],
        "c": ["u"] * (n - 1) + ["v"],
        "y": [0, 1] * (n // 2),
    }
    table = pa.table(columns)
    check(described(table, "y"))
