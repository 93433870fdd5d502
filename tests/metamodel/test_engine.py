"""What the engine promises its callers, on histories whose truth is known."""

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from tests.values import number
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation, Strategy
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial, TrialState


def fit(histories: list[TaskHistory], direction: Direction = Direction.MAXIMIZE) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=direction)


def keys(answer: Recommendation) -> list[object]:
    return [configuration_key(r.configuration) for r in answer.configurations]


@pytest.mark.slow
def test_first_recommendation_follows_the_meta_features() -> None:
    histories, _ = make_histories(40)
    model = fit(histories)
    rates = []
    for optimum in (0.15, 0.85):
        answer = model.recommend(make_task(99, optimum).meta_features, n=1, harm_limit=1.0)
        assert answer.strategy is Strategy.NEIGHBOURS
        rates.append(number(answer.configurations[0].configuration["rate"]))
    assert rates[0] < rates[1]


@pytest.mark.slow
def test_recommended_beats_random_on_left_out_tasks() -> None:
    histories, optima = make_histories(30, n_known=16)
    gains = []
    for left_out in range(0, 30, 5):
        model = fit([h for i, h in enumerate(histories) if i != left_out])
        answer = model.recommend(histories[left_out].task.meta_features, n=3)
        chosen = tuple(dict(r.configuration) for r in answer.configurations)
        truth = true_scores(float(optima[left_out]))
        gains.append(true_scores(float(optima[left_out]), chosen).max() - np.median(truth))
    assert np.mean(gains) > 0.05


@pytest.mark.slow
def test_recommendations_are_valid_distinct_and_ranked() -> None:
    histories, _ = make_histories(12)
    answer = fit(histories).recommend(make_task(99, 0.5).meta_features, n=20)
    assert [r.rank for r in answer.configurations] == list(range(1, 21))
    assert len(set(keys(answer))) == 20
    for ranked in answer.configurations:
        assert SPACE.validate(ranked.configuration) == ranked.configuration
        assert ranked.expected_regret is not None and 0.0 <= ranked.expected_regret <= 1.0
        assert ranked.uncertainty is not None and 0.0 <= ranked.uncertainty <= 1.0


@pytest.mark.slow
def test_more_than_was_ever_tried_is_filled_up_from_the_space() -> None:
    histories, _ = make_histories(12)
    answer = fit(histories).recommend(make_task(99, 0.5).meta_features, n=50)
    assert len(set(keys(answer))) == 50


@pytest.mark.slow
def test_excluded_tasks_are_neither_sources_nor_used() -> None:
    histories, _ = make_histories(20)
    hidden = {h.task.task_id for h in histories[:10]}
    features = make_task(99, 0.5).meta_features
    model = fit(histories)
    answer = model.recommend(features, n=5, exclude=hidden)
    assert not {s.task_id for r in answer.configurations for s in r.sources} & hidden
    weights = model.weigh(features, hidden)
    assert not weights.near[:10].any() and not weights.uniform[:10].any()
    assert weights.near[10:].sum() == pytest.approx(1.0)


@pytest.mark.slow
def test_a_tasks_own_past_counts_most() -> None:
    histories, optima = make_histories(20, hinted=False)
    model = fit(histories)
    odd = int(np.argmax(np.abs(optima - optima.mean())))
    task = histories[odd].task
    answer = model.recommend(task.meta_features, n=3, task_id=task.task_id)
    assert task.task_id in {s.task_id for r in answer.configurations for s in r.sources}
    best = max(true_scores(float(optima[odd]), (dict(r.configuration),))[0] for r in answer.configurations)
    assert best > np.quantile(true_scores(float(optima[odd])), 0.85)
    unasked = model.recommend(task.meta_features, n=3, task_id=task.task_id, exclude={task.task_id})
    assert task.task_id not in {s.task_id for r in unasked.configurations for s in r.sources}


