"""Suggestions of a surrogate on a task whose optimum is known."""

import numpy as np
import pytest

from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.suggestions import propose
from maml.surrogates.surrogate import NeuralSurrogate
from maml.training.job import TrainingSettings
from tests.maml.test_surrogates import drawn_points, true_scores, tuning_tasks
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@pytest.fixture(scope="module")
def surrogate() -> NeuralSurrogate:
    training = TrainingSettings(n_steps=200, check_every=100)
    return fit_surrogate(tuning_tasks(20), SurrogateSettings(kind=SurrogateKind.DEEP_KERNEL, training=training))


def best_after(surrogate: NeuralSurrogate, n_trials: int, *, larger_is_better: bool) -> float:
    """Share of candidates that are better than the best of those chosen one by one."""
    sign = 1.0 if larger_is_better else -1.0
    candidates = drawn_points(100, np.random.default_rng(7))
    truth = true_scores(candidates, 0.3)
    open_rows, chosen = np.arange(100), np.zeros(0, dtype=np.intp)
    for _ in range(n_trials):
        left = np.setdiff1d(open_rows, chosen)
        pick = propose(
            surrogate,
            candidates.take(chosen),
            truth[chosen],
            candidates.take(left),
            n=1,
            larger_is_better=larger_is_better,
        )
        chosen = np.append(chosen, left[pick[0]])
    return float((sign * truth > (sign * truth[chosen]).max()).mean())


@pytest.mark.parametrize("larger_is_better", [True, False])
def test_a_few_suggestions_find_the_best_candidates(surrogate: NeuralSurrogate, larger_is_better: bool) -> None:
    assert best_after(surrogate, 8, larger_is_better=larger_is_better) <= 0.03


def test_a_batch_holds_different_candidates(surrogate: NeuralSurrogate) -> None:
    candidates = drawn_points(30, np.random.default_rng(8))
    nothing = candidates.take(np.zeros(0, dtype=np.intp))
    picks = propose(surrogate, nothing, np.zeros(0), candidates, n=5, larger_is_better=True)
    assert len(set(picks.tolist())) == 5
    mean, _ = surrogate.predict(nothing, np.zeros(0), candidates)
    assert picks[0] == mean.argmax()
    for n in (0, 31):
        with pytest.raises(InvalidInputError) as refused:
            propose(surrogate, nothing, np.zeros(0), candidates, n=n, larger_is_better=True)
        assert refused.value.field == "n"
