"""Configurations that take many times the usual are stopped unless they are ahead."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold

from warmtune.errors import InvalidInputError
from warmtune.sklearn import WarmSearchCV
from warmtune.sklearn.evaluation import CandidateState, Evaluation, Evaluator
from warmtune.sklearn.folds import Data, Fold, FoldScoring
from warmtune.sklearn.slow_bound import SlowBound

Y = np.array([0, 1] * 30)
X = Y[:, None].astype(float)


class Sleepy(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Is right of a share of the rows, and takes its time."""

    def __init__(self, share: float = 0.5, delay_s: float = 0.0) -> None:
        self.share = share
        self.delay_s = delay_s

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> "Sleepy":
        """Sleep."""
        time.sleep(self.delay_s)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """The truth for the first rows, the opposite for the others."""
        truth = X[:, 0].astype(np.int64)
        return np.where(np.arange(len(X)) < self.share * len(X), truth, 1 - truth)


@pytest.fixture
def evaluator() -> Iterator[Evaluator]:
    data = Data(X, Y, len(Y), {}, {})
    folds = tuple(Fold(train, test) for train, test in StratifiedKFold(3).split(X, Y))
    judging = FoldScoring(get_scorer("accuracy"), float("nan"), False, False)
    slow = SlowBound(3.0, least_s=0.3)
    with Evaluator(data, folds, judging, n_jobs=1, prunes=False, is_over=lambda: False, slow=slow) as found:
        yield found


def evaluated(evaluator: Evaluator, rival: Evaluation | None, *, share: float, delay_s: float) -> Evaluation:
    return evaluator.evaluate(lambda: Sleepy(share, delay_s), rival)


@pytest.mark.slow
def test_a_slow_one_that_is_behind_or_level_is_stopped_and_says_why(evaluator: Evaluator) -> None:
    default = evaluated(evaluator, None, share=0.5, delay_s=0.0)
    for share in (0.25, 0.5):
        found = evaluated(evaluator, default, share=share, delay_s=1.0)
        assert (found.state, len(found.folds)) == (CandidateState.PRUNED, 1)
        assert "1 of 3 folds took" in str(found.slow)


@pytest.mark.slow
def test_a_slow_one_that_is_ahead_is_not_thrown_away(evaluator: Evaluator) -> None:
    default = evaluated(evaluator, None, share=0.5, delay_s=0.0)
    found = evaluated(evaluator, default, share=0.75, delay_s=1.0)
    assert (found.state, len(found.folds), found.slow) == (CandidateState.COMPLETE, 3, None)


@pytest.mark.slow
def test_the_first_one_and_quick_ones_are_never_stopped(evaluator: Evaluator) -> None:
    first = evaluated(evaluator, None, share=0.5, delay_s=0.4)
    assert first.state is CandidateState.COMPLETE
    assert evaluated(evaluator, first, share=0.25, delay_s=0.0).state is CandidateState.COMPLETE


def test_usual_is_the_median_and_little_time_is_never_slow() -> None:
    bound = SlowBound(10.0)
    assert bound.reason([0.0], [1.0, 1.0], seconds=1e9) is None  # nothing to compare with
    for seconds in (1.0, 5.0, 1_000.0):
        bound.learn(seconds)
    assert bound.reason([0.0], [1.0, 1.0], seconds=49.0) is None
    assert bound.reason([0.0], [1.0, 1.0], seconds=51.0) is not None
    assert bound.reason([0.0, 0.0], [1.0, 1.0], seconds=51.0) is None  # it has all its folds
    quick = SlowBound(10.0)
    quick.learn(0.01)
    assert quick.reason([0.0], [1.0, 1.0], seconds=19.0) is None
    never = SlowBound(None)
    never.learn(0.01)
    assert never.reason([0.0], [1.0, 1.0], seconds=1e9) is None


@pytest.mark.parametrize("given", [0, -1.0, float("nan"), "10"])
def test_a_factor_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(InvalidInputError, match="max_slowdown"):
        WarmSearchCV("knn", max_slowdown=given, warm=False).fit(X, Y)  # type: ignore[arg-type]
