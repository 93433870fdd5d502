"""What a table's column is, whatever its type says."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from maml.task_models.columns import is_numeric, numbers_of, texts_of
from maml.task_models.encoder import TableEncoder
from maml.task_models.target_kind import inferred_kind

DAY = 86_400.0
MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5)
SECONDS = 1_577_934_245.0
LAST = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
PARIS = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1.5, None]), [1.5, np.nan]),
        (pd.Series([1, 2.5, None], dtype=object), [1.0, 2.5, np.nan]),
        (pd.Series([True, False]), [1.0, 0.0]),
        (pd.Series([True, None], dtype=object), [1.0, np.nan]),
        (pd.Series([Decimal("1.5"), None], dtype=object), [1.5, np.nan]),
        (pd.Series([10**400, -(10**400)], dtype=object), [1.7e308, -1.7e308]),
        (pd.Series([np.inf, 1.0]), [np.nan, 1.0]),
        (pd.Series([Decimal("1.5"), 0, 2.5, True, Fraction(1, 4)], dtype=object), [1.5, 0.0, 2.5, 1.0, 0.25]),
        (pd.Series(pd.period_range("1970-01-03", periods=2, freq="D")), [2 * DAY, 3 * DAY]),
        (pd.Series([LAST], dtype=object), [253_402_300_799.0]),
        (pd.Series([1, None], dtype="Int64"), [1.0, np.nan]),
        (pd.Series([Decimal("1.5"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), [1.5, np.nan]),
        (pd.Series([2, None], dtype=pd.ArrowDtype(pa.int32())), [2.0, np.nan]),
        (pd.Series([MOMENT, None], dtype="datetime64[s]"), [SECONDS, np.nan]),
        (pd.Series([MOMENT, None], dtype="datetime64[ns]"), [SECONDS, np.nan]),
        (pd.Series([MOMENT.replace(tzinfo=PARIS)]), [SECONDS - 3_600.0]),
        (pd.Series([MOMENT.replace(tzinfo=PARIS), None], dtype=object), [SECONDS - 3_600.0, np.nan]),
        (pd.Series([MOMENT, pd.NaT], dtype=object), [SECONDS, np.nan]),
        (pd.Series([MOMENT, None], dtype=pd.ArrowDtype(pa.timestamp("us"))), [SECONDS, np.nan]),
        (pd.Series([dt.date(1970, 1, 3), None], dtype=object), [2 * DAY, np.nan]),
        (pd.Series([dt.date(1970, 1, 3), None], dtype=pd.ArrowDtype(pa.date32())), [2 * DAY, np.nan]),
        (pd.Series([dt.datetime(9999, 12, 31)], dtype="datetime64[us]"), [253_402_214_400.0]),
        (pd.Series([dt.date(9999, 12, 31)], dtype=object), [253_402_214_400.0]),
        (pd.Series([dt.timedelta(days=2), None]), [2 * DAY, np.nan]),
        (pd.Series([dt.timedelta(days=2), None], dtype=object), [2 * DAY, np.nan]),
        (pd.Series([dt.timedelta(days=2)], dtype=pd.ArrowDtype(pa.duration("ms"))), [2 * DAY]),
    ],
)
def test_numbers_and_times_are_numbers_whatever_holds_them(column: pd.Series, expected: list[float]) -> None:
    assert is_numeric(column)
    np.testing.assert_allclose(numbers_of(column), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None]),
        pd.Series(["1", "2"]),
        pd.Series([1, "a"], dtype=object),
        pd.Series([1, MOMENT], dtype=object),
        pd.Series([1, 2], dtype="category"),
        pd.Series(["a", None], dtype=pd.ArrowDtype(pa.string())),
        pd.Series([None, None], dtype=object),
        pd.Series([], dtype="category"),
    ],
)
def test_texts_and_categories_are_not(column: pd.Series) -> None:
    assert not is_numeric(column)


def test_what_is_asked_is_read_as_what_was_learned() -> None:
    asked = pd.Series(["1.5", "word", None, 10**400, 2], dtype=object)
    np.testing.assert_array_equal(numbers_of(asked), [1.5, np.nan, np.nan, 1.7e308, 2.0])
    days = pd.Series([dt.date(1970, 1, 3), "unknown", dt.timedelta(days=1)], dtype=object)
    np.testing.assert_array_equal(numbers_of(days), [2 * DAY, np.nan, DAY])  # one odd cell spoils no other
    whole, floats = pd.Series([1, 2], dtype="category"), pd.Series([1.0, 2.5], dtype="category")
    assert texts_of(whole).tolist() == ["1", "2"]
    assert texts_of(floats).tolist() == ["1", "2.5"]


def test_a_table_of_nothing_but_gaps_is_a_column_of_zeros() -> None:
    table = pd.DataFrame({"a": pd.Series([None] * 4, dtype=object), "b": pd.Series([None] * 4, dtype="category")})
    encoded = TableEncoder.fit(table).encode(table[:3])
    assert encoded.ranked.tolist() == encoded.scaled.tolist() == [[0.0]] * 3


@pytest.mark.parametrize(
    ("targets", "kind"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        ([0.5, "a"], "classification"),
        ([0, 1, 1.0], "classification"),
        ([0, 1, 0.5], "regression"),
        (list(range(20)), "classification"),
        (list(range(21)), "regression"),
        (list(range(21)) * 4, "classification"),
        ([float(n) for n in range(50)], "regression"),
    ],
)
def test_whole_numbers_are_classes_unless_they_are_many(targets: list[object], kind: str) -> None:
    assert inferred_kind(targets) == kind
