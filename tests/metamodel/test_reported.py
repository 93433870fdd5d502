"""Trials that were reported since a model was learned change their own tasks' maps at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from metamodel.engine import SpaceModel, fit_model
from metamodel.large.conditioned_past import LearnedCore, condition_on_core
from metamodel.large.lookup import AnchorLookup
from metamodel.large.past_index import PastIndex
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import known_scores
from metamodel.maps.tried import TriedAnchors
from metamodel.reported import with_reported
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial

N_TASKS, N_CORE = 90, 40


def history_of(number: int, optimum: float, tried: Sequence[int]) -> TaskHistory:
    configurations = tuple(CONFIGURATIONS[i] for i in tried)
    scores = true_scores(optimum, configurations)
    return TaskHistory(make_task(number, optimum), configurations, scores, np.full(len(tried), 1.0))


@pytest.fixture(scope="module")
def histories() -> list[TaskHistory]:
    made = [
        history_of(row, optimum, range(row % 7, 30, 3)) for row, optimum in enumerate(np.linspace(0.1, 0.9, N_TASKS))
    ]
    for row in (2, 7):
        scores = made[row].scores.copy()
        scores[:2] = np.nan
        flags = np.arange(len(scores))
        made[row] = replace(made[row], scores=scores, failed=flags == 0, infeasible=flags == 1)
    return made


@pytest.fixture(scope="module")
def few(histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


@pytest.fixture(scope="module")
def many(histories: list[TaskHistory]) -> SpaceModel:
    model = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=N_CORE)
    assert model.many is not None
    return model


@pytest.fixture(scope="module")
def grown(histories: list[TaskHistory]) -> list[TaskHistory]:
    """Three known tasks with more trials, and two new ones."""
    more = [history_of(row, np.linspace(0.1, 0.9, N_TASKS)[row], range(row % 7, 32, 2)) for row in (50, 3, 2)]
    return [*more, history_of(500, 0.33, range(0, 32, 4)), history_of(501, 0.7, [1, 2, 30])]


def conditioned_alone(model: SpaceModel, history: TaskHistory) -> tuple[FloatArray, FloatArray, float]:
    """The mean and variance of one task's map by the textbook's formula, and its best score."""
    assert model.maps is not None and model.prior is not None
    prior = model.prior
    tried = TriedAnchors.of_histories(SPACE, [history], model.maps.position, model.maps.features)
    [known], [[low, high]] = known_scores([history], tried, Direction.MAXIMIZE)
    covariance = prior.loadings @ prior.loadings.T + np.diag(prior.residual)
    low_rank = prior.loadings @ prior.loadings.T
    apart = np.diag(prior.residual[known.at] + known.noise + prior.noise)
    gain = low_rank[:, known.at] @ np.linalg.inv(low_rank[np.ix_(known.at, known.at)] + apart)
    best = high
    for _ in range(3):
        utility = np.maximum((known.score - low) / (best - low), 0.0)
        mean = prior.mean + gain @ (utility - prior.mean[known.at])
        best = max(high, low + (best - low) * min(mean.max(), 1.05))
    variance = np.diag(covariance) - np.einsum("ij,ji->i", gain, low_rank[known.at])
    return np.clip(mean, -0.3, 1.1), variance, best


@pytest.mark.slow
def test_maps_are_those_that_conditioning_gives(few: SpaceModel, grown: list[TaskHistory]) -> None:
    model = with_reported(few, grown)
    assert model.maps is not None and few.maps is not None
    assert model.n_tasks == N_TASKS + 2
    for history, row in zip(grown, (50, 3, 2, N_TASKS, N_TASKS + 1), strict=True):
        assert model.histories[row] is history
        mean, variance, best = conditioned_alone(few, history)
        np.testing.assert_allclose(model.maps.mean[row], mean, atol=1e-7)
        np.testing.assert_allclose(model.maps.variance[row], variance, atol=1e-7)
        assert model.maps.best[row] == pytest.approx(best)
        assert model.maps.typical[row] == pytest.approx(np.median(mean[: few.maps.n_tried]))
    others = np.setdiff1d(np.arange(N_TASKS), [50, 3, 2])
    np.testing.assert_array_equal(model.maps.mean[others], few.maps.mean[others])
    np.testing.assert_array_equal(model.places[others], few.places[others])
    assert model.histories[0] is few.histories[0]


@pytest.mark.slow
def test_one_after_the_other_is_as_all_at_once(few: SpaceModel, many: SpaceModel, grown: list[TaskHistory]) -> None:
    for model in (few, many):
        at_once, step_by_step = with_reported(model, grown), model
        for history in grown:
            step_by_step = with_reported(step_by_step, [history])
        asked = make_task(9_000, 0.5).meta_features
        for n in (1, 4):
            one, other = (m.recommend(asked, n=n) for m in (at_once, step_by_step))
            assert [r.configuration for r in one.configurations] == [r.configuration for r in other.configurations]


def test_numbers_of_many_are_those_of_conditioning_all_anew(
    many: SpaceModel, histories: list[TaskHistory], grown: list[TaskHistory]
) -> None:
    assert many.many is not None and many.maps is not None
    now = list(histories)
    for row, history in zip((50, 3, 2), grown, strict=False):
        now[row] = history
    now += grown[3:]
    anew = condition_on_core(
        now,
        PastIndex.of(now),
        AnchorLookup(SPACE, many.maps.position, many.maps.features),
        LearnedCore(many.many.basis, many.maps.n_tried, many.embedding, many.forest),
        direction=Direction.MAXIMIZE,
        seed=0,
    ).many
    reported = with_reported(many, grown).many
    assert reported is not None
    assert len(reported) == len(anew) == N_TASKS + 2
    rows = np.arange(len(anew))
    assert [reported.task(row) for row in range(len(anew))] == [anew.task(row) for row in range(len(anew))]
    found, wanted = (m.maps_of(rows, many.maps) for m in (reported, anew))
    np.testing.assert_allclose(found.mean, wanted.mean, atol=1e-6)
    np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-4)
    np.testing.assert_allclose(found.best, wanted.best)
    np.testing.assert_allclose(found.typical, wanted.typical, rtol=1e-6)
    np.testing.assert_allclose(reported.places_of(rows), anew.places_of(rows), atol=1e-6)
    outcomes, all_outcomes = reported.outcomes_of(rows), anew.outcomes_of(rows)
    assert outcomes is not None and all_outcomes is not None
    for name in ("failed", "infeasible"):
        one, other = (
            np.bincount(o.task * 1_000 + o.anchor, weights=getattr(o, name), minlength=100_000)
            for o in (outcomes, all_outcomes)
        )
        np.testing.assert_array_equal(one, other)
    assert len(outcomes.task) == len(all_outcomes.task)


def test_other_tasks_and_the_task_itself_are_answered_from_it(few: SpaceModel, many: SpaceModel) -> None:
    """A task whose description promises another optimum than its trials show."""
    task, optimum = make_task(700, 0.85), 0.15
    history = TaskHistory(task, CONFIGURATIONS, true_scores(optimum), np.ones(len(CONFIGURATIONS)))
    for model in (few, many):
        reported = with_reported(model, [history])
        before, after = (m.recommend(task.meta_features, n=3, task_id=task.task_id) for m in (model, reported))
        got = [
            true_scores(optimum, tuple(dict(r.configuration) for r in answer.configurations)).max()
            for answer in (before, after)
        ]
        assert got[1] > got[0] + 0.02
        assert got[1] == true_scores(optimum).max()
        assert task.task_id in [source.task_id for r in after.configurations for source in r.sources]
        hidden = reported.recommend(task.meta_features, n=3, exclude=[task.task_id])
        assert task.task_id not in [source.task_id for r in hidden.configurations for source in r.sources]


def test_suggestions_of_another_study_use_it(many: SpaceModel) -> None:
    history = history_of(701, 0.5, range(32))
    trials = [Trial(i, CONFIGURATIONS[i], float(history.scores[i])) for i in range(6)]
    model = with_reported(many, [history])
    answer = model.suggest(make_task(9_000, 0.5).meta_features, trials, n=2)
    assert len(answer.configurations) == 2
    assert answer.model_version == model.version


def test_the_version_says_that_trials_were_reported(few: SpaceModel, grown: list[TaskHistory]) -> None:
    once, twice = with_reported(few, grown[:1]), with_reported(with_reported(few, grown[:1]), grown[1:2])
    versions = {few.version, once.version, twice.version, with_reported(few, grown[1:2]).version}
    assert len(versions) == 4
    assert all(version.startswith(few.version) for version in versions)
    assert len(twice.version) == len(once.version)


def test_nothing_to_condition_changes_nothing(few: SpaceModel) -> None:
    failed = replace(history_of(702, 0.5, [1, 2]), scores=np.full(2, np.nan))
    assert with_reported(few, [failed]) is few
    assert with_reported(few, []) is few
    empty = fit_model(SPACE, [], metric="accuracy", direction=Direction.MAXIMIZE)
    assert with_reported(empty, [history_of(703, 0.5, [1, 2])]) is empty


@pytest.mark.slow
def test_near_copies_keep_their_shares(few: SpaceModel) -> None:
    made, _ = make_histories(20, n_known=8)
    twice = [*made, replace(made[0], task=replace(made[0].task, task_id="its copy"))]
    model = fit_model(SPACE, twice, metric="accuracy", direction=Direction.MAXIMIZE)
    reported = with_reported(
        model, [replace(made[1], durations_s=made[1].durations_s), history_of(704, 0.2, [1, 5, 9])]
    )
    if model.shares is not None:
        assert reported.shares is not None
        assert reported.shares.tolist() == [*model.shares.tolist(), 1.0]
    assert reported.weigh(made[4].task.meta_features).near.sum() == pytest.approx(1.0)
