"""Masked arrays, and splits of rows, as a search takes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution

import warmtune
from tests.client.small_searches import search_of_c, table_of_classes
from warmtune.pipelines.frames import as_frame
from warmtune.sklearn import WarmSearchCV
from warmtune.sklearn.candidates import own_space
from warmtune.vocabulary.arrays import unmasked
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError


@pytest.mark.parametrize(
    "values",
    [
        np.array([1.5, 2.5]),
        np.array([1, 2]),
        np.array(["a", "b"]),
        np.array([True, False]),
        np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
    ],
)
def test_a_masked_value_is_a_gap_and_what_is_beneath_it_is_not_seen(values: Any) -> None:
    found: Any = unmasked(np.ma.masked_array(values, mask=[False, True]))
    assert found[0] == values[0] and pd.isna(found[1])
    nothing_masked: Any = unmasked(np.ma.masked_array(values))
    assert nothing_masked.dtype == values.dtype and list(nothing_masked) == list(values)
    assert unmasked(values) is values


def test_a_search_takes_a_masked_array_as_one_with_gaps() -> None:
    X, y = table_of_classes(80)
    mask = np.random.default_rng(0).random(X.shape) < 0.4
    settings: dict[str, Any] = {"n_trials": 2, "warm": False, "random_state": 0, "cv": 3}
    masked = WarmSearchCV("knn", **settings).fit(np.ma.masked_array(X, mask=mask), y)
    with_gaps = WarmSearchCV("knn", **settings).fit(np.where(mask, np.nan, X), y)
    assert masked.cv_results_["mean_test_score"].tolist() == with_gaps.cv_results_["mean_test_score"].tolist()
    assert as_frame(np.ma.masked_array(X, mask=mask)).isna().to_numpy().tolist() == mask.tolist()
    with pytest.raises(InvalidTableError, match="missing value in 1 rows, first in row 3"):
        WarmSearchCV("knn", **settings).fit(X, np.ma.masked_array(y, mask=np.arange(80) == 3))


def test_a_neural_model_takes_a_masked_array_as_one_with_gaps() -> None:
    X, y = table_of_classes(60)
    mask = np.random.default_rng(0).random(X.shape) < 0.4
    gaps = np.where(mask, np.nan, X)
    masked = warmtune.NeuralTaskModel(kind="classification").fit(np.ma.masked_array(X, mask=mask), y)
    with_gaps = warmtune.NeuralTaskModel(kind="classification").fit(gaps, y)
    probabilities = masked.predict_proba(np.ma.masked_array(X, mask=mask))
    assert probabilities.tolist() == with_gaps.predict_proba(gaps).tolist()


def test_an_iterator_of_splits_that_is_used_up_is_refused() -> None:
    X, y = table_of_classes()
    rows = np.arange(len(y))
    search = search_of_c(cv=((rows[k::2], rows[1 - k :: 2]) for k in range(2)), n_trials=2)
    assert search.fit(X, y).n_splits_ == 2
    with pytest.raises(InvalidInputError, match="only once: pass a list"):
        search.fit(X, y)


@pytest.mark.parametrize(
    ("splits", "field"),
    [
        ([], "cv"),
        ([([], [1])], "cv.0.0"),
        ([([0, 1], [2]), ([0], [])], "cv.1.1"),
        ([([0, 120], [2])], "cv.0.0"),
        ([([0], [-121])], "cv.0.1"),
        ([([0.5], [1])], "cv.0.0"),
        ([([True, False], [1])], "cv.0.0"),
    ],
)
def test_splits_that_are_none_are_refused_by_place(splits: Sequence[Any], field: str) -> None:
    X, y = table_of_classes()
    with pytest.raises(InvalidInputError) as refused:
        search_of_c(cv=splits).fit(X, y)
    assert refused.value.field == field


def test_masks_of_rows_are_splits_too() -> None:
    X, y = table_of_classes()
    is_first = np.arange(len(y)) < 60
    rows = np.flatnonzero
    by_masks = search_of_c(cv=[(is_first, ~is_first), (~is_first, is_first)]).fit(X.tolist(), y)
    by_rows = search_of_c(cv=[(rows(is_first), rows(~is_first)), (rows(~is_first), rows(is_first))]).fit(X, y)
    assert by_masks.cv_results_["mean_test_score"].tolist() == by_rows.cv_results_["mean_test_score"].tolist()


def test_an_array_of_choices_is_a_list_of_them() -> None:
    assert own_space({"C": np.array([0.1, 1.0])})[0].parameters["C"] == CategoricalDistribution([0.1, 1.0])
