"""Folds are easy or hard: what a stopped configuration scored on the first of them is corrected for that."""

from typing import Any

import numpy as np
import optuna
import pytest
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from sklearn.base import BaseEstimator, RegressorMixin

from warmtune.sklearn import WarmSearchCV
from warmtune.sklearn.evaluation import CandidateState, Evaluation
from warmtune.sklearn.folds import FoldOutcome

EASE = np.array([0.4, 0.0, -0.1, -0.3])
"""How much higher every configuration scores on each fold."""


class Guess(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Is as good as it says."""

    def __init__(self, quality: float = 0.5) -> None:
        self.quality = quality

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "Guess":
        self.fitted_ = True
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(X), self.quality)


def scored(model: Guess, X: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return model.quality + float(X.mean())


def evaluation(scores: list[float], rival: tuple[float, ...] = ()) -> Evaluation:
    folds = tuple(FoldOutcome(score, None, 0.0, 0.0) for score in scores)
    return Evaluation(folds, CandidateState.PRUNED if rival else CandidateState.COMPLETE, rival)


def test_the_mean_of_the_first_folds_is_what_all_folds_would_give_beside_the_rival() -> None:
    rival = tuple((0.5 + EASE).tolist())
    assert evaluation(list(rival)).mean == pytest.approx(0.5)
    for k in (1, 2, 3):
        assert evaluation((0.4 + EASE[:k]).tolist(), rival).mean == pytest.approx(0.4)
    assert evaluation((0.4 + EASE).tolist(), rival).means == pytest.approx([0.4] * 4)
    assert evaluation([0.9, 0.3]).means == pytest.approx([0.9, 0.6])  # the first has no rival


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["an easy first fold", "a hard first fold"])
def test_a_configuration_that_was_stopped_never_looks_better_than_the_best(sign: float) -> None:
    X = np.repeat(sign * EASE, 5)[:, None]
    rows = np.arange(20)
    folds = [(np.setdiff1d(rows, test), test) for test in rows.reshape(4, 5)]
    settings: dict[str, Any] = {"scoring": scored, "cv": folds, "warm": False, "random_state": 0, "n_trials": 15}
    search = WarmSearchCV(Guess(), {"quality": FloatDistribution(0.0, 1.0)}, **settings).fit(X, np.linspace(0, 1, 20))
    stopped = search.study_.get_trials(states=(TrialState.PRUNED,))
    assert len(stopped) >= 3
    assert [t.value for t in stopped] == pytest.approx([t.params["quality"] for t in stopped])
    assert max(t.value for t in stopped if t.value is not None) < search.best_score_
    assert isinstance(search.study_, optuna.Study)
