"""A Gaussian process of unknown level against full matrices, and how often a batch of suggestions factorises."""

import numpy as np
import pytest
from scipy.linalg import cholesky
from scipy.stats import multivariate_normal

from metamodel.engine import fit_model
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.observed import Observed
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import SPACE, make_histories, make_task
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial

NOISE = 1e-3


@pytest.mark.parametrize("n_seen", [1, 2, 17])
@pytest.mark.parametrize("level_variance", [0.0, 0.3, 1e4])
def test_beliefs_and_evidence_are_those_of_full_matrices(n_seen: int, level_variance: float) -> None:
    rng = np.random.default_rng(n_seen)
    features = rng.random((40, 3))
    covariance = 0.7 * gaussian_kernel(features, features)
    seen = rng.integers(0, 40, size=n_seen)  # some twice
    residual = rng.normal(size=n_seen)
    level = np.array([level_variance])

    observed = Observed.of(seen, covariance[:, seen], NOISE)
    excess = observed.excess(level)
    white = observed.whitened(residual[None])[0]
    along = float(white @ observed.ones)
    mean = white @ observed.half + excess[0] * along * observed.gap
    sd = observed.sd(np.array([2.0]), np.diag(covariance), excess)[0]
    quadratic = float(white @ white - excess[0] * along**2)
    log_density = -0.5 * quadratic - float(observed.log_scale(level)[0]) - 0.5 * n_seen * np.log(2.0 * np.pi)

    full = covariance + level_variance
    gram = full[np.ix_(seen, seen)] + NOISE * np.eye(n_seen)
    cross = full[:, seen]
    expected_variance = np.diag(full - cross @ np.linalg.solve(gram, cross.T))
    np.testing.assert_allclose(mean, cross @ np.linalg.solve(gram, residual), atol=1e-7)
    np.testing.assert_allclose(sd, 2.0 * np.sqrt(expected_variance), rtol=1e-4)
    assert log_density == pytest.approx(multivariate_normal.logpdf(residual, np.zeros(n_seen), gram), rel=1e-6)


@pytest.mark.slow
def test_a_batch_of_a_hundred_after_300_trials_factorises_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of picks costs 19 at most, 16 of them the last expert, not one a width of the score's scale and pick."""
    histories, _ = make_histories(20)
    model = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)
    rng = np.random.default_rng(0)
    tried = space_filling(SPACE, 300, seed=3)
    trials = [Trial(number, one, float(rng.random())) for number, one in enumerate(tried)]
    n_factorised = 0

    def counted(*args: object, **kwargs: object) -> object:
        nonlocal n_factorised
        n_factorised += 1
        return cholesky(*args, **kwargs)

    monkeypatch.setattr("metamodel.maps.observed.cholesky", counted)
    answer = model.suggest(make_task(99, 0.5).meta_features, trials, n=100)
    assert len({str(one.configuration) for one in answer.configurations}) == len(answer.configurations) > 60
    assert 0 < n_factorised <= 80
