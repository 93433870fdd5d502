"""First configurations: rules judged on past tasks, the chances they are given, and what confidence means."""

import numpy as np
import pytest
from scipy.stats import norm

from metamodel.answers.first_pick import ACCEPTS_ALL, MIN_JUDGED, PRICES, RULES, FirstPicks, Rule
from metamodel.answers.harm import MARGIN, Chances, PastScores, compare
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_task
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial, TrialState

DEFAULT = SPACE.default_configuration() or {}
USUAL = PRICES.index(0.5)
"""The least price at a limit of a tenth."""


def judged(gain: list[float], *, dearer: float = 0.0, believed: float = 0.05) -> FirstPicks:
    """Up to the usual price each task gained so much, with any higher one all gained `dearer`."""
    each = np.full((len(gain), len(RULES)), dearer)
    each[:, : USUAL + 1] = np.array(gain)[:, None]
    return FirstPicks(each, np.full(each.shape, believed))


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


def test_the_price_of_harm_follows_from_the_limit() -> None:
    found = judged([1.0] * 20, dearer=1.0)
    assert found.rule(0.1) == Rule(0.5, limit=0.25)
    assert found.rule(0.05) == Rule(1.0, limit=0.125)
    assert found.rule(0.025) == Rule(2.0, limit=0.0625)
    assert found.rule(0.2) == Rule(0.25, limit=0.5)
    assert found.rule(0.0) is None


def test_harm_that_is_surely_too_frequent_makes_it_dearer() -> None:
    assert judged([5.0] * 25 + [-2.0] * 5, dearer=1.0).rule(0.1) == Rule(
        0.5, limit=0.25
    )  # 6 of 50, .046 standard error
    assert judged([5.0] * 20 + [-2.0] * 10, dearer=1.0).rule(0.1) == Rule(0.7, limit=0.25)  # 11 of 50
    assert judged([5.0] * 20 + [-2.0] * 10, dearer=1.0).rule(0.3) == Rule(0.2, limit=0.75)


def test_believed_chances_count_as_twenty_tasks() -> None:
    gain = [5.0] * 25 + [-2.0] * 5
    assert judged(gain, dearer=1.0, believed=0.05).rule(0.1) == Rule(0.5, limit=0.25)
    assert judged(gain, dearer=1.0, believed=0.4).rule(0.1) is None  # dearer ones are believed to harm as often
    assert judged([5.0] * 30, believed=0.4).rule(0.1) is None


def test_what_loses_more_often_than_it_wins_is_not_taken() -> None:
    """No loss is beyond the margin, and a few large gains don't pay for many of them."""
    assert judged([5.0] * 15 + [-0.5] * 15).rule(0.1) == Rule(0.5, limit=0.25)
    assert judged([5.0] * 14 + [-0.5] * 16).rule(0.1) is None
    assert judged([1000.0] + [-0.9] * 29).rule(0.1) is None


def test_what_gained_nothing_is_not_taken() -> None:
    assert judged([0.0] * 30).rule(0.1) is None
    assert judged([0.2] * 16 + [-0.9] * 14).rule(0.1) is None


def test_a_limit_of_one_accepts_everything_and_few_tasks_judge_nothing() -> None:
    bad = judged([-5.0] * 20, dearer=-5.0)
    assert bad.rule(1.0) == ACCEPTS_ALL
    assert bad.rule(0.3) is None
    few = FirstPicks(bad.gain[: MIN_JUDGED - 1], bad.harm[: MIN_JUDGED - 1])
    assert few.rule(0.1) == Rule(0.5, limit=0.1)


def test_a_rule_weighs_the_gain_against_the_chance_of_harm() -> None:
    """The second gains most and harms most, the third is likelier to be worse than better, the last gains little."""
    promise = np.array([0.0, 0.3, 0.4, 0.1])
    chances = Chances(
        harm=np.array([0.0, 0.3, 0.1, 0.02]),
        better=np.array([0.0, 0.6, 0.45, 0.8]),
        worse=np.array([0.0, 0.35, 0.5, 0.1]),
    )

    def safe(rule: Rule) -> list[int]:
        return [int(i) for i in np.flatnonzero(rule.safe(rule.merit(promise, chances), chances))]

    assert Rule(0.5).merit(promise, chances) == pytest.approx([0.0, 0.15, 0.35, 0.09])
    assert safe(Rule(0.5)) == [0, 1, 3]
    assert safe(Rule(2.0)) == [0, 3]
    assert safe(Rule(0.5, limit=0.1)) == [0, 3]
    assert safe(Rule(20.0)) == [0]
    assert safe(ACCEPTS_ALL) == [0, 1, 2, 3]


@pytest.mark.slow
def test_past_tasks_are_judged_by_what_the_others_say() -> None:
    """No other task is known to be harmed than itself: whoever is harmed doesn't see it coming."""
    model = past(24, n_harmed=1)
    assert model.first_picks is not None
    gain = model.first_picks.gain[:, 0]
    assert len(gain) == 24
    assert np.sort(gain)[:2] == pytest.approx([-5.0, 10.0])  # margins of 0.01


def test_a_sole_past_task_has_no_others_to_be_judged_by() -> None:
    model = past(1, n_harmed=0)
    assert model.first_picks is not None
    assert model.first_picks.gain.shape == (0, len(RULES))
    assert model.first_picks.rule(0.1) == Rule(0.5, limit=0.1)


def test_a_default_that_was_never_tried_leaves_nothing_to_judge() -> None:
    model = past(24, n_harmed=0, with_default=False)
    assert model.first_picks is not None
    assert len(model.first_picks.gain) == 0


@pytest.mark.parametrize(("n_harmed", "default_first"), [(0, False), (1, False), (6, True)])
@pytest.mark.slow
def test_the_default_comes_first_where_past_tasks_were_harmed_too_often(n_harmed: int, *, default_first: bool) -> None:
    answer = past(24, n_harmed=n_harmed).recommend(None, n=2)
    assert (answer.configurations[0].configuration == DEFAULT) is default_first


@pytest.mark.slow
def test_confidence_is_the_chance_to_beat_the_default() -> None:
    sure, unsure = past(24, n_harmed=0), past(24, n_harmed=6)
    assert sure.recommend(None, n=1).confidence == pytest.approx((24 + 0.5) / 25 / 2 + 0.5 - 0.5 / 25 / 2, abs=0.01)
    assert unsure.recommend(None, n=1).confidence == 0.5  # the default itself
    accepted = unsure.recommend(None, n=1, harm_limit=1.0)
    assert accepted.configurations[0].configuration == CONFIGURATIONS[5]
    assert accepted.confidence == pytest.approx(18 / 24, abs=0.02)


@pytest.mark.slow
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
