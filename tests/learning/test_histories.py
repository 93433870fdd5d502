"""From stored trials to histories: whole configurations only, and of very many trials a bounded part."""

import numpy as np
from optuna.distributions import FloatDistribution

from learning.histories import MAX_TRIALS, histories_of
from store.histories import PastTask, PastTrial
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace({"x": FloatDistribution(0.0, 1.0)})
TASK = Task("t", "t", TaskKind.BINARY, MetaFeatures({"n_rows": 1.0}))


def past(n: int) -> PastTask:
    scores = np.random.default_rng(0).normal(size=n)
    trials = [
        PastTrial({"x": i / n} if i % 7 else {}, None if i % 5 == 0 else float(score), 1.0)
        for i, score in enumerate(scores)
    ]
    return PastTask(TASK, tuple(trials))


def test_few_trials_are_all_learned_from_but_those_that_lack_parameters() -> None:
    (history,) = histories_of([past(MAX_TRIALS)], SPACE)
    assert len(history.configurations) == sum(1 for i in range(MAX_TRIALS) if i % 7)


def test_of_very_many_trials_the_extremes_and_an_even_sample_are_learned_from() -> None:
    given = past(20 * MAX_TRIALS)
    (history,) = histories_of([given], SPACE)
    assert MAX_TRIALS * 0.7 < len(history.configurations) <= MAX_TRIALS
    whole = [t.score for t in given.trials if t.configuration and t.score is not None]
    assert np.nanmax(history.scores) == max(whole)
    assert np.nanmin(history.scores) == min(whole)
    places = np.array([c["x"] for c in history.configurations], dtype=float)
    assert (np.diff(places) > 0).all()  # in their order
    assert np.histogram(places, bins=10, range=(0, 1))[0].min() > MAX_TRIALS / 20
    assert np.isnan(history.scores).any()