@pytest.mark.slow
def test_chain_of_strategies_follows_what_is_known() -> None:
    histories, _ = make_histories(20)
    features = make_task(99, 0.5).meta_features
    assert fit([]).recommend(features, n=3).strategy is Strategy.DEFAULTS
    assert fit(histories[:2]).recommend(features, n=3).strategy is Strategy.DEFAULTS
    assert fit(histories[:5]).recommend(features, n=3).strategy is Strategy.PORTFOLIO
    assert fit(histories).recommend(None, n=3).strategy is Strategy.PORTFOLIO
    assert fit(histories).recommend(MetaFeatures({"unheard": 1.0}), n=3).strategy is Strategy.PORTFOLIO
    assert fit(histories).recommend(features, n=3).strategy is Strategy.NEIGHBOURS
    bare = SearchSpace({"x": FloatDistribution(0.0, 1.0)})
    empty = fit_model(bare, [], metric="loss", direction=Direction.MINIMIZE)
    assert empty.recommend(None, n=3).strategy is Strategy.SPACE_FILLING


def test_without_history_the_default_comes_first() -> None:
    answer = fit([]).recommend(None, n=4)
    assert answer.configurations[0].configuration == SPACE.default_configuration()
    assert len(set(keys(answer))) == 4


@pytest.mark.slow
def test_minimising_the_negated_metric_gives_the_same_answer() -> None:
    histories, _ = make_histories(15, n_known=20)
    negated = [TaskHistory(h.task, h.configurations, -h.scores, h.durations_s) for h in histories]
    features = make_task(99, 0.3).meta_features
    assert keys(fit(histories).recommend(features, n=5)) == keys(
        fit(negated, Direction.MINIMIZE).recommend(features, n=5)
    )


@pytest.mark.slow
def test_units_of_a_task_do_not_matter() -> None:
    histories, _ = make_histories(15)
    scaled = [
        TaskHistory(h.task, h.configurations, (i + 1) * h.scores - 10 * i, h.durations_s)
        for i, h in enumerate(histories)
    ]
    features = make_task(99, 0.3).meta_features
    assert keys(fit(histories).recommend(features, n=3)) == keys(fit(scaled).recommend(features, n=3))


@pytest.mark.slow
def test_equal_histories_give_equal_models_and_answers() -> None:
    histories, _ = make_histories(15, n_known=12)
    first, second = fit(histories), fit(histories)
    features = make_task(99, 0.3).meta_features
    assert first.version == second.version
    assert first.recommend(features, n=8) == second.recommend(features, n=8)
    assert fit(histories[1:]).version != first.version


@pytest.mark.slow
def test_time_budget_holds_fewer_and_cheaper_configurations() -> None:
    histories, _ = make_histories(15)
    model = fit(histories)
    features = make_task(99, 0.3).meta_features
    answer = model.recommend(features, n=10, time_budget_s=4.0)
    spent = [r.expected_duration_s for r in answer.configurations]
    assert 1 <= len(spent) < 10
    assert sum(s for s in spent if s is not None) <= 4.0
    assert "longer than" not in answer.reason
    over = model.recommend(features, n=10, time_budget_s=1e-6)
    assert len(over.configurations) == 1
    assert "longer than the budget of 1e-06 s" in over.reason


def run_study(model: SpaceModel, optimum: float, n: int) -> list[float]:
    trials: list[Trial] = []
    for n_before in range(n):
        answer = model.suggest(make_task(99, optimum).meta_features, trials, n=1)
        configuration = dict(answer.configurations[0].configuration)
        trials.append(Trial(n_before, configuration, float(true_scores(optimum, (configuration,))[0])))
    return [float(t.value or 0.0) for t in trials]


@pytest.mark.slow
def test_suggestions_adapt_where_meta_features_are_silent() -> None:
    histories, _ = make_histories(30, hinted=False)
    model = fit(histories)
    for optimum in (0.12, 0.88):
        assert max(run_study(model, optimum, 8)) > np.quantile(true_scores(optimum), 0.9)


@pytest.mark.slow
def test_long_studies_leave_the_recorded_configurations() -> None:
    histories, _ = make_histories(30)
    assert max(run_study(fit(histories), 0.5, 30)) > true_scores(0.5).max()


@pytest.mark.slow
def test_very_long_studies_are_answered_from_their_best_and_latest_trials() -> None:
    histories, _ = make_histories(12)
    design = space_filling(SPACE, 900, seed=8)
    trials = [Trial(i, c, float(true_scores(0.3, (c,))[0])) for i, c in enumerate(design)]
    answer = fit(histories).suggest(make_task(99, 0.3).meta_features, trials, n=1)
    chosen = dict(answer.configurations[0].configuration)
    assert configuration_key(chosen) not in {configuration_key(c) for c in design}
    assert true_scores(0.3, (chosen,))[0] > np.quantile([t.value for t in trials], 0.9)


