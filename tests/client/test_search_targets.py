"""Targets and weights of any type for a shipped search space: taken as what they hold, or refused by name."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError

N = 48
RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.normal(size=N)})
BIT = (X["a"].to_numpy() > 0).astype(int)
WORD = np.where(BIT, "up", "down")
CLASSES = {
    "objects that are integers": (BIT.astype(object), [0, 1]),
    "objects that are truth values": (BIT.astype(bool).astype(object), [False, True]),
    "decimals": ([Decimal(int(v)) for v in BIT], [0.0, 1.0]),
    "fractions": ([Fraction(int(v)) for v in BIT], [0.0, 1.0]),
    "nullable": (pd.array(BIT, dtype="Int64"), [0, 1]),
    "of polars": (pl.Series("y", WORD, dtype=pl.Categorical), ["down", "up"]),
    "of Arrow": (pa.chunked_array([WORD[:20].tolist(), WORD[20:].tolist()]), ["down", "up"]),
    "digits as text": (np.where(BIT, "1", "0"), ["0", "1"]),
}
NUMBERS = {
    "objects": X["a"].to_numpy().astype(object),
    "decimals": [Decimal(f"{v:.4f}") for v in X["a"]],
    "text": [f"{v:.4f}" for v in X["a"]],
    "big-endian": X["a"].to_numpy().astype(">f8"),
    "extended": X["a"].to_numpy().astype(np.longdouble),
    "nullable": X["a"].astype("Float64"),
}
REFUSED = {
    "intervals": (pd.cut(X["a"], [-9, 0, 9]), r"an Interval, .*astype\(str\)"),
    "periods": (pd.PeriodIndex(np.where(BIT, "2020-01", "2021-01"), freq="M"), "a Period"),
    "bytes": (WORD.astype("S"), "bytes_"),
    "durations": (pd.to_timedelta(X["a"], unit="s"), r"total_seconds\(\)"),
    "tuples": (pd.Series([(int(v), 1) for v in BIT]), "a tuple"),
    "a mixture": (pd.Series([*WORD[1:], 1]), "strings and other values"),
    "too large integers": ([int(v) * 10**400 for v in BIT], "infinity"),
    "an infinite decimal": ([*[Decimal(int(v)) for v in BIT[1:]], Decimal("Infinity")], "infinity"),
}


def searched(y: object, kind: str) -> WarmSearchCV:
    return WarmSearchCV("knn", n_trials=2, cv=2, warm=False, kind=kind, random_state=0).fit(X, y)  # type: ignore[arg-type]


@pytest.mark.parametrize(("y", "labels"), CLASSES.values(), ids=CLASSES)
@pytest.mark.slow
def test_labels_of_any_type_are_classes(y: object, labels: list[object]) -> None:
    search = searched(y, "classification")
    assert list(search.classes_) == labels
    assert search.best_score_ > 0.7
    assert set(np.asarray(search.predict(X)).tolist()) == set(labels)


@pytest.mark.parametrize("y", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.slow
def test_numbers_of_any_type_are_regressed(y: object) -> None:
    assert searched(y, "regression").best_score_ > 0.5


@pytest.mark.parametrize(("y", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_neither_is_refused_by_name(y: object, message: str) -> None:
    with pytest.raises(InvalidTableError, match=message) as caught:
        searched(y, "classification")
    assert caught.value.field == "y"


def test_text_among_numbers_is_named() -> None:
    with pytest.raises(InvalidTableError, match="no finite number in 1 rows, first 'call' in row 3"):
        searched([*"123", "call", *map(str, range(N - 4))], "regression")


WEIGHTS = {
    "a list": [1.0] * N,
    "integers of Arrow": pa.array([1] * N),
    "nullable": pd.array([1] * N, dtype="Int64"),
    "objects": np.ones(N).astype(object),
    "of polars": pl.Series([1.0] * N),
    "text": ["1"] * N,
    "truth values": np.ones(N, dtype=bool),
}
REFUSED_WEIGHTS = {
    "a gap": (np.where(np.arange(N) == 3, np.nan, 1.0), "first 'nan' in row 3"),
    "a masked gap": (np.ma.MaskedArray(np.ones(N), mask=np.arange(N) == 3), "in row 3"),
    "words among objects": (pd.Series([1.0] * (N - 1) + ["much"]), f"first 'much' in row {N - 1}"),
    "dates": (pd.date_range("2020", periods=N), f"in {N} rows"),
    "complex numbers": (np.ones(N) + 1j, f"in {N} rows"),
    "too large a number": ([10**400] * N, f"in {N} rows"),
    "lists of several lengths": ([[1.0]] * (N - 1) + [[1.0, 2.0]], "a number for each"),
    "too few": (np.ones(N - 1), rf"\({N - 1},\)"),
    "a column of a matrix": (np.ones((N, 1)), rf"\({N}, 1\)"),
    "nothing but zeros": (np.zeros(N), "0 in every row"),
    "a number": (2.0, r"its shape is \(\)"),
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.slow
def test_weights_of_any_type_are_numbers(weights: object) -> None:
    pytest.importorskip("lightgbm")
    search = WarmSearchCV("lightgbm", n_trials=1, cv=2, warm=False, kind="classification")
    assert search.fit(X, BIT, sample_weight=weights).best_score_ == pytest.approx(search.fit(X, BIT).best_score_)


@pytest.mark.parametrize(("weights", "message"), REFUSED_WEIGHTS.values(), ids=REFUSED_WEIGHTS)
def test_odd_weights_are_refused_by_name(weights: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        WarmSearchCV("knn", n_trials=1, cv=2, warm=False).fit(X, BIT, sample_weight=weights)
    assert caught.value.field == "sample_weight"
