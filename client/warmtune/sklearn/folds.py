"""One configuration on one fold: fitted, timed and scored."""

import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from sklearn import config_context

from warmtune.sklearn.rows import Rows, rows_of, sliced
from warmtune.vocabulary.errors import InvalidInputError

RAISE = "raise"

Scorer = Callable[..., object]


class Estimator(Protocol):
    """What scikit-learn's estimators can do."""

    def fit(self, X: object, y: object = None, **params: object) -> "Estimator":
        """Learn from `X`."""


@dataclass(frozen=True, slots=True)
class Data:
    """A table with what goes along with its rows.

    Attributes:
        X: The features.
        y: The target, or None.
        fit_params: Of the estimator's `fit`.
        score_params: Of the scorer.
        n_rows: Rows of `X`.
    """

    X: object
    y: object
    n_rows: int
    fit_params: Mapping[str, object] = field(default_factory=dict)
    score_params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fold:
    """Row numbers to learn from, and those to judge by."""

    train: Rows
    test: Rows


def checked_folds(splits: Iterable[tuple[ArrayLike, ArrayLike]], *, n_rows: int) -> tuple[Fold, ...]:
    """The folds of a splitter or of the user's own splits, which may be masks instead of row numbers.

    Raises:
        InvalidInputError: If there is none, one has no rows on a side, or a row that the table lacks.
    """
    folds = tuple(
        Fold(_row_numbers(train, n_rows, index, 0), _row_numbers(test, n_rows, index, 1))
        for index, (train, test) in enumerate(splits)
    )
    if not folds:
        raise InvalidInputError(
            "cv gives no split; an iterator can be used only once: pass a list", field="cv", value=0, limit="a split"
        )
    return folds


def _row_numbers(given: ArrayLike, n_rows: int, index: int, side: int) -> Rows:
    rows = np.asarray(given)
    field = f"cv.{index}.{side}"
    which = "test" if side else "training"
    what = f"the {which} rows of split {index}"
    if rows.dtype.kind == "b" and rows.shape == (n_rows,):
        rows = np.flatnonzero(rows)
    if rows.size == 0:
        raise InvalidInputError(f"split {index} has no {which} rows", field=field, value=0, limit="a row")
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{what} aren't row numbers", field=field, value=str(rows.dtype), limit="integers, or a mask of all rows"
        )
    is_outside = (rows < -n_rows) | (rows >= n_rows)
    if is_outside.any():
        raise InvalidInputError(
            f"{what} aren't all in the table of {n_rows}",
            field=field,
            value=int(rows[is_outside.argmax()]),
            limit=f"0 to {n_rows - 1}",
        )
    return rows.astype(np.intp, copy=False)


@dataclass(frozen=True, slots=True)
class FoldScoring:
    """How a fold is judged.

    Attributes:
        scorer: scikit-learn's kind: of an estimator, features and target; larger is better.
        error_score: What a failed fit counts as; ``"raise"`` passes the error on.
        has_train_score: Whether the rows that were learned from are scored too.
        is_shipped: Whether the estimators are shipped pipelines; see `as_shipped`.
    """

    scorer: Scorer
    error_score: float | str
    has_train_score: bool
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """What a fold gave.

    Attributes:
        score: Of the test rows; the error score where it failed.
        train_score: Of the training rows, or None.
        fit_s: Seconds that fitting took.
        score_s: Seconds that scoring took.
        failure: The error's traceback where it failed, else None.
    """

    score: float
    train_score: float | None
    fit_s: float
    score_s: float
    failure: str | None = None


@contextmanager
def as_shipped() -> Iterator[None]:
    """What shipped pipelines are fitted in.

    Their warnings are left out, of solvers that stop early and of rare classes: the score says what that costs. And
    their parameters go to the step that they name, also where the user's own estimators request them.
    """
    with warnings.catch_warnings(), config_context(enable_metadata_routing=False):
        warnings.simplefilter("ignore")
        yield


def evaluate_fold(estimator: Estimator, data: Data, fold: Fold, judging: FoldScoring) -> FoldOutcome:
    """Fit an estimator on the training rows and score it on the test rows.

    Raises:
        Exception: What fitting or scoring raises, where the error score is ``"raise"``.
    """
    started = fitted = time.perf_counter()
    try:
        with as_shipped() if judging.is_shipped else nullcontext():
            params = sliced(data.fit_params, fold.train, n_rows=data.n_rows)
            fit(estimator, rows_of(data.X, fold.train), rows_of(data.y, fold.train), params)
            fitted = time.perf_counter()
            score = _score(estimator, data, fold.test, judging)
            scored = time.perf_counter()
            train_score = _score(estimator, data, fold.train, judging) if judging.has_train_score else None
    except Exception:  # the user's estimator or scorer, whatever it raises
        if judging.error_score == RAISE:
            raise
        ended = time.perf_counter()
        error = float(judging.error_score)
        fit_s = fitted - started if fitted > started else ended - started
        return FoldOutcome(
            error, error if judging.has_train_score else None, fit_s, ended - started - fit_s, traceback.format_exc()
        )
    return FoldOutcome(score, train_score, fitted - started, scored - fitted)


def fit(estimator: Estimator, X: object, y: object, params: Mapping[str, object]) -> Estimator:
    """Fit; without a target as scikit-learn does."""
    return estimator.fit(X, **params) if y is None else estimator.fit(X, y, **params)


def scored(scorer: Scorer, estimator: object, X: object, y: object, **params: object) -> float:
    """The score of a fitted estimator on some rows.

    Raises:
        InvalidInputError: If the scorer returns no number.
    """
    score = scorer(estimator, X, **params) if y is None else scorer(estimator, X, y, **params)
    try:
        return float(score)  # type: ignore[arg-type]  # the user's scorer may return anything
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"scoring must return a number, got {score!r} ({type(score).__name__}): a search has one scorer",
            field="scoring",
            value=score,
            limit="a number",
        ) from error


def _score(estimator: Estimator, data: Data, rows: Rows, judging: FoldScoring) -> float:
    params = sliced(data.score_params, rows, n_rows=data.n_rows)
    return scored(judging.scorer, estimator, rows_of(data.X, rows), rows_of(data.y, rows), **params)
