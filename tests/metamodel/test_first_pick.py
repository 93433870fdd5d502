"""First configurations: rules judged on past tasks, the chances they are given, and what confidence means."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from metamodel.answers.first_pick import LIMITS, MIN_JUDGED, ODDS, RULES, FirstPicks, Rule
from metamodel.answers.harm import MARGIN, PastScores, compare
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_task
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial, TrialState

DEFAULT = SPACE.default_configuration() or {}
GAMBLE = RULES.index(Rule(LIMITS[-1], ODDS[0]))
CAREFUL = RULES.index(Rule(LIMITS[0], ODDS[-1]))


def gains(n: int, **by_rule: list[float]) -> FirstPicks:
    """Of `n` tasks: 0 for all rules but two."""
    gain = np.zeros((n, len(RULES)))
    gain[:, GAMBLE], gain[:, CAREFUL] = by_rule["gamble"], by_rule["careful"]
    return FirstPicks(gain)


def past(n: int, *, n_harmed: int, with_default: bool = True) -> SpaceModel:
    """The sixth configuration beats the default by 0.1, but on `n_harmed` of `n` tasks loses 0.05; others are bad."""
    histories = []
    for number in range(n):
        scores = np.full(7, 0.6)
        scores[0] = 0.7
        scores[6] = 0.65 if number < n_harmed else 0.8
        configurations = (DEFAULT, *CONFIGURATIONS[:6])
        kept = slice(None) if with_default else slice(1, None)
        histories.append(
            TaskHistory(make_task(number, 0.5), configurations[kept], scores[kept], np.ones(7)[kept]),
        )
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def test_of_the_rules_within_the_limit_the_one_that_gained_most_is_taken() -> None:
    found = gains(20, gamble=[5.0] * 17 + [-2.0] * 3, careful=[1.0] * 20)  # 3.5 of 21 are more than a tenth
    assert found.rule(0.1) == RULES[CAREFUL]
    assert found.rule(0.2) == RULES[GAMBLE]


def test_a_rule_that_lost_on_more_than_a_third_of_its_wins_is_not_taken() -> None:
    found = gains(20, gamble=[5.0] * 14 + [-0.5] * 6, careful=[0.0] * 20)  # no loss is beyond the margin
    assert found.rule(0.1) is None
    found = gains(20, gamble=[5.0] * 15 + [-0.5] * 5, careful=[0.0] * 20)
    assert found.rule(0.1) == RULES[GAMBLE]


def test_one_large_gain_does_not_pay_for_small_losses() -> None:
    found = gains(20, gamble=[1000.0] + [0.2] * 2 + [0.0] * 17, careful=[1.5] * 20)
    assert found.rule(0.1) == RULES[CAREFUL]


@pytest.mark.parametrize(("by_chance", "wins"), [(1.4, False), (3.0, True)])
def test_rules_by_chance_are_taken_only_where_they_gain_surely_more(by_chance: float, *, wins: bool) -> None:
    gain = np.zeros((40, len(RULES)))
    likely = RULES.index(Rule(0.3, 0.0, by_chance=True))
    gain[:, CAREFUL] = 1.3
    gain[:, likely] = by_chance + np.tile([-1.0, 1.0], 20)
    assert FirstPicks(gain).rule(0.1) == RULES[likely if wins else CAREFUL]


def test_rules_by_chance_are_taken_where_no_other_gains_within_the_limit() -> None:
    gain = np.zeros((40, len(RULES)))
    likely = RULES.index(Rule(0.3, 0.0, by_chance=True))
    gain[:, likely] = 1.0
    assert FirstPicks(gain).rule(0.1) == RULES[likely]


def test_the_likelier_winner_comes_first_by_a_rule_of_chance() -> None:
    """The last configuration wins a little on all tasks but one, the sixth much on two thirds of them."""
    histories = []
    for number in range(30):
        scores = np.full(7, 0.5)
        scores[0], scores[5], scores[6] = 0.6, 0.9 if number % 3 else 0.58, 0.65
        histories.append(TaskHistory(make_task(number, 0.5), (DEFAULT, *CONFIGURATIONS[:6]), scores, np.ones(7)))
    model = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)
    first = {}
    for by_chance in (False, True):
        gain = np.full((30, len(RULES)), -5.0)
        gain[:, RULES.index(Rule(1.0, 0.0, by_chance))] = 1.0
        answer = replace(model, first_picks=FirstPicks(gain)).recommend(None, n=2)
        first[by_chance] = answer.configurations[0].configuration
    assert first == {False: CONFIGURATIONS[4], True: CONFIGURATIONS[5]}


def test_a_limit_of_one_accepts_everything_and_few_tasks_judge_nothing() -> None:
    bad = gains(20, gamble=[-5.0] * 20, careful=[-5.0] * 20)
    assert bad.rule(1.0) == Rule(1.0, 0.0)
    assert bad.rule(0.3) is None
    assert FirstPicks(bad.gain[: MIN_JUDGED - 1]).rule(0.3) == Rule(0.3, 0.0)


def test_past_tasks_are_judged_by_what_the_others_say() -> None:
    """No other task is known to be harmed than itself: whoever is harmed doesn't see it coming."""
    model = past(24, n_harmed=1)
    assert model.first_picks is not None
    gain = model.first_picks.gain[:, GAMBLE]
    assert len(gain) == 24
    assert np.sort(gain)[:2] == pytest.approx([-5.0, 10.0])  # margins of 0.01


