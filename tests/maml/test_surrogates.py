"""Meta-training on tuning data, its checkpoints, and what the surrogates predict."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from maml.surrogates.augmentation import Augmentation, split_rows
from maml.surrogates.choice import backtest_kinds
from maml.surrogates.learners import surrogate_learner
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.score_scale import ScorePrior
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask, stack_tasks
from maml.tensors.examples import Episode
from maml.training.checkpoints import TrainingProgress, checkpoint_from_bytes, checkpoint_to_bytes
from maml.training.job import TrainingSettings, TrainingState, held_out_loss, start_training, train, train_by
from maml.training.outer_loop import LearnerState, OuterSettings
from maml.training.state_files import state_to_bytes
from tests.maml.episodes import LEARNERS, generator, sines
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind


def drawn_points(n: int, rng: np.random.Generator) -> Points:
    cube = rng.random((n, 2))
    active = np.ones((n, 2), dtype=bool)
    active[cube[:, 0] > 0.8, 1] = False
    return Points(np.where(active, cube, np.nan), active)


def true_scores(points: Points, centre: float) -> np.ndarray:
    second = np.where(points.active[:, 1], np.nan_to_num(points.cube[:, 1]), 0.5)
    return 0.7 - (points.cube[:, 0] - centre) ** 2 - 0.1 * second


def tuning_tasks(n_tasks: int = 10, seed: int = 0) -> list[TuningTask]:
    rng = np.random.default_rng(seed)
    tasks = []
    for _ in range(n_tasks):
        points, centre = drawn_points(14, rng), rng.uniform(0.2, 0.8)
        tasks.append(TuningTask(points, true_scores(points, centre), np.array([centre - 0.5, rng.normal()])))
    return tasks


def quick(kind: SurrogateKind, n_steps: int = 6) -> SurrogateSettings:
    return SurrogateSettings(
        kind=kind, n_batch=6, max_support=6, training=TrainingSettings(n_steps=n_steps, check_every=3)
    )


@pytest.mark.parametrize("kind", list(SurrogateKind))
def test_every_kind_predicts_and_survives_being_kept(kind: SurrogateKind) -> None:
    surrogate = fit_surrogate(tuning_tasks(), quick(kind))
    rng = np.random.default_rng(1)
    query = drawn_points(9, rng)
    for n in (0, 1, 5):
        points = drawn_points(n, rng)
        scores = true_scores(points, 0.4)
        mean, sd = surrogate.predict(points, scores, query, np.array([-0.1, 0.0]))
        assert mean.shape == sd.shape == (9,)
        assert np.isfinite(mean).all()
        assert (sd > 0).all()
    again = NeuralSurrogate.from_bytes(surrogate.to_bytes())
    assert again.version == surrogate.version
    assert_allclose(again.predict(points, scores, query)[0], surrogate.predict(points, scores, query)[0])


def test_a_trained_surrogate_ranks_a_new_task_and_learns_from_its_trials() -> None:
    settings = quick(SurrogateKind.BAYESIAN_LAST_LAYER, n_steps=400)
    surrogate = fit_surrogate(tuning_tasks(24), settings)
    rng = np.random.default_rng(5)
    errors: dict[int, list[float]] = {0: [], 5: []}
    for centre in (0.25, 0.5, 0.75):
        query, points = drawn_points(60, rng), drawn_points(5, rng)
        truth = true_scores(query, centre)
        for n, found in errors.items():
            known = points.take(np.arange(n))
            mean, sd = surrogate.predict(known, true_scores(known, centre), query)
            found.append(float(np.abs(mean - truth).mean()))
            assert (np.abs(mean - truth) < 4 * sd).mean() > 0.95
    assert np.mean(errors[5]) < 0.6 * np.mean(errors[0])


def test_predictions_move_with_the_scores_units() -> None:
    tasks = tuning_tasks()
    moved = [dataclasses.replace(t, scores=100 + 10 * t.scores) for t in tasks]
    rng = np.random.default_rng(2)
    points, query = drawn_points(4, rng), drawn_points(7, rng)
    scores = true_scores(points, 0.5)
    plain = fit_surrogate(tasks, quick(SurrogateKind.MAML)).predict(points, scores, query)
    other = fit_surrogate(moved, quick(SurrogateKind.MAML)).predict(points, 100 + 10 * scores, query)
    assert_allclose(other[0], 100 + 10 * plain[0], rtol=1e-4)
    assert_allclose(other[1], 10 * plain[1], rtol=1e-3)


def test_what_an_inactive_coordinate_holds_does_not_matter() -> None:
    surrogate = fit_surrogate(tuning_tasks(), quick(SurrogateKind.DEEP_KERNEL))
    active = np.array([[True, False]])
    nothing = Points(np.zeros((0, 2)), np.zeros((0, 2), dtype=bool))
    a = surrogate.predict(nothing, np.zeros(0), Points(np.array([[0.9, np.nan]]), active))
    b = surrogate.predict(nothing, np.zeros(0), Points(np.array([[0.9, 0.123]]), active))
    assert_allclose(a[0], b[0])


def test_failed_and_constant_past_tasks_are_left_out() -> None:
    tasks = tuning_tasks(6)
    failed = dataclasses.replace(tasks[0], scores=np.full(14, np.nan))
    constant = dataclasses.replace(tasks[1], scores=np.ones(14))
    fit = fit_surrogate([*tasks, failed, constant], quick(SurrogateKind.BAYESIAN_LAST_LAYER))
    assert fit.version == fit_surrogate(tasks, quick(SurrogateKind.BAYESIAN_LAST_LAYER)).version
    with pytest.raises(InvalidInputError, match="too few past tasks"):
        fit_surrogate([*tasks[:3], failed, constant], quick(SurrogateKind.BAYESIAN_LAST_LAYER))


def test_wrong_shapes_are_refused() -> None:
    surrogate = fit_surrogate(tuning_tasks(6), quick(SurrogateKind.REPTILE))
    rng = np.random.default_rng(0)
    points = drawn_points(3, rng)
    narrow = Points(points.cube[:, :1], points.active[:, :1])
    with pytest.raises(InvalidInputError) as refused:
        surrogate.predict(narrow, np.zeros(3), points)
    assert refused.value.field == "points"
    with pytest.raises(InvalidInputError):
        surrogate.predict(points, np.array([0.0, np.nan, 0.0]), points)
    with pytest.raises(InvalidInputError, match="outside"):
        Points(np.array([[1.5]]), np.array([[True]]))
    with pytest.raises(InvalidInputError, match="embeddings"):
        surrogate_learner(SurrogateKind.CONDITIONED_MAML, n_inputs=4, n_embedding=0)
    with pytest.raises(InvalidInputError):
        NeuralSurrogate.from_bytes(state_to_bytes(LEARNERS["maml"], start_training(LEARNERS["maml"], SHORT).current))


SHORT = TrainingSettings(n_steps=9, check_every=3, patience=9, outer=OuterSettings(rate=0.01))


def sample(draws: torch.Generator) -> Episode:
    return sines(4, seed=int(torch.randint(1_000, (1,), generator=draws))).to(torch.device("cpu"), torch.float32)


def test_a_training_resumes_from_its_checkpoint_to_the_bit() -> None:
    learner = LEARNERS["amortised"]
    held_out = sines(3, seed=9).to(torch.device("cpu"), torch.float32)
    kept: list[bytes] = []
    begun = start_training(learner, SHORT)
    whole = train(
        learner,
        begun,
        SHORT,
        sample=sample,
        held_out=held_out,
        on_check=lambda state: kept.append(checkpoint_to_bytes(learner, state)),
    )
    assert len(kept) == 3
    again = checkpoint_from_bytes(kept[0], learner)
    resumed = train(learner, again, SHORT, sample=sample, held_out=held_out, on_check=lambda state: None)
    assert all(torch.equal(resumed.current.meta[k], whole.current.meta[k]) for k in whole.current.meta)
    assert resumed.best_loss == whole.best_loss
    assert all(torch.equal(resumed.best[k], whole.best[k]) for k in whole.best)
    assert held_out_loss(learner, whole.best, held_out) == whole.best_loss
    with pytest.raises(InvalidInputError, match="another learner"):
        checkpoint_from_bytes(kept[0], LEARNERS["maml"])


def test_a_resumed_training_still_knows_its_best_look_and_its_patience() -> None:
    losses = {
        2: 3.0,
        4: 1.0,
        6: 2.0,
        8: 0.5,
        10: 0.7,
        12: 0.6,
        14: 0.1,
    }  # by steps; two looks without a better one end it
    settings = TrainingSettings(n_steps=20, check_every=2, patience=2)
    start = {"steps": torch.zeros(1)}

    def run(begun: TrainingState) -> list[TrainingState]:
        looks: list[TrainingState] = []
        train_by(
            begun,
            settings,
            step=lambda state, _: dataclasses.replace(
                state, meta={"steps": state.meta["steps"] + 1}, n_steps=state.n_steps + 1
            ),
            judge=lambda meta: losses[int(meta["steps"])],
            on_check=looks.append,
        )
        return looks

    whole = run(TrainingState(LearnerState(start, start, start, 0), start, math.inf, 0))
    assert [look.current.n_steps for look in whole] == [2, 4, 6, 8, 10, 12]
    assert (whole[-1].best_loss, float(whole[-1].best["steps"])) == (0.5, 8.0)
    for n, look in enumerate(whole[:-1], start=1):
        assert run(look) == whole[n:]


def test_a_surrogates_training_that_was_interrupted_goes_on() -> None:
    tasks, settings = tuning_tasks(), quick(SurrogateKind.META_SGD, n_steps=9)
    checks: list[TrainingProgress] = []
    whole = fit_surrogate(tasks, settings, on_check=checks.append)
    assert [(p.n_steps, p.n_steps_max) for p in checks] == [(3, 9), (6, 9), (9, 9)]
    assert min(p.best_loss for p in checks) == checks[-1].best_loss
    assert fit_surrogate(tasks, settings, checkpoint=checks[0].checkpoint).version == whole.version


def test_training_stops_when_held_out_tasks_get_no_better() -> None:
    learner = LEARNERS["maml"]
    settings = dataclasses.replace(SHORT, n_steps=1_000, check_every=1, patience=2, outer=OuterSettings(rate=0.0))
    held_out = sines(3, seed=9).to(torch.device("cpu"), torch.float32)
    begun = start_training(learner, settings)
    state = train(learner, begun, settings, sample=sample, held_out=held_out, on_check=lambda state: None)
    assert state.current.n_steps == 3  # one that was better than nothing, two that were no better


def test_augmented_tasks_keep_their_shape_and_their_zeros() -> None:
    batch = sines(5, n_embedding=2).map(lambda t: t.abs())
    same = Augmentation().apply(batch, generator(), n_warped=1)
    assert torch.allclose(same.support.targets, batch.support.targets)
    assert torch.allclose(same.query.inputs, batch.query.inputs.clamp(max=1.0))
    changed = Augmentation(label_shift=1.0, label_log_scale=0.5, input_warp=0.5, drop_embedding=1.0).apply(
        batch, generator(), n_warped=1
    )
    assert (changed.embedding == 0).all()
    assert ((changed.support.inputs >= 0) & (changed.support.inputs <= 1)).all()
    slope = (changed.query.targets[:, 1:] - changed.query.targets[:, :1]) / (
        batch.query.targets[:, 1:] - batch.query.targets[:, :1]
    )
    assert torch.allclose(slope, slope[:, :1].expand_as(slope))  # one scale and one shift a task
    assert (slope[:, 0] > 0).all()


def test_supports_of_random_size_and_queries_share_no_row() -> None:
    single = TuningTask(Points(np.zeros((1, 2)), np.ones((1, 2), dtype=bool)), np.ones(1), np.zeros(2))
    rows, _ = stack_tasks([*tuning_tasks(30), single])
    episode = split_rows(rows, generator(), max_support=6)
    total = episode.support.weights + episode.query.weights
    assert torch.equal(total, rows.weights)
    assert ((episode.support.weights == 0) | (episode.query.weights == 0)).all()
    sizes = episode.support.weights.sum(1)
    assert sizes.max() == 6
    assert sizes.min() == 0
    assert (episode.query.weights.sum(1) > 0).all()


def test_the_scale_of_scores_is_found_from_few_of_them() -> None:
    rng = np.random.default_rng(0)
    prior = ScorePrior.of_tasks([rng.normal(c, s, size=50) for c, s in ((0.5, 0.05), (0.7, 0.1), (0.9, 0.02))])
    nothing = prior.estimate(np.zeros(0), np.zeros(0), np.zeros(0))
    mean, sd = nothing.restore(np.zeros(1), np.ones(1))
    assert mean[0] == pytest.approx(0.7, abs=0.02)
    assert sd[0] > 0.15  # where it lies is not known yet
    expected = rng.normal(size=30)
    known = prior.estimate(0.6 + 0.08 * expected, expected, np.full(30, 0.1))
    assert known.normalise(np.array([0.6, 0.68])) == pytest.approx([0.0, 1.0], abs=0.1)
    mean, sd = known.restore(np.array([1.0]), np.array([0.1]))
    assert mean[0] == pytest.approx(0.68, abs=0.005)
    assert sd[0] < 0.015


def test_the_backtest_prefers_what_learns_from_trials() -> None:
    tasks = tuning_tasks(15)
    settings = quick(SurrogateKind.MAML, n_steps=60)
    untrained = dataclasses.replace(settings, training=dataclasses.replace(settings.training, n_steps=1))
    kinds = [SurrogateKind.PROXIMAL_TRANSFER, SurrogateKind.BAYESIAN_LAST_LAYER]
    scores = backtest_kinds(tasks, kinds, settings)
    assert [score.kind for score in scores] == [SurrogateKind.BAYESIAN_LAST_LAYER, SurrogateKind.PROXIMAL_TRANSFER]
    assert scores[0].density.shape == (15, 4)
    gain = np.nanmean(scores[0].density - scores[1].density, axis=1)
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)) > 0
    assert backtest_kinds(tasks, kinds[1:], untrained)[0].mean < scores[0].mean
    with pytest.raises(InvalidInputError, match="no kind"):
        backtest_kinds(tasks, [], settings)
    with pytest.raises(InvalidInputError) as refused:
        backtest_kinds(tasks[:5], kinds, settings)  # a fold of two would leave three to learn from
    assert (refused.value.field, refused.value.value, refused.value.limit) == ("tasks", "5", "6")


def test_an_embedding_in_every_row_tells_tasks_apart_before_the_first_trial() -> None:
    # the first embedding column is the place of the optimum
    training = TrainingSettings(n_steps=300, check_every=100, outer=OuterSettings(rate=5e-3))
    settings = SurrogateSettings(kind=SurrogateKind.BAYESIAN_LAST_LAYER, reads_embedding=True, training=training)
    surrogate = fit_surrogate(tuning_tasks(30), settings)
    query, nothing = drawn_points(80, np.random.default_rng(3)), drawn_points(0, np.random.default_rng(3))
    for centre in (0.25, 0.75):
        conditioned, _ = surrogate.predict(nothing, np.zeros(0), query, np.array([centre - 0.5, 0.0]))
        without, _ = surrogate.predict(nothing, np.zeros(0), query)
        truth = true_scores(query, centre)
        assert np.corrcoef(conditioned, truth)[0, 1] > 0.8
        assert np.corrcoef(conditioned, truth)[0, 1] > np.corrcoef(without, truth)[0, 1]
    assert NeuralSurrogate.from_bytes(surrogate.to_bytes()).reads_embedding


def test_tasks_that_spread_wide_may_lie_lower() -> None:
    # past tasks: centre = 0.9 - spread
    pattern = np.array([-1.0, 1.0])
    prior = ScorePrior.of_tasks([0.9 - s + s * pattern for s in (0.01, 0.03, 0.1, 0.3)])
    assert prior.slope < 0
    scale = prior.estimate(np.array([0.9, 0.88]), np.zeros(2), np.full(2, 0.5))
    low = prior.estimate(np.array([0.55, 0.7]), np.zeros(2), np.full(2, 0.5))
    assert (low.weight * low.spread).sum() > 3 * (scale.weight * scale.spread).sum()


@pytest.mark.parametrize("outlier", [-1.0, -1e4, -1e308, 1e308])
@pytest.mark.parametrize("kind", [SurrogateKind.MARGINAL_LAST_LAYER, SurrogateKind.DEEP_KERNEL])
def test_one_trial_far_out_does_not_spoil_predictions(kind: SurrogateKind, outlier: float) -> None:
    surrogate = fit_surrogate(tuning_tasks(), quick(kind, 60))
    rng = np.random.default_rng(3)
    points = drawn_points(9, rng)
    scores = true_scores(points, 0.5)
    spoilt = np.append(scores[:8], outlier)
    mean, sd = surrogate.predict(points, spoilt, points.take(np.arange(8)))
    assert np.isfinite(mean).all() and (sd > 0).all()
    assert np.abs(mean - scores[:8]).max() < 1.0
    untouched = surrogate.scale_prior.drawn_in(scores)
    np.testing.assert_array_equal(untouched, scores)


def test_scores_that_are_all_far_from_the_past_stay_finite() -> None:
    surrogate = fit_surrogate(tuning_tasks(), quick(SurrogateKind.MAML))
    points = drawn_points(3, np.random.default_rng(0))
    for scores in ([1e30, 1e30, 1e30], [1e308, -1e308, 0.5], [1e20, 0.5, 0.4]):
        mean, sd = surrogate.predict(points, np.array(scores), points)
        assert np.isfinite(mean).all() and np.isfinite(sd).all()
