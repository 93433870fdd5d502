"""Learning the experts' settings from a backtest: the engine as it is, left-out maps, and what the odds follow."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.expert_backtest import Settings, Told, conditioned, games_of, settled, told
from benchmarks.expert_odds import PRESENT, learned_odds
from benchmarks.transfer_engine import fit_on_past
from benchmarks.transfer_table import HALVES, half_of, load_material, plan_folds
from metamodel.answers import beliefs
from metamodel.engine import SpaceModel
from metamodel.maps import prior as experts
from metamodel.maps.prior import condition


@pytest.fixture(scope="module")
def model() -> SpaceModel:
    material = load_material("xgboost-classification")
    targets = half_of(material, HALVES[0])[:48]
    fold = plan_folds(material, targets, n_folds=1, n_known=None, n_past=20, history=0)[0]
    return fit_on_past(material, fold)


def test_present_settings_condition_as_the_engine_does(model: SpaceModel) -> None:
    game = games_of(model)[0]
    prior, seen = game.prior(model), np.arange(9)
    ours, theirs = conditioned(PRESENT, prior, seen, game.scores[seen]), condition(prior, seen, game.scores[seen])
    assert np.allclose(ours.expected(), theirs.expected())
    best = float(game.scores[seen].max())
    assert np.allclose(ours.log_expected_improvement(best), theirs.log_expected_improvement(best))


def test_settings_hold_inside_only() -> None:
    with settled(Settings(uniform_share=0.3, like_one_sd=0.2, own_share=0.5)):
        assert (beliefs.UNIFORM_SHARE, experts.LIKE_ONE_SD, vars(experts)["OWN_SHARE"]) == (0.3, 0.2, 0.5)
    assert (PRESENT.uniform_share, PRESENT.like_one_sd) == (beliefs.UNIFORM_SHARE, experts.LIKE_ONE_SD)
    assert vars(beliefs)["condition"] is condition


def test_a_task_that_is_asked_as_new_has_no_weight(model: SpaceModel) -> None:
    games = games_of(model)
    assert games
    for game in games:
        assert game.weights.near[game.task] == game.weights.uniform[game.task] == 0.0
        assert np.isclose(game.weights.near.sum(), 1.0)


def test_what_was_seen_is_not_predicted_and_no_expert_is_heard_too_early(model: SpaceModel) -> None:
    game = games_of(model)[0]
    (few, many) = told(model, [game], [[list(range(3)), list(range(8))]], PRESENT)
    assert few.density.shape == (4, len(game.at) - 3)
    assert many.density.shape == (4, len(game.at) - 8)
    assert np.isneginf(few.evidence[3])
    assert np.isfinite(many.evidence).all()


def test_odds_follow_the_expert_that_predicts_and_stay_where_there_is_nothing_to_learn() -> None:
    nothing = Told(0, 3, np.zeros(4), np.zeros((4, 5)), np.zeros((4, 5)), np.zeros(5))
    odds = learned_odds(PRESENT, [replace(nothing, task=t) for t in range(40)]).log_odds
    assert np.allclose(np.exp(odds), np.exp(PRESENT.log_odds), atol=0.02)
    better = np.zeros((4, 5))
    better[1] = 1.0
    odds = learned_odds(PRESENT, [replace(nothing, task=t, density=better) for t in range(40)]).log_odds
    assert np.exp(odds[1]) > 0.6
