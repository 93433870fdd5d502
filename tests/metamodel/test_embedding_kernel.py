"""The kernel regression against plain refits, and its distances against their definition."""

import numpy as np
import pytest

from metamodel.embedding.kernel import fit_kernel
from metamodel.embedding.task_embedding import kernel_values, squared_distances

RNG = np.random.default_rng(0)
KNOWN = (RNG.random((30, 5)) > 0.3).astype(float)
INPUTS = np.concatenate([RNG.standard_normal((30, 5)) * KNOWN, KNOWN], axis=1)
TARGET = np.stack([np.sin(INPUTS[:, 0] + INPUTS[:, 1]), INPUTS[:, 2]], axis=1)
FOLDS = np.arange(30) % 4


def test_distances_are_those_of_the_definition() -> None:
    scale = np.array([1.0] * 5 + [0.5] * 5)
    expected = (((INPUTS[:4, None] - INPUTS[None]) * scale) ** 2).sum(axis=2) / 5
    np.testing.assert_allclose(squared_distances(INPUTS[:4], INPUTS), expected, atol=1e-12)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_kernels_are_positive_definite(power: float) -> None:
    kernel = kernel_values(squared_distances(INPUTS, INPUTS), power=power, length=0.7)
    assert np.linalg.eigvalsh(kernel).min() > -1e-10
    np.testing.assert_allclose(np.diag(kernel), 1.0, atol=1e-6)


def test_held_out_predictions_are_those_of_fits_without_the_fold() -> None:
    fit = fit_kernel(INPUTS, TARGET, folds=FOLDS)
    kernel = kernel_values(squared_distances(INPUTS, INPUTS), power=fit.power, length=fit.length)
    # the noise is what the coefficients leave: (K + noise) a = y
    noise = float(np.median((TARGET - kernel @ fit.coefficients) / fit.coefficients))
    for fold in range(4):
        rest = np.not_equal(FOLDS, fold)
        refit = np.linalg.solve(kernel[np.ix_(rest, rest)] + noise * np.eye(int(rest.sum())), TARGET[rest])
        np.testing.assert_allclose(fit.held_out[~rest], kernel[np.ix_(~rest, rest)] @ refit, atol=1e-6)


def test_what_depends_on_inputs_is_learned_and_noise_is_shrunk() -> None:
    noise = RNG.standard_normal((30, 1))
    learned = fit_kernel(INPUTS, TARGET - TARGET.mean(axis=0), folds=FOLDS)
    shrunk = fit_kernel(INPUTS, noise - noise.mean(), folds=FOLDS)
    assert ((learned.held_out - TARGET + TARGET.mean(axis=0)) ** 2).sum() < 0.8 * 30 * TARGET.var(axis=0).sum()
    assert (shrunk.held_out**2).sum() < 0.3 * (noise**2).sum()


def test_equal_tasks_are_no_trouble() -> None:
    fit = fit_kernel(np.ones((12, 4)), np.arange(12.0)[:, None] - 5.5, folds=np.arange(12) % 3)
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(fit.held_out).all()
