"""The expert that takes a task for one of the past ones, and the regret that a recommendation promises."""

import numpy as np
import pytest

from metamodel.engine import fit_model
from metamodel.maps.prior import TaskPrior, condition
from metamodel.maps.scale import ScalePrior
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.metrics import Direction


def test_a_few_trials_tell_which_past_task_the_new_one_is_like() -> None:
    """Past tasks without anything in common: only the expert on single tasks can predict the rest."""
    rng = np.random.default_rng(0)
    n_tasks, n_points = 30, 60
    maps = rng.uniform(0.0, 1.0, size=(n_tasks, n_points))
    maps[:, 0] = 1.0
    uniform = np.full(n_tasks, 1.0 / n_tasks)
    features = rng.uniform(size=(n_points, 8)) * 10.0  # far apart: neighbours of a trial tell nothing
    scale = ScalePrior.of_tasks(maps.max(axis=1), maps.max(axis=1) - maps.min(axis=1), uniform)
    seen = np.arange(8)
    for own in (3, 17):
        posterior = condition(TaskPrior(maps, uniform, uniform, features, scale), seen, maps[own, seen])
        predicted = posterior.expected()[8:]
        assert np.corrcoef(predicted, maps[own, 8:])[0, 1] > 0.9
        other = (own + 1) % n_tasks
        assert abs(np.corrcoef(predicted, maps[other, 8:])[0, 1]) < 0.5


@pytest.mark.slow
def test_promised_regrets_are_about_what_comes_true() -> None:
    histories, optima = make_histories(30)
    promised, true = [], []
    for left_out in range(0, 30, 6):
        past = [history for row, history in enumerate(histories) if row != left_out]
        model = fit_model(SPACE, past, metric="accuracy", direction=Direction.MAXIMIZE)
        truth = true_scores(float(optima[left_out]))
        answer = model.recommend(make_task(99, float(optima[left_out])).meta_features, n=len(CONFIGURATIONS))
        for ranked in answer.configurations:
            assert ranked.expected_regret is not None
            score = true_scores(float(optima[left_out]), (dict(ranked.configuration),))[0]
            promised.append(ranked.expected_regret)
            true.append((truth.max() - score) / (truth.max() - truth.min()))
    assert np.corrcoef(promised, true)[0, 1] > 0.5
    assert np.mean(np.abs(np.array(promised) - true)) < 0.25
