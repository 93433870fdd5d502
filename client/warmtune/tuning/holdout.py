"""Rows that no search sees: what a tuned model and the default score on them, with their uncertainty."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind

MIN_ROWS: Final = 50
"""Smaller tables are used whole: a score on a handful of rows says nothing."""
N_RESAMPLES: Final = 500
LEVEL: Final = 0.95

Scorer = Callable[..., object]
"""scikit-learn's: of a model, features and target; larger is better."""


@dataclass(frozen=True, slots=True)
class RowSubset:
    """Some rows of a table.

    Attributes:
        X: The features.
        y: The target, in the same order.
    """

    X: pd.DataFrame
    y: pd.Series


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % bootstrap interval over rows.

    Attributes:
        value: On all rows.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores on the held-out rows, in units of the scorer (larger is better).

    Attributes:
        n_rows: How many rows.
        best: Of the chosen configuration.
        default: Of the default one.
        gain: Best less default, on the same resampled rows.
    """

    n_rows: int
    best: Interval
    default: Interval
    gain: Interval


def check_share(share: float) -> None:
    """Check a share of rows to hold out.

    Raises:
        InvalidInputError: If it is none.
    """
    if not 0.0 <= share <= 0.5:
        raise InvalidInputError(
            "the share of held-out rows is out of range", field="holdout", value=share, limit="from 0 to 0.5"
        )


def split_rows(y: pd.Series, kind: TaskKind, *, share: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers to search on and to hold out, the latter stratified by class; none are held out of small tables.

    Classes of so few rows that the search would have one of them left are searched on whole.

    Raises:
        InvalidInputError: If the share is none.
    """
    check_share(share)
    rows = np.arange(len(y))
    if share == 0.0 or len(rows) < MIN_ROWS:
        return rows, rows[:0]
    if not kind.is_classification:
        searched, held_out = train_test_split(rows, test_size=share, random_state=seed)
        return np.sort(searched), np.sort(held_out)
    counts = y.map(y.value_counts()).to_numpy()
    is_rare = np.floor((1.0 - share) * counts) < 2  # the search needs two rows of a class, whatever the seed
    common = rows[~is_rare]
    if len(common) < 2:  # nothing to split
        return rows, rows[:0]
    strata = y.iloc[common]
    if round(share * len(common)) < strata.nunique():
        strata = None
    searched, held_out = train_test_split(common, test_size=share, random_state=seed, stratify=strata)
    return np.sort(np.concatenate([searched, rows[is_rare]])), np.sort(held_out)


def judge(best: object, default: object, rows: RowSubset, *, scorer: Scorer, seed: int) -> HeldOut:
    """Score two fitted models on rows that neither has seen.

    Resamples that have no score (of one class only) are left out of the intervals.
    """
    rng = np.random.default_rng(seed)
    answers = _Remembered(best, rows), _Remembered(default, rows)
    n_rows = len(rows.y)
    draws = [np.arange(n_rows), *(rng.integers(n_rows, size=n_rows) for _ in range(N_RESAMPLES))]
    scores = np.array([[answer.score(scorer, drawn) for answer in answers] for drawn in draws])
    return HeldOut(
        n_rows=n_rows,
        best=_interval(scores[:, 0]),
        default=_interval(scores[:, 1]),
        gain=_interval(scores[:, 0] - scores[:, 1]),
    )


class _Remembered:
    """A model that predicts once and answers for any draw of the rows from that."""

    def __init__(self, model: object, rows: RowSubset) -> None:
        self._model = model
        self._rows = rows
        self._known: dict[str, NDArray[np.generic]] = {}
        self._drawn: NDArray[np.intp] = np.arange(len(rows.y))

    def __getattr__(self, name: str) -> object:
        own = getattr(self._model, name)  # AttributeError where the model has none
        if name not in ("predict", "predict_proba", "decision_function"):
            return own
        if name not in self._known:
            self._known[name] = np.asarray(own(self._rows.X))

        def answer(X: object) -> NDArray[np.generic]:
            del X
            return self._known[name][self._drawn]

        answer.__name__ = name  # scikit-learn's scorers ask by name
        return answer

    def score(self, scorer: Scorer, drawn: NDArray[np.intp]) -> float:
        """On drawn rows; NaN where the metric has no value there."""
        self._drawn = drawn
        try:
            return float(scorer(self, self._rows.X, self._rows.y.iloc[drawn]))  # type: ignore[arg-type]  # a number
        except ValueError:  # of some metrics, on rows of one class
            return float("nan")


def _interval(scores: NDArray[np.float64]) -> Interval:
    resampled = scores[1:][np.isfinite(scores[1:])]
    if not len(resampled):
        return Interval(float(scores[0]), float("nan"), float("nan"))
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(scores[0]), float(low), float(high))
