"""Boosted trees of the benchmark: what their rows hold."""

import numpy as np
import pytest
import torch

from benchmarks.gain_trees import N_STUDIES, Rows, training_rows
from benchmarks.in_context_past import Pasts, folds_of
from benchmarks.transfer_table import HALVES, Material, load_material


@pytest.fixture(scope="module")
def wide() -> Material:
    return load_material("wide-classification")


def test_kinds_are_the_values_of_the_parameter_that_most_others_depend_on(wide: Material) -> None:
    algorithms = [str(c["algorithm"]) for c in wide.table.configurations]
    kinds = Rows.of(wide).kinds
    assert len(set(kinds)) == len(set(algorithms))
    assert len(set(zip(kinds, algorithms, strict=True))) == len(set(algorithms))


def test_rows_do_not_depend_on_the_order_of_trials_and_do_on_their_scores(wide: Material) -> None:
    rows, prior = Rows.of(wide), np.random.default_rng(0).random((len(wide.features), 3))
    tried, scores, asked = np.array([3, 50, 120]), np.array([0.5, 0.8, 0.6]), np.array([4, 9])
    first = rows(tried, scores, asked, prior)
    assert np.isfinite(first).all()
    assert np.allclose(rows(tried[::-1], scores[::-1], asked, prior), first)
    assert not np.allclose(rows(tried, scores[::-1], asked, prior), first)


def test_one_trial_makes_a_row(wide: Material) -> None:
    rows, prior = Rows.of(wide), np.zeros((len(wide.features), 3))
    assert np.isfinite(rows(np.array([3]), np.array([0.5]), np.array([4, 9]), prior)).all()


def test_gains_are_in_widths_of_the_task_and_never_negative(wide: Material) -> None:
    fold = folds_of(wide, HALVES[1], n_known=12, n_past=4, history=0)[0]
    inputs, gains = training_rows(wide, Rows.of(wide), fold, Pasts.of(wide, [fold], torch.device("cpu")))
    assert len(inputs) == len(gains) >= 4 * N_STUDIES
    assert gains.min() == 0.0
    assert 0.0 < gains.max() <= 1.0
