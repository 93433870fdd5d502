"""What columns of any storage type are read as."""

import datetime as dt
import decimal
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from warmtune.pipelines.frames import as_frame
from warmtune.pipelines.table import TableReader, roles_of
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

MOMENTS = [dt.datetime(2024, 1, i + 1, 3, 4, 5) for i in range(4)]
TIMES = [dt.time(1, 2, i) for i in range(4)]
FIRST = 1_704_078_245.0
DAY = 1_704_067_200.0
COLUMNS: list[tuple[str, Any, str, Any]] = [
    ("floats of Arrow", pd.array([1.5, None, 2.0, 3.0], dtype="double[pyarrow]"), "number", 1.5),
    ("strings of Arrow", pd.array(["a", "b", None, "a"], dtype="string[pyarrow]"), "category", "a"),
    ("moments of Arrow", pd.Series(MOMENTS).astype("timestamp[us][pyarrow]"), "date", FIRST),
    ("zoned moments of Arrow", pd.Series(MOMENTS).astype(pd.ArrowDtype(pa.timestamp("us", "UTC"))), "date", FIRST),
    ("days of Arrow", pd.Series([m.date() for m in MOMENTS]).astype("date32[pyarrow]"), "date", DAY),
    ("times of Arrow", pd.Series(TIMES).astype(pd.ArrowDtype(pa.time64("us"))), "date", 3_720.0),
    (
        "durations of Arrow",
        pd.Series([dt.timedelta(seconds=7)] * 4).astype(pd.ArrowDtype(pa.duration("us"))),
        "date",
        7.0,
    ),
    ("decimals", [decimal.Decimal("1.25")] * 4, "number", 1.25),
    ("nullable booleans", pd.array([True, None, False, True], dtype="boolean"), "number", 1.0),
    ("booleans as objects", pd.Series([True, None, False, True], dtype=object), "category", "True"),
    ("sparse numbers", pd.arrays.SparseArray([2.0, 0.0, 0.0, 1.0]), "number", 2.0),
    ("intervals", pd.cut(pd.Series(range(4)), 2), "category", "(-0.003, 1.5]"),
    ("times of day", TIMES, "date", 3_720.0),
    ("times of day as text", ["01:02:00", "01:02:01", None, "23:59"], "date", 3_720.0),
    ("moments as text", ["2024-01-01T03:04:05Z", "2024-01-01 04:04:05 +01:00", None, "2024-01-02"], "date", FIRST),
    ("days before Gregory", [dt.date(1500, 1, 1)] * 4, "date", -14_831_769_600.0),
    ("whole days of numpy", np.array(MOMENTS, dtype="datetime64[D]"), "date", DAY),
    ("no date after all", ["2024-02-30"] * 4, "category", "2024-02-30"),
    ("mixed objects", pd.Series([1, "a", None, 2.0], dtype=object), "category", "1"),
    ("huge integers", pd.array([2**63 + 1] * 4, dtype="UInt64"), "number", float(2**63)),
    ("gaps only", [None] * 4, "number", 0.0),
]


@pytest.mark.parametrize(("values", "role", "first"), [c[1:] for c in COLUMNS], ids=[c[0] for c in COLUMNS])
def test_columns_of_any_type(values: Any, role: str, first: Any) -> None:
    frame = pd.DataFrame({"column": values})
    assert roles_of(frame) == (role,)
    read = TableReader((role,)).fit_transform(frame)
    assert read["c0"][0] == first
    assert read["c0"].dtype == (object if role == "category" else np.float64)


def test_types_of_polars_are_those_of_pandas() -> None:
    frame = pl.DataFrame(
        {
            "time": TIMES,
            "moment": MOMENTS,
            "took": [dt.timedelta(seconds=i) for i in range(4)],
            "price": [decimal.Decimal("1.25")] * 4,
            "category": pl.Series(["a", "b", "a", None], dtype=pl.Categorical),
            "enum": pl.Series(["a", "b", "a", "b"], dtype=pl.Enum(["a", "b"])),
            "whole": [1, None, 2, 3],
        }
    )
    roles = roles_of(as_frame(frame))
    assert roles == ("date", "date", "date", "number", "category", "category", "number")
    eager, lazy = (TableReader(roles).fit_transform(one) for one in (frame, frame.lazy()))
    assert list(eager.iloc[0]) == list(lazy.iloc[0]) == [3_720.0, FIRST, 0.0, 1.25, "a", "a", 1.0]


def test_columns_are_read_as_they_were_whatever_they_hold_later() -> None:
    learned = pd.DataFrame({"flag": [True, False], "code": pd.Categorical([1, 2]), "day": ["2024-01-01", "2024-01-02"]})
    reader = TableReader(roles_of(learned)).fit(learned)
    later = pd.DataFrame(
        {
            "flag": pd.Series([None, True], dtype=object),
            "code": [1.0, np.nan],
            "day": np.array([dt.date(2024, 1, 1), None], dtype=object),
        }
    )
    read = reader.transform(later)
    assert math.isnan(read["c0"][0]) and read["c0"][1] == 1.0
    assert read["c1"][0] == "1" and math.isnan(read["c1"][1])
    assert read["c2"][0] == DAY and math.isnan(read["c2"][1])
    with pytest.raises(InvalidTableError, match="column 'day' was read as times, but 'soon' isn't one") as caught:
        reader.transform(later.assign(day=np.array(["soon", None], dtype=object)))
    assert caught.value.field == "X.day"


@pytest.mark.parametrize(
    "columns", [["a", 1], ["a", "a"], [0, 1], pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])], ids=str
)
def test_names_of_columns_may_be_anything(columns: Any) -> None:
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=columns)
    reader = TableReader(roles_of(frame)).fit(frame)
    assert list(reader.transform(frame)["c1"]) == [2.0, 4.0]
    assert reader.n_features_in_ == 2


def test_records_rows_and_dictionaries_are_tables() -> None:
    for table in ({"a": [1, 2], "b": ["x", "y"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [[1, "x"], [2, "y"]]):
        roles = roles_of(as_frame(table))
        assert roles == ("number", "category")
        assert list(TableReader(roles).fit_transform(table)["c1"]) == ["x", "y"]


def test_sparse_matrices_are_not_filled_beyond_the_limit() -> None:
    from scipy import sparse

    with pytest.raises(LimitExceededError, match="your own estimator"):
        as_frame(sparse.csr_array((1_000_000, 1_000)))
    with pytest.raises(InvalidTableError, match=r"0 sample\(s\)"):
        as_frame(np.empty((0, 3)))
