"""Failures and constraints: what is likely to fail or to be infeasible is avoided, and reported."""

from dataclasses import replace

import numpy as np
import pytest

from metamodel.answers.outlook import (
    FAILURE_LIMIT,
    MAX_OWN_TRIALS,
    MAX_PROCESSES,
    OWN_TRIALS_COUNT,
    _joined,
    _sampled,
    _share,
    _smoothed,
    outlook,
)
from metamodel.answers.recommendations import recommendable
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from metamodel.maps.kernels import gaussian_kernel
from metamodel.space.cube import UnitCube
from tests.metamodel.synthetic import SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import BoolArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial, TrialState

OPTIMUM = 0.8
LIMIT = 0.6
"""Of the rate's coordinate: beyond it trials fail, or are infeasible; the optimum lies there."""


def rate(configuration: Configuration) -> float:
    return float(UnitCube(SPACE).encode([configuration])[0][0, 0])


def fit(histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def beyond(history: TaskHistory) -> BoolArray:
    return np.array([rate(c) > LIMIT for c in history.configurations], dtype=bool)


def past(n: int, *, fails: bool) -> list[TaskHistory]:
    """Tasks on which what lies beyond the limit failed, or violated a constraint."""
    return [
        replace(
            h,
            scores=np.where(beyond(h), np.nan, h.scores),
            failed=beyond(h) if fails else np.zeros(len(h.scores), bool),
            infeasible=None if fails else beyond(h),
        )
        for h in make_histories(n)[0]
    ]


def run(model: SpaceModel, *, n: int, constrained: bool, fails: bool) -> list[Trial]:
    """A study whose score is best where trials fail, or are infeasible."""
    trials: list[Trial] = []
    for number in range(n):
        answer = model.suggest(make_task(99, OPTIMUM).meta_features, trials, n=1, seed=number)
        configuration = dict(answer.configurations[0].configuration)
        value = float(true_scores(OPTIMUM, (configuration,))[0])
        excess = rate(configuration) - LIMIT
        if fails and excess > 0.0:
            trials.append(Trial(number, configuration, state=TrialState.FAIL))
        else:
            constraints = (5.0 * excess, -1.0) if constrained else ()
            trials.append(Trial(number, configuration, value, constraints=constraints))
    return trials


@pytest.mark.slow
def test_what_failed_in_the_past_is_reported_and_left_out() -> None:
    answer = fit(past(20, fails=True)).recommend(make_task(99, OPTIMUM).meta_features, n=10, harm_limit=1.0)
    assert all(rate(one.configuration) <= LIMIT for one in answer.configurations)
    chances = [one.failure_probability for one in answer.configurations]
    assert all(chance is not None and 0.0 <= chance <= FAILURE_LIMIT for chance in chances)
    assert "fail more likely than not are left out" in answer.reason


@pytest.mark.parametrize(
    ("failure", "left"),
    [
        ([0.0, 0.5, 0.51, 1.0], [0, 1]),  # even odds are no reason yet
        ([0.6, 0.9, 0.7, 0.8], [0, 1, 2, 3]),  # all that there is
        ([0.9, 0.1, 0.6, 0.2, 0.0], [1, 3]),  # the last one was tried by nobody
    ],
)
def test_what_fails_more_often_than_it_ends_is_left_out_unless_all_does(failure: list[float], left: list[int]) -> None:
    assert recommendable(4, np.array(failure)).tolist() == left


def test_where_everything_failed_something_is_still_recommended() -> None:
    histories = []
    for history in past(12, fails=True):
        scores = np.full(len(history.scores), np.nan)
        scores[0] = 0.5  # a task without any score is no past task
        failed = np.isnan(scores)
        histories.append(replace(history, scores=scores, failed=failed))
    answer = fit(histories).recommend(None, n=3)
    assert len(answer.configurations) == 3
    assert all(one.failure_probability is not None for one in answer.configurations)


@pytest.mark.slow
def test_without_any_failure_nothing_is_said_of_one() -> None:
    model = fit(make_histories(12)[0])
    trials = run(model, n=3, constrained=False, fails=False)
    for answer in (model.recommend(None, n=3), model.suggest(None, trials, n=3)):
        assert {one.failure_probability for one in answer.configurations} == {None}
        assert {one.feasible_probability for one in answer.configurations} == {None}


@pytest.mark.slow
def test_trials_pruned_without_a_value_are_no_failures() -> None:
    history = make_histories(12)[0]
    scores = history[0].scores.copy()
    scores[3] = np.nan
    pruned = [replace(history[0], scores=scores, failed=np.zeros(len(scores), bool)), *history[1:]]
    assert fit(pruned).outcomes is None
    assert fit([replace(history[0], scores=scores), *history[1:]]).outcomes is not None


def test_one_failure_is_not_believed_to_be_usual() -> None:
    """Far from it, its four counts weigh against ten trials of which half a one failed: (4 + 0.5) / (4 + 10)."""
    model = fit([])
    trial = Trial(0, dict(make_histories(1)[0][0].configurations[0]), state=TrialState.FAIL)
    width = len(UnitCube(SPACE).features(*UnitCube(SPACE).encode([trial.configuration]))[0])
    features = np.stack([np.zeros(width), np.full(width, 1e3)])  # the trial, and what is nowhere near it
    found = outlook(model, model.weigh(None), [trial], features=features, seen=np.array([0])).failure
    assert found is not None
    assert found[1] == pytest.approx(4.5 / 14.0)
    assert found[0] > 0.8


@pytest.mark.parametrize("n_past", [0, 20])
@pytest.mark.slow
def test_failures_of_the_study_itself_teach_it(n_past: int) -> None:
    trials = run(fit(make_histories(n_past)[0]), n=30, constrained=False, fails=True)
    failed = [trial.state is TrialState.FAIL for trial in trials]
    assert sum(failed[-15:]) <= 4
    assert max(rate(t.configuration) for t in trials if t.state is TrialState.COMPLETE) > LIMIT - 0.25


@pytest.mark.parametrize("n_past", [0, 20])
@pytest.mark.slow
def test_infeasible_trials_are_not_bests_and_the_best_feasible_place_is_found(n_past: int) -> None:
    model = fit(make_histories(n_past)[0])
    trials = run(model, n=30, constrained=True, fails=False)
    feasible = [trial.is_feasible for trial in trials]
    assert sum(feasible[-15:]) >= 4  # the best feasible place is at the border
    best = max(trial.value for trial in trials if trial.is_feasible and trial.value is not None)
    edge = 0.9 - (OPTIMUM - LIMIT) ** 2
    assert edge - 0.02 < best <= edge
    answer = model.suggest(None, trials, n=1).configurations[0]
    assert answer.feasible_probability is not None and 0.0 < answer.feasible_probability <= 1.0
    assert answer.expected_gain is not None
    assert answer.expected_gain.mean < 0.03  # over the best feasible trial: what lies beyond the limit is no gain
    assert answer.expected_gain.probability <= answer.feasible_probability


@pytest.mark.slow
def test_where_nothing_is_feasible_what_is_likely_to_be_comes_first() -> None:
    model = fit(make_histories(20)[0])
    far = [c for h in make_histories(1)[0] for c in h.configurations if rate(c) > LIMIT][:6]
    trials = [Trial(i, c, 0.5, constraints=(rate(c) - 0.3,)) for i, c in enumerate(far)]
    answer = model.suggest(None, trials, n=3)
    assert min(rate(one.configuration) for one in answer.configurations) < LIMIT
    assert {one.expected_gain for one in answer.configurations} == {None}
    assert "none of which is feasible" in answer.reason


@pytest.mark.slow
def test_where_nothing_is_feasible_and_nothing_tells_what_will_be_the_good_come_first() -> None:
    """By the chance alone it would be the configuration that is farthest from all that were tried."""
    model = fit(make_histories(30)[0])
    task = make_task(100, OPTIMUM)
    configurations = tuple(dict(r.configuration) for r in model.recommend(task.meta_features, n=3).configurations)
    scores = true_scores(OPTIMUM, configurations)
    trials = [
        Trial(number, configuration, value=float(score), constraints=(1.0,))
        for number, (configuration, score) in enumerate(zip(configurations, scores, strict=True))
    ]
    picks = model.suggest(task.meta_features, trials, n=4).configurations
    assert true_scores(OPTIMUM, tuple(dict(pick.configuration) for pick in picks)).min() > 0.8


@pytest.mark.slow
def test_what_was_infeasible_in_the_past_counts_where_the_study_knows_nothing() -> None:
    first = [Trial(0, dict(SPACE.default_configuration() or {}), 0.5, constraints=(-1.0,))]
    chances = []
    for histories in (make_histories(20)[0], past(20, fails=False)):
        answer = fit(histories).suggest(None, first, n=40)
        beyond_limit = [r.feasible_probability for r in answer.configurations if rate(r.configuration) > LIMIT + 0.1]
        chances.append(np.mean([chance for chance in beyond_limit if chance is not None] or [0.0]))
    assert chances[1] < chances[0]


@pytest.mark.parametrize("constraints", [(1e100,), (0.0,), (-1e100, 1e-300), ()])
@pytest.mark.slow
def test_extreme_and_equal_constraints_give_finite_answers(constraints: tuple[float, ...]) -> None:
    model = fit(make_histories(12)[0])
    trials = [
        Trial(i, c, 0.1 * i, constraints=constraints) for i, c in enumerate(make_histories(1)[0][0].configurations[:6])
    ]
    trials.append(Trial(6, dict(SPACE.default_configuration() or {}), 0.3))
    for one in model.suggest(None, trials, n=5).configurations:
        assert one.feasible_probability is None or np.isfinite(one.feasible_probability)
        assert SPACE.validate(one.configuration) == one.configuration


@pytest.mark.parametrize("n_others", [0, 600])
def test_one_constraint_that_matters_is_seen_among_very_many(n_others: int) -> None:
    model = fit([])
    configurations = [
        dict(c.configuration) for c in model.recommend(make_task(99, OPTIMUM).meta_features, n=40).configurations
    ]
    trials = [
        Trial(i, c, 0.5, constraints=(*(-0.5 - j % 3 for j in range(n_others)), rate(c) - LIMIT))
        for i, c in enumerate(configurations)
    ]
    answer = model.suggest(make_task(99, OPTIMUM).meta_features, trials, n=10, seed=0)
    far = [c for c in answer.configurations if abs(rate(c.configuration) - LIMIT) > 0.1]
    assert far
    assert all((c.feasible_probability or 0.0) > 0.5 for c in far if rate(c.configuration) < LIMIT)
    assert all((c.feasible_probability or 0.0) < 0.5 for c in far if rate(c.configuration) > LIMIT)


def test_of_many_violated_constraints_the_worst_decide() -> None:
    values = np.array([[-1.0] * 30, [1.0] * 30, [*([-1.0] * 29), 1.0]])  # met, violated, violated in the last only
    joined = _joined([-column for column in values.T])
    assert len(joined) == MAX_PROCESSES
    assert [bool((margins < 0.0).any()) for margins in np.transpose(joined)] == [False, True, True]


@pytest.mark.slow
def test_units_of_a_constraint_do_not_matter() -> None:
    model = fit(make_histories(20)[0])
    trials = run(model, n=8, constrained=True, fails=False)
    scaled = [replace(t, constraints=tuple(1e6 * c for c in t.constraints)) for t in trials]
    one, other = (model.suggest(None, reported, n=1).configurations[0] for reported in (trials, scaled))
    assert one.configuration == other.configuration
    assert one.feasible_probability == pytest.approx(other.feasible_probability)


def test_of_very_many_trials_an_even_sample_of_either_kind_stands_for_all() -> None:
    happened = np.arange(5_000) % 50 == 0
    chosen, counts = _sampled(happened)
    assert len(chosen) == 100 + MAX_OWN_TRIALS // 2
    assert (np.diff(chosen) > 0).all()
    assert np.isclose(counts.sum(), 5_000)
    assert np.isclose(counts[happened[chosen]].sum(), 100)
    few, each = _sampled(happened[:MAX_OWN_TRIALS])
    assert few.tolist() == list(range(MAX_OWN_TRIALS))
    assert (each == 1.0).all()


def test_the_chance_of_failing_is_about_the_same_from_a_sample() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((6_000, 3))
    own = (points[:3_000, 0] > LIMIT).astype(np.float64)
    model = fit([])
    weights = model.weigh(make_task(99, OPTIMUM).meta_features)
    sampled = _share(model, weights, points, own, infeasible=False)
    kernel = gaussian_kernel(points, points[: len(own)])
    whole = _smoothed(kernel, OWN_TRIALS_COUNT * own, np.full(len(own), OWN_TRIALS_COUNT))
    assert sampled is not None
    assert sampled.shape == (6_000,)
    assert np.abs(sampled - whole).max() < 0.05