def test_a_sole_past_task_has_no_others_to_be_judged_by() -> None:
    model = past(1, n_harmed=0)
    assert model.first_picks is not None
    assert model.first_picks.gain.shape == (0, len(RULES))
    assert model.first_picks.rule(0.1) == Rule(0.1, 0.0)


def test_a_default_that_was_never_tried_leaves_nothing_to_judge() -> None:
    model = past(24, n_harmed=0, with_default=False)
    assert model.first_picks is not None
    assert len(model.first_picks.gain) == 0


@pytest.mark.parametrize(("n_harmed", "default_first"), [(0, False), (1, False), (6, True)])
def test_the_default_comes_first_where_past_tasks_were_harmed_too_often(n_harmed: int, *, default_first: bool) -> None:
    answer = past(24, n_harmed=n_harmed).recommend(None, n=2)
    assert (answer.configurations[0].configuration == DEFAULT) is default_first


def test_confidence_is_the_chance_to_beat_the_default() -> None:
    sure, unsure = past(24, n_harmed=0), past(24, n_harmed=6)
    assert sure.recommend(None, n=1).confidence == pytest.approx((24 + 0.5) / 25 / 2 + 0.5 - 0.5 / 25 / 2, abs=0.01)
    assert unsure.recommend(None, n=1).confidence == 0.5  # the default itself
    accepted = unsure.recommend(None, n=1, harm_limit=1.0)
    assert accepted.configurations[0].configuration == CONFIGURATIONS[5]
    assert accepted.confidence == pytest.approx(18 / 24, abs=0.02)


def test_a_suggestions_confidence_falls_as_the_best_rises() -> None:
    model = past(24, n_harmed=0)

    def asked(best: float) -> float:
        trials = [Trial(0, CONFIGURATIONS[0], 0.6, TrialState.COMPLETE), Trial(1, DEFAULT, best, TrialState.COMPLETE)]
        return model.suggest(None, trials, n=1).confidence

    assert 0.0 <= asked(0.99) < asked(0.7) <= 1.0


def test_chances_are_shares_of_the_weighted_tasks() -> None:
    utility = np.array([[0.5, 1.0, 0.0]] * 3 + [[0.5, 0.0, 1.0]])
    found = compare(PastScores(utility, np.zeros((4, 3)), np.ones(4), np.ones(4)), np.ones(4), reference=0)
    assert found.better[1] == pytest.approx((3 + 0.5) / 5)
    assert found.worse[1] == found.harm[1] == pytest.approx((1 + 0.5) / 5)
    assert found.at_least_as_good[:2] == pytest.approx([0.5, 0.5 + 0.5 * (3 - 1) / 5])


@pytest.mark.parametrize("sds", [-3.0, -1.0, 0.2, 1.5, 40.0])
def test_a_chance_is_the_normal_distributions(sds: float) -> None:
    """One column that is on average so many standard deviations of the noise above the margin's loss."""
    sd = 0.5 * MARGIN
    utility = np.tile([0.5, 0.5 - MARGIN + sds * sd], (1_000, 1))
    found = compare(
        PastScores(utility, np.zeros((1_000, 2)), np.ones(1_000), np.ones(1_000)), np.ones(1_000), reference=0
    )
    drawn = (1_000 * norm.cdf(-sds) + 0.5) / 1_001
    assert found.harm[1] == pytest.approx(drawn, abs=2e-4)
