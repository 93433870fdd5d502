"""Studies without a past: their own trials are all there is."""

import numpy as np
import pytest

from metamodel.answers.suggestions import ALONE_AFTER
from metamodel.engine import fit_model
from metamodel.maps.own_trials import condition_alone
from metamodel.space.cube import UnitCube
from tests.metamodel.synthetic import SPACE, make_histories, true_scores
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.trial import Trial, TrialState


def line(n: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, n)[:, None]


def test_what_was_seen_is_believed_and_what_is_far_is_uncertain() -> None:
    seen = np.array([0, 10, 20])
    posterior = condition_alone(line(101), seen, np.array([0.5, 0.9, 0.6]))
    assert posterior.weight.sum() == pytest.approx(1.0)
    assert np.allclose(posterior.expected()[seen], [0.5, 0.9, 0.6], atol=0.05)
    spread = posterior.weight @ posterior.sd
    assert spread[seen].max() < 0.2 * spread[100]


def test_units_move_the_belief_and_nothing_else() -> None:
    seen, scores = np.array([3, 40, 80]), np.array([0.2, 0.7, 0.4])
    one = condition_alone(line(101), seen, scores)
    other = condition_alone(line(101), seen, 1e6 * scores - 3e7)
    assert np.allclose(other.expected(), 1e6 * one.expected() - 3e7, rtol=1e-9)
    assert one.log_expected_improvement(0.7).argmax() == other.log_expected_improvement(1e6 * 0.7 - 3e7).argmax()


def test_one_very_bad_trial_does_not_flatten_the_others() -> None:
    seen, scores = np.array([10, 30, 50, 70, 90]), np.array([0.5, 0.6, 0.9, 0.7, 0.4])
    best = condition_alone(line(101), seen, scores).expected().argmax()
    worse = np.append(scores, -1e9)
    assert abs(condition_alone(line(101), np.append(seen, 0), worse).expected().argmax() - best) <= 10


def test_rounding_among_the_best_is_not_taken_for_the_unit() -> None:
    """Were it, every worse score would be clipped to the same."""
    seen, scores = np.array([0, 25, 50, 75, 100]), 1e6 + np.array([0.0, 1e-10, 0.0, -5.0, -9.0])
    assert scores[1] > scores[0]
    assert np.allclose(condition_alone(line(101), seen, scores).expected()[seen], scores, rtol=0.0, atol=1.0)


@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5, 0.5], [0.0, 0.0], [1e300, -1e300], [1e-300, 2e-300]])
def test_few_or_equal_or_extreme_scores_give_finite_beliefs(scores: list[float]) -> None:
    posterior = condition_alone(line(21), np.arange(len(scores)), np.array(scores))
    assert np.isfinite(posterior.mean).all() and np.isfinite(posterior.sd).all()
    assert (posterior.sd > 0.0).all()


@pytest.mark.parametrize("n_past", [0, 2])
@pytest.mark.slow
def test_without_a_past_a_study_learns_from_itself(n_past: int) -> None:
    histories, _ = make_histories(n_past)
    model = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)
    trials: list[Trial] = []
    for number in range(30):
        answer = model.suggest(None, trials, n=1, seed=number)
        assert answer.strategy is Strategy.DEFAULTS
        configuration = dict(answer.configurations[0].configuration)
        assert SPACE.validate(configuration) == configuration
        value = float(true_scores(0.8, (configuration,))[0])
        trials.append(Trial(number=number, configuration=configuration, value=value, state=TrialState.COMPLETE))
    late = [UnitCube(SPACE).encode([t.configuration])[0][0, 0] for t in trials[-10:]]
    assert np.median(np.abs(np.array(late) - 0.8)) < 0.1
    values = [t.value or 0.0 for t in trials]
    assert max(values) > max(values[:ALONE_AFTER])
    assert max(values) > 0.89