@pytest.mark.slow
def test_suggestions_respect_what_is_tried_and_pending() -> None:
    histories, _ = make_histories(12)
    model = fit(histories)
    features = make_task(99, 0.4).meta_features
    tried = [Trial(i, CONFIGURATIONS[i], float(true_scores(0.4)[i])) for i in range(3)]
    running = Trial(3, CONFIGURATIONS[3], state=TrialState.RUNNING)
    answer = model.suggest(features, [*tried, running], n=6, pending=[CONFIGURATIONS[4]])
    assert len(set(keys(answer))) == 6
    assert not set(keys(answer)) & {configuration_key(CONFIGURATIONS[i]) for i in range(5)}


@pytest.mark.slow
def test_failed_trials_lower_the_neighbourhood() -> None:
    histories, _ = make_histories(12)
    model = fit(histories)
    best = model.recommend(None, n=1).configurations[0].configuration
    good = Trial(0, CONFIGURATIONS[0], 0.5)
    failed = Trial(1, best, state=TrialState.FAIL)
    succeeded = Trial(1, best, 0.9)
    assert keys(model.suggest(None, [good, failed], n=5)) != keys(model.suggest(None, [good, succeeded], n=5))


@pytest.mark.parametrize("value", [0.7, -1e6, 1e-12])
@pytest.mark.slow
def test_ties_and_constant_scores_are_answered(value: float) -> None:
    flat = [TaskHistory(make_task(i, 0.5), CONFIGURATIONS, np.full(32, value), np.full(32, np.nan)) for i in range(10)]
    model = fit(flat)
    trials = [Trial(i, CONFIGURATIONS[i], value) for i in range(4)]
    for answer in (model.recommend(None, n=5), model.suggest(None, trials, n=5)):
        assert len(set(keys(answer))) == 5
        assert all(np.isfinite(r.expected_regret or 0.0) for r in answer.configurations)


def test_odd_histories_are_answered() -> None:
    all_failed = TaskHistory(make_task(1, 0.5), CONFIGURATIONS, np.full(32, np.nan), np.full(32, np.nan))
    one_trial = [
        TaskHistory(make_task(i, 0.5), CONFIGURATIONS[i : i + 1], np.array([0.1 * i]), np.array([np.nan]))
        for i in range(2, 9)
    ]
    assert fit([all_failed]).recommend(None, n=2).strategy is Strategy.DEFAULTS
    assert len(fit([all_failed, *one_trial]).recommend(make_task(50, 0.5).meta_features, n=5).configurations) == 5
    only_failures = [Trial(i, CONFIGURATIONS[i], state=TrialState.FAIL) for i in range(3)]
    assert len(fit(one_trial).suggest(None, only_failures, n=2).configurations) == 2


def test_spaces_of_one_point_give_that_point() -> None:
    space = SearchSpace({"n": IntDistribution(4, 4)})
    histories = [
        TaskHistory(make_task(i, 0.5), ({"n": 4},), np.array([0.5 + 0.01 * i]), np.array([1.0])) for i in range(5)
    ]
    model = fit_model(space, histories, metric="accuracy", direction=Direction.MAXIMIZE)
    assert [r.configuration for r in model.recommend(None, n=3).configurations] == [{"n": 4}]
    assert model.suggest(None, [Trial(0, {"n": 4}, 0.5)], n=2).configurations == ()


@pytest.mark.slow
def test_outlying_scores_do_not_squeeze_the_rest() -> None:
    histories, _ = make_histories(20)
    spoilt = []
    for history in histories:
        scores = history.scores.copy()
        scores[int(scores.argmin())] = -1e9
        spoilt.append(TaskHistory(history.task, history.configurations, scores, history.durations_s))
    features = make_task(99, 0.2).meta_features
    truth = true_scores(0.2)
    chosen = dict(fit(spoilt).recommend(features, n=1).configurations[0].configuration)
    assert true_scores(0.2, (chosen,))[0] > np.quantile(truth, 0.8)


def test_infinite_past_scores_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="infinite"):
        TaskHistory(make_task(0, 0.5), CONFIGURATIONS[:1], np.array([np.inf]), np.array([1.0]))
