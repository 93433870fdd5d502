"""The expected gain of the next trial, against draws from the same beliefs and on tasks whose truth is known."""

import numpy as np
import pytest

from metamodel.answers.gain import expected_gain_of
from metamodel.engine import fit_model
from metamodel.maps.posterior import Posterior
from tests.metamodel.synthetic import SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import ExpectedGain
from warmtune.vocabulary.trial import Trial

WEIGHT = np.array([0.5, 0.3, 0.2])
MEAN = np.array([[0.2, 0.9], [0.4, 0.8], [0.7, 0.1]])
SD = np.array([[0.1, 0.05], [0.3, 0.1], [0.05, 0.4]])


@pytest.mark.parametrize("point", [0, 1])
@pytest.mark.parametrize("chance", [1.0, 0.6])
@pytest.mark.parametrize("best", [0.0, 0.5, 0.85, 5.0])
@pytest.mark.parametrize(("n_scored", "share"), [(1, 0.8), (12, 0.25)])
@pytest.mark.slow
def test_it_is_what_draws_from_the_beliefs_say(
    point: int, chance: float, best: float, n_scored: int, share: float
) -> None:
    """Of what they promise only a share comes true, which falls with the number of trials."""
    rng = np.random.default_rng(0)
    component = rng.choice(3, size=400_000, p=WEIGHT)
    drawn = rng.normal(MEAN[component, point], SD[component, point])
    gains = np.where(rng.random(len(drawn)) < share * chance, np.maximum(drawn - best, 0.0), 0.0)
    gain = expected_gain_of(Posterior(WEIGHT, np.ones(3), MEAN, SD), point, best, n_scored=n_scored, chance=chance)
    most = np.quantile(gains[gains > 0.0], 0.95) if (gains > 0.0).any() else 0.0
    assert gain.mean == pytest.approx(np.minimum(gains, most).mean(), abs=2e-3)
    assert gain.probability == pytest.approx((gains > 0.0).mean(), abs=3e-3)
    assert gain.low == pytest.approx(np.quantile(gains, 0.05), abs=4e-3)
    assert gain.high == pytest.approx(np.quantile(gains, 0.95), abs=1e-2)


def _next_gain(direction: Direction, *, n_trials: int, n_past: int = 20, scale: float = 1.0) -> ExpectedGain | None:
    histories, _ = make_histories(n_past)
    flipped = [type(h)(h.task, h.configurations, scale * direction.sign * h.scores, h.durations_s) for h in histories]
    model = fit_model(SPACE, flipped, metric="m", direction=direction)
    trials: list[Trial] = []
    for number in range(n_trials):
        answer = model.suggest(make_task(99, 0.6).meta_features, trials, n=1)
        configuration = dict(answer.configurations[0].configuration)
        value = scale * direction.sign * float(true_scores(0.6, (configuration,))[0])
        trials.append(Trial(number, configuration, value))
    return model.suggest(make_task(99, 0.6).meta_features, trials, n=1).configurations[0].expected_gain


@pytest.mark.parametrize("n_past", [0, 20])
@pytest.mark.slow
def test_it_falls_as_the_optimum_is_found(n_past: int) -> None:
    assert _next_gain(Direction.MAXIMIZE, n_trials=0, n_past=n_past) is None
    early = _next_gain(Direction.MAXIMIZE, n_trials=6, n_past=n_past)
    late = _next_gain(Direction.MAXIMIZE, n_trials=30, n_past=n_past)
    assert early is not None and late is not None
    assert 0.0 <= late.mean < early.mean
    assert early.low <= early.high and late.high < early.high


@pytest.mark.slow
def test_it_is_in_the_metrics_own_units_and_positive_either_way() -> None:
    one = _next_gain(Direction.MAXIMIZE, n_trials=4)
    other = _next_gain(Direction.MINIMIZE, n_trials=4, scale=100.0)
    assert one is not None and other is not None
    assert other.mean == pytest.approx(100.0 * one.mean, rel=1e-3)
    assert other.high == pytest.approx(100.0 * one.high, rel=1e-3)
    assert other.probability == pytest.approx(one.probability, rel=1e-3)
