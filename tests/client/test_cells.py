"""Tables and columns of pandas, numpy and plain Python become the same lists."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from warmtune.tables.cells import column_of, plain, rows_of
from warmtune.vocabulary.errors import InvalidInputError

TYPED = pd.DataFrame(
    {
        "number": [0.5, np.nan],
        "whole": [1, 2],
        "flag": [True, False],
        "text": ["a", None],
        "category": pd.Categorical([None, "b"]),
        "nullable": pd.array([pd.NA, 3], dtype="Int64"),
        "small": np.array([0.25, np.nan], dtype=np.float32),
        "mixed": [np.int64(7), np.bool_(True)],
    }
)
AS_LISTS: list[list[object]] = [[0.5, 1, True, "a", None, None, 0.25, 7], [None, 2, False, None, "b", 3, None, True]]


class PolarsLike:
    """What is read of a frame of polars."""

    columns = ("ab", "cd")

    def __getitem__(self, name: str) -> list[int]:
        return [1, 2]

    def iter_rows(self) -> Iterator[tuple[int, int]]:
        return iter([(1, 1), (2, 2)])


def kinds(rows: Sequence[Sequence[object]]) -> list[list[type]]:
    return [[type(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("names", [None, range(8), ["same"] * 8], ids=["texts", "numbers", "one name"])
def test_a_data_frame_is_read_row_by_row(names: list[object] | None) -> None:
    frame = TYPED if names is None else TYPED.set_axis(names, axis="columns")
    rows = rows_of(frame, "rows")
    assert (rows, kinds(rows)) == (AS_LISTS, kinds(AS_LISTS))
    assert rows_of(PolarsLike(), "rows") == [[1, 1], [2, 2]]


def test_arrays_and_their_rows_become_plain() -> None:
    whole = rows_of(np.arange(6).reshape(3, 2), "rows")
    assert (whole, kinds(whole)[0]) == ([[0, 1], [2, 3], [4, 5]], [int, int])
    assert rows_of([np.array([1.5, np.nan]), pd.Series(["a", None]), (1, np.True_)], "rows") == [
        [1.5, None],
        ["a", None],
        [1, True],
    ]
    assert rows_of([], "rows") == []


@pytest.mark.parametrize(
    "column",
    [[1, 2], (np.int64(1), np.int8(2)), np.array([1, 2]), pd.Series([1, 2]), pd.Series([1, 2], dtype="Int64")],
    ids=["list", "scalars", "array", "series", "nullable"],
)
def test_whole_numbers_stay_whole(column: object) -> None:
    values = column_of(column, "targets")
    assert (values, [type(value) for value in values]) == ([1, 2], [int, int])


def test_times_do_not_become_numbers() -> None:
    for time in (pd.Timestamp("2020"), pd.Timedelta("1s"), datetime(2020, 1, 1)):
        assert plain(time) is time
    for unit in ("ns", "D"):
        with pytest.raises(InvalidInputError) as refused:
            rows_of(np.array([[1], [2]]).astype(f"datetime64[{unit}]"), "rows")
        assert refused.value.field == "rows.0.0"
        with pytest.raises(InvalidInputError) as refused:
            column_of([1, np.timedelta64(5, unit)], "targets")
        assert refused.value.field == "targets.1"


@pytest.mark.parametrize(
    ("read", "field"),
    [
        (lambda: rows_of("ab", "rows"), "rows"),
        (lambda: rows_of(3, "rows"), "rows"),
        (lambda: rows_of({"a": [1, 2]}, "rows"), "rows"),
        (lambda: rows_of(pa.table({"a": [1, 2]}), "rows"), "rows"),
        (lambda: rows_of(["ab", "cd"], "rows"), "rows.0"),
        (lambda: rows_of([[1], b"c"], "rows"), "rows.1"),
        (lambda: rows_of([[1], {"a": 2}], "rows"), "rows.1"),
        (lambda: rows_of(np.arange(3), "rows"), "rows.0"),
        (lambda: column_of("abc", "targets"), "targets"),
        (lambda: column_of(None, "targets"), "targets"),
        (lambda: column_of(pd.DataFrame({"a": [1, 2]}), "targets"), "targets"),
    ],
)
def test_what_is_no_table_or_column_is_refused_by_name(read: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read()
    assert refused.value.field == field
    assert refused.value.limit
