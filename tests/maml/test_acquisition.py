"""The learned acquisition as a stored model: past tasks are completed, its policy is trained and asked."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from maml.acquisition.completed_tasks import MAX_CANDIDATES, CompletedTasks
from maml.acquisition.files import checkpoint_from_bytes
from maml.acquisition.meta_training import AcquisitionSettings, fit_acquisition
from maml.acquisition.policy import AcquisitionPolicy
from maml.algorithms.learned_acquisition import log_improvement
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from metamodel.maps.improvement import log_expected_improvement
from tests.maml.test_surrogates import drawn_points, true_scores, tuning_tasks
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind

TASKS = tuning_tasks(12)
POOL = drawn_points(60, np.random.default_rng(4))
SHORT = AcquisitionSettings(
    n_candidates=30,
    horizon=5,
    n_batch=4,
    training=TrainingSettings(n_steps=6, check_every=2, patience=9, outer=OuterSettings(rate=1e-2)),
)


@pytest.fixture(scope="module")
def completing() -> NeuralSurrogate:
    training = TrainingSettings(n_steps=120, check_every=60)
    return fit_surrogate(TASKS, SurrogateSettings(kind=SurrogateKind.DEEP_KERNEL, training=training))


@pytest.fixture(scope="module")
def policy(completing: NeuralSurrogate) -> AcquisitionPolicy:
    return fit_acquisition(TASKS, POOL, completing, SHORT, larger_is_better=True)


def completed(completing: NeuralSurrogate, *, larger_is_better: bool = True) -> CompletedTasks:
    return CompletedTasks.of(TASKS, POOL, completing, n_candidates=30, larger_is_better=larger_is_better, seed=0)


def nothing() -> Points:
    return drawn_points(0, np.random.default_rng(0))


def test_maps_are_normalised_and_candidates_hold_every_tasks_best(completing: NeuralSurrogate) -> None:
    tasks = completed(completing)
    assert_allclose(tasks.mean.mean(1), 0.0, atol=1e-4)
    assert_allclose(tasks.mean.std(1, correction=0), 1.0, rtol=1e-4)
    candidates = {row.tobytes() for row in tasks.candidates.to_inputs()}
    assert len(candidates) == 30
    for task in TASKS[:10]:  # at most 15 candidates are tasks' best
        mean, _ = completing.predict(task.points, task.scores, POOL, task.embedding)
        assert POOL.to_inputs()[mean.argmax()].tobytes() in candidates


def test_a_belief_has_the_moments_of_its_tasks_and_none_of_the_task_that_is_sought(completing: NeuralSurrogate) -> None:
    tasks = completed(completing)
    picks, believed = torch.tensor([0, 3]), torch.tensor([0, 1, 2])
    tables = tasks.tables(picks, believed, torch.Generator().manual_seed(0))
    for row, others in ((0, [1, 2]), (1, [0, 1, 2])):
        maps, sd = tasks.mean[others], (tasks.sd[others] ** 2).mean(0).sqrt()
        assert_allclose(tables.mean[row], maps.mean(0), atol=1e-5)
        covariance = torch.cov(maps.T, correction=0) + sd[:, None] * sd * tasks.correlation
        assert_allclose(tables.covariance[row], covariance, atol=1e-4)
    changed = dataclasses.replace(tasks, mean=tasks.mean + 5.0 * (torch.arange(12) == 0)[:, None])
    again = changed.tables(picks, believed, torch.Generator().manual_seed(0))
    assert torch.equal(again.mean[0], tables.mean[0])
    assert not torch.equal(again.truth[0], tables.truth[0])


def test_drawn_maps_deviate_as_far_as_the_surrogate_says(completing: NeuralSurrogate) -> None:
    tasks = completed(completing)
    tables = tasks.tables(torch.zeros(4_000, dtype=torch.long), torch.arange(1, 12), torch.Generator().manual_seed(0))
    deviation = (tables.truth - tasks.mean[0]) / tasks.sd[0]
    assert_allclose(deviation.std(0), 1.0, atol=0.06)
    assert_allclose(torch.corrcoef(deviation.T), tasks.correlation, atol=0.1)


def test_a_training_that_was_interrupted_goes_on_to_the_same_policy(completing: NeuralSurrogate) -> None:
    checks: list[TrainingProgress] = []
    whole = fit_acquisition(TASKS, POOL, completing, SHORT, larger_is_better=True, on_check=checks.append)
    assert [(p.n_steps, p.n_steps_max) for p in checks] == [(2, 6), (4, 6), (6, 6)]
    resumed = fit_acquisition(TASKS, POOL, completing, SHORT, larger_is_better=True, checkpoint=checks[0].checkpoint)
    assert resumed.version == whole.version
    other = dataclasses.replace(whole.acquisition, horizon=4)
    with pytest.raises(InvalidInputError) as refused:
        checkpoint_from_bytes(checks[0].checkpoint, other)
    assert refused.value.field == "checkpoint"
    with pytest.raises(InvalidInputError) as refused:
        checkpoint_from_bytes(whole.to_bytes(), whole.acquisition)
    assert refused.value.field == "checkpoint"


def test_training_lowers_the_regret_on_held_out_tasks(completing: NeuralSurrogate) -> None:
    losses: list[float] = []
    training = TrainingSettings(n_steps=101, check_every=1, patience=1_000, outer=OuterSettings(rate=3e-2))
    settings = dataclasses.replace(SHORT, guide=0.0, training=training)
    fit_acquisition(
        TASKS, POOL, completing, settings, larger_is_better=True, on_check=lambda p: losses.append(p.best_loss)
    )
    assert losses[-1] < 0.9 * losses[0]


def test_the_policy_finds_good_candidates_of_new_tasks_from_the_first_trial(policy: AcquisitionPolicy) -> None:
    ranks = []
    for centre in (0.3, 0.5, 0.7):
        truth = true_scores(policy.candidates, centre)
        chosen: list[int] = []
        for _ in range(6):
            known = policy.candidates.take(np.array(chosen, dtype=np.intp))
            (pick,) = policy.propose(known, truth[chosen], n=1)
            assert pick not in chosen
            chosen.append(int(pick))
        ranks.append(float((truth > truth[chosen].max()).mean()))
    assert np.mean(ranks) < 0.1


def test_beliefs_follow_the_trials_in_the_metrics_units(policy: AcquisitionPolicy) -> None:
    truth = true_scores(policy.candidates, 0.4)
    before, _ = policy.predict(nothing(), np.zeros(0), policy.candidates)
    some = np.arange(0, 30, 3)
    mean, sd = policy.predict(policy.candidates.take(some), truth[some], policy.candidates)
    assert np.abs(mean - truth).mean() < 0.5 * np.abs(before - truth).mean()
    assert_allclose(mean[some], truth[some], atol=0.03)
    others = np.setdiff1d(np.arange(30), some)
    assert sd[some].mean() < sd[others].mean()


def test_what_is_no_candidate_is_predicted_as_the_nearest_less_sure_the_farther(policy: AcquisitionPolicy) -> None:
    cube = np.where(policy.candidates.active, policy.candidates.cube, 0.5)[:1]
    active = policy.candidates.active[:1]
    cube[0, 0] = min(cube[0, 0], 0.97)
    steps = [Points(cube + np.array([[d, 0.0]]), active) for d in (0.0, 1e-4, 1e-3)]
    exact, *aside = (policy.predict(nothing(), np.zeros(0), step) for step in steps)
    assert_allclose([mean for mean, _ in aside], [exact[0], exact[0]])
    assert exact[1] < aside[0][1] < aside[1][1]


def test_smaller_is_better_mirrors_larger_is_better(completing: NeuralSurrogate) -> None:
    policy = fit_acquisition(TASKS, POOL, completing, SHORT, larger_is_better=False)
    truth = true_scores(policy.candidates, 0.5)
    first = policy.propose(nothing(), np.zeros(0), n=1)
    mean, _ = policy.predict(nothing(), np.zeros(0), policy.candidates)
    assert mean[first[0]] < np.median(mean)
    some = np.arange(0, 30, 3)
    mean, _ = policy.predict(policy.candidates.take(some), truth[some], policy.candidates)
    assert_allclose(mean[some], truth[some], atol=0.03)
    flipped = [dataclasses.replace(task, scores=-task.scores) for task in TASKS]
    negated = fit_surrogate(
        flipped,
        SurrogateSettings(kind=SurrogateKind.DEEP_KERNEL, training=TrainingSettings(n_steps=20, check_every=20)),
    )
    low = fit_acquisition(flipped, POOL, negated, SHORT, larger_is_better=False)
    assert np.median(true_scores(low.candidates, 0.5)) > np.median(true_scores(policy.candidates, 0.5))


def test_a_batch_is_of_different_candidates_and_none_that_was_tried(policy: AcquisitionPolicy) -> None:
    truth = true_scores(policy.candidates, 0.4)
    worked, failed = policy.candidates.take(np.arange(3)), policy.candidates.take(np.arange(3, 6))
    picks = policy.propose(worked, truth[:3], n=24, failed=failed)
    assert sorted(picks.tolist()) == list(range(6, 30))
    for n in (0, 25):
        with pytest.raises(InvalidInputError) as refused:
            policy.propose(worked, truth[:3], n=n, failed=failed)
        assert refused.value.field == "n"


def test_a_policy_survives_being_kept(policy: AcquisitionPolicy, completing: NeuralSurrogate) -> None:
    again = AcquisitionPolicy.from_bytes(policy.to_bytes())
    assert again.version == policy.version
    scores = np.array([0.1, 0.4])
    two = policy.candidates.take(np.arange(2))
    assert again.propose(two, scores, n=3).tolist() == policy.propose(two, scores, n=3).tolist()
    assert_allclose(again.predict(two, scores, POOL), policy.predict(two, scores, POOL))
    for content in (b"", b"nothing at all", completing.to_bytes()):
        with pytest.raises(InvalidInputError):
            AcquisitionPolicy.from_bytes(content)


def test_what_does_not_fit_is_refused(policy: AcquisitionPolicy, completing: NeuralSurrogate) -> None:
    narrow = Points(POOL.cube[:, :1], POOL.active[:, :1])
    two = policy.candidates.take(np.arange(2))
    for call, field in (
        (lambda: policy.predict(two, np.array([0.1, np.nan]), POOL), "scores"),
        (lambda: policy.predict(two, np.zeros(2), narrow), "query"),
        (lambda: policy.predict(narrow, np.zeros(60), POOL), "points"),
        (lambda: policy.propose(two, np.zeros(3), n=1), "scores"),
        (lambda: dataclasses.replace(policy, mean=policy.mean[:3]), "mean"),
        (lambda: dataclasses.replace(policy, roughness=float("nan")), "covariance"),
        (lambda: fit_with(completing, n_candidates=MAX_CANDIDATES + 1), "n_candidates"),
        (lambda: fit_with(completing, n_candidates=1), "n_candidates"),
        (
            lambda: fit_acquisition(TASKS, POOL.take(np.arange(1)), completing, SHORT, larger_is_better=True),
            "n_candidates",
        ),
        (lambda: fit_acquisition(TASKS[:3], POOL, completing, SHORT, larger_is_better=True), "tasks"),
        (lambda: dataclasses.replace(SHORT, shift=-1.0), "shift"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            call()
        assert refused.value.field == field


def fit_with(completing: NeuralSurrogate, *, n_candidates: int) -> AcquisitionPolicy:
    settings = dataclasses.replace(SHORT, n_candidates=n_candidates)
    return fit_acquisition(TASKS, POOL, completing, settings, larger_is_better=True)


def test_failed_and_constant_past_tasks_are_left_out(completing: NeuralSurrogate, policy: AcquisitionPolicy) -> None:
    failed = TuningTask(TASKS[0].points, np.full(14, np.nan), TASKS[0].embedding)
    constant = TuningTask(TASKS[1].points, np.ones(14), TASKS[1].embedding)
    fit = fit_acquisition([*TASKS, failed, constant], POOL, completing, SHORT, larger_is_better=True)
    assert fit.version == policy.version


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_guide_is_the_expected_improvement_and_finite(dtype: torch.dtype) -> None:
    z = torch.linspace(-80.0, 6.0, 20_001, dtype=dtype)
    sd = torch.full_like(z, 0.3)
    found = log_improvement(sd * z, sd)
    assert torch.isfinite(found).all()
    assert (found.diff() > 0).all()
    near = z > -4.9  # beyond, the other one is a series, right to 1 %
    expected = log_expected_improvement((sd * z).double().numpy(), sd.double().numpy(), 0.0)
    assert_allclose(found[near], expected[near], rtol=1e-3 if dtype is torch.float32 else 1e-8, atol=1e-3)
    assert_allclose(found[~near], expected[~near], atol=0.03)
