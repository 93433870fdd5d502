"""In-context models of the benchmark: what they may know, and that they learn from trials."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.in_context import summary
from benchmarks.in_context_network import (
    BEND,
    N_BINS,
    Question,
    Shape,
    answer,
    centres,
    expected_improvement,
)
from benchmarks.in_context_past import N_PRIOR, Pasts, Table, folds_of
from benchmarks.in_context_play import curves_of, play_in_context, portfolio_rows
from benchmarks.in_context_training import Settings, Trainer
from benchmarks.transfer_maps import opponents_maps
from benchmarks.transfer_table import HALVES, Fold, Material, half_of, load_material

CPU = torch.device("cpu")
SHAPE = Shape(n_features=3, n_described=2, width=16, n_layers=2, n_heads=2)


@pytest.fixture(scope="module")
def wide() -> Material:
    return load_material("wide-classification")


def two_kinds(material: Material) -> Material:
    """Every other task likes the first quarter of the configurations, the rest the last; nothing else tells which."""
    n_tasks, n = 60, 64  # however large the knowledge base is
    rng = np.random.default_rng(0)
    scores = np.full((n_tasks, n), 0.5) + 0.02 * rng.random((n_tasks, n))
    scores[::2, : n // 4] += 0.3
    scores[1::2, -(n // 4) :] += 0.3
    scores[::2, -(n // 4) :] -= 0.2
    scores[1::2, : n // 4] -= 0.2
    features = np.column_stack([np.arange(n) < n // 4, np.arange(n) >= n - n // 4, rng.random(n)]).astype(float)
    return replace(material, scores=scores, features=features, meta=np.zeros((n_tasks, 0)), default=0)


def asked(seed: int = 0) -> Question:
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    counts = torch.tensor([[[True, True, True, False]] * 2] * 2)
    return Question(drawn(2, 2, 4, 3 + N_PRIOR), drawn(2, 2, 4), counts, drawn(2, 2, 5, 3 + N_PRIOR), drawn(2, 2, 2))


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(2, *size, generator=generator) * 0.3 for name, (size, _) in SHAPE.sizes().items()}


def test_an_answer_depends_neither_on_the_trials_order_nor_on_padding_nor_on_other_queries() -> None:
    question = asked()
    expected = answer(SHAPE, weights(), question)
    order = [2, 0, 1, 3]
    padded = question.scores.clone()
    padded[..., 3] = 50.0
    other = Question(
        question.trials[:, :, order],
        padded[:, :, order],
        question.counts[:, :, order],
        question.queries[:, :, :2],
        question.described,
    )
    assert torch.allclose(answer(SHAPE, weights(), other), expected[:, :, :2], atol=1e-4)


def test_an_answer_depends_on_the_scores_and_each_model_has_its_own_weights() -> None:
    question = asked()
    first = answer(SHAPE, weights(), question)
    changed = answer(SHAPE, weights(), replace(question, scores=question.scores.flip(2)))
    assert not torch.allclose(first, changed, atol=1e-2)
    swapped = answer(SHAPE, {name: value.flip(0) for name, value in weights().items()}, question)
    assert not torch.allclose(first, swapped, atol=1e-2)


def test_expected_improvement_of_a_certain_gain_is_the_gain_and_of_a_loss_nothing() -> None:
    certain = torch.eye(N_BINS)
    gains = torch.sinh(centres(CPU)) * BEND
    assert torch.allclose(expected_improvement(certain), gains.clamp(min=0.0), atol=1e-6)


def test_while_choosing_no_task_of_the_confirming_half_is_seen(wide: Material) -> None:
    folds = folds_of(wide, HALVES[0], n_known=10, n_past=None, history=0)
    held = half_of(wide, HALVES[1])
    targets = np.concatenate([fold.targets for fold in folds])
    assert sorted(targets) == sorted(half_of(wide, HALVES[0]))
    for fold in folds:
        assert not np.isin(fold.past, held).any()
        assert not np.isin(fold.past, fold.targets).any()
        assert len(fold.past) == len(fold.known) > 0


def test_a_tasks_own_trials_are_left_out_of_its_prior(wide: Material) -> None:
    (fold,) = folds_of(wide, HALVES[1], n_known=10, n_past=None, history=0)
    pasts = Pasts.of(wide, [fold], CPU)
    trainer = Trainer(Table.of(wide, CPU), pasts, _shape(wide), Settings(1.0, n_tasks=1), seed=0)
    other = replace(wide, scores=wide.scores.copy())
    changed = int(fold.past[0])
    other.scores[changed] = other.scores[changed][::-1]
    again = Trainer(Table.of(other, CPU), Pasts.of(other, [fold], CPU), _shape(wide), Settings(1.0, n_tasks=1), seed=0)
    model, task = torch.zeros(1, 1, dtype=torch.int64), torch.zeros(1, 1, dtype=torch.int64)

    def prior(of: Trainer) -> torch.Tensor:
        torch.manual_seed(1)
        at = of.known[model, task]
        trees = of.pasts.trees[model, of.pasts.part[model, task]].gather(2, at)
        return of._configurations(model, task, at, trees)[..., -N_PRIOR:]

    assert prior(trainer).abs().sum() > 0
    assert torch.allclose(prior(trainer), prior(again), atol=1e-5)
    assert not torch.allclose(trainer.pasts.total, again.pasts.total, atol=1e-2)


def test_models_learn_which_kind_a_task_is_from_its_trials(wide: Material) -> None:
    material = two_kinds(wide)
    targets, past = np.arange(4), np.arange(4, len(material.scores))
    known = tuple(np.arange(material.scores.shape[1]) for _ in past)
    fold = Fold(targets, past, known)
    shape = Shape(n_features=3, n_described=0, width=32, n_layers=1, n_heads=2)
    settings = Settings(600.0, n_steps=400, n_tasks=8, rate=3e-3, warp=0.1)
    trainer = Trainer(Table.of(material, CPU), Pasts.of(material, [fold], CPU), shape, settings, seed=0)
    trainer.train()
    bad = np.array([[material.scores.shape[1] - 1], [0], [material.scores.shape[1] - 1], [0]])  # of the other kind
    rows = play_in_context(trainer, [0], targets, bad, 4)
    assert (rows[:, :1] == bad).all()
    assert all(len(set(tried)) == 4 for tried in rows)
    assert curves_of(material, targets, rows)[:, 1].max() < 0.1  # one trial tells: the second is of the right kind
    other = np.tile(np.array([5, 6, 7, 8, 9, 10]), (4, 1))
    turns = play_in_context(trainer, [0], targets, bad, 6, other)
    assert (turns[:, 1] == rows[:, 1]).all()  # the model's own, as before
    assert all(len(set(tried)) == 6 for tried in turns)
    assert np.isin(turns[:, [2, 4]], other).all()


def test_the_portfolios_first_rows_are_those_that_targets_have(wide: Material) -> None:
    (fold,) = folds_of(wide, HALVES[1], n_known=None, n_past=None, history=0)
    rows = portfolio_rows(wide, fold, opponents_maps(wide, fold), 3)
    assert rows.shape == (len(fold.targets), 3)
    assert all(wide.recorded(int(t))[tried].all() for t, tried in zip(fold.targets, rows, strict=True))


def test_a_summary_averages_histories_and_pairs_methods() -> None:
    ones = np.ones((2, 20))
    curves = {"static portfolio": [ones, 3 * ones], "in context": [ones, ones]}
    found = summary(curves, n_histories=2, learned=["in context"])
    assert found["n_tasks"] == 2
    assert found["mean"]["static portfolio"]["5"] == [2.0, 2.0, 2.0]
    assert found["less"]["in context"]["static portfolio"]["20"] == [-1.0, -1.0, -1.0]


def _shape(material: Material) -> Shape:
    return Shape(material.features.shape[1], 2 * material.meta.shape[1], width=16, n_layers=1, n_heads=2)
