"""Scores that differ by orders of magnitude, are far out, or are missing: suggestions stay finite and useful."""

import numpy as np
import pytest

from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.trial import Trial, TrialState


def model_of(histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def trials_of(scores: list[float | None]) -> list[Trial]:
    return [
        Trial(
            number=i,
            configuration=CONFIGURATIONS[i],
            value=s,
            state=TrialState.FAIL if s is None else TrialState.COMPLETE,
        )
        for i, s in enumerate(scores)
    ]


def is_finite(answer: Recommendation) -> bool:
    numbers = [x for c in answer.configurations for x in (c.expected_regret, c.uncertainty)]
    return bool(np.isfinite([x for x in numbers if x is not None]).all())


def regret_after(model: SpaceModel, optimum: float, first: Trial, n: int) -> float:
    """Of the best of `n` suggestions after a first trial."""
    trials = [first]
    for number in range(1, n + 1):
        configuration = dict(model.suggest(None, trials, n=1, seed=number).configurations[0].configuration)
        value = float(true_scores(optimum, (configuration,))[0])
        trials.append(Trial(number=number, configuration=configuration, value=value, state=TrialState.COMPLETE))
    return 0.9 - max(t.value or -9.0 for t in trials[1:])


@pytest.mark.parametrize("decades", [3.0, 6.0, 12.0])
@pytest.mark.slow
def test_tasks_whose_units_differ_by_orders_of_magnitude_are_learned_from(decades: float) -> None:
    histories, _ = make_histories(16)
    units = 10.0 ** np.linspace(-decades, decades, 16)
    scaled = [
        TaskHistory(h.task, h.configurations, u * (h.scores - 1.0), h.durations_s)
        for h, u in zip(histories, units, strict=True)
    ]
    model = model_of(scaled)
    for unit in units[[0, 8, 15]]:
        trials = trials_of([float(unit * (s - 1.0)) for s in true_scores(0.4)[:6]])
        answer = model.suggest(make_task(99, 0.4).meta_features, trials, n=3)
        assert len(answer.configurations) == 3
        assert is_finite(answer)


@pytest.mark.parametrize("n_past", [0, 15])
@pytest.mark.parametrize("extreme", [1e154, -1e154, 1.7e308, -1.7e308, 5e-324])
@pytest.mark.slow
def test_any_finite_score_gets_an_answer(n_past: int, extreme: float) -> None:
    model = model_of(make_histories(n_past)[0])
    for scores in ([extreme], [0.5, 0.6, 0.7, 0.8, 0.75, extreme], [extreme, -extreme, extreme, 0.0, extreme, 0.1]):
        assert is_finite(model.suggest(None, trials_of([*scores]), n=2))


@pytest.mark.slow
def test_past_scores_of_any_size_are_learned_from() -> None:
    histories, _ = make_histories(15)
    first = histories[0]
    extreme = np.where(np.arange(len(first.scores)) % 2 == 0, 1.7e308, -1.7e308)
    model = model_of([TaskHistory(first.task, first.configurations, extreme, first.durations_s), *histories[1:]])
    assert model.maps is not None
    assert np.isfinite(model.maps.mean).all()
    assert is_finite(model.suggest(None, trials_of([0.5, 0.6]), n=2))


@pytest.mark.parametrize("bad", [-4.0, -1e6, None])
@pytest.mark.slow
def test_a_bad_or_failed_first_trial_is_soon_overcome(bad: float | None) -> None:
    model = model_of(make_histories(20)[0])
    worst = int(true_scores(0.3).argmin())
    state = TrialState.FAIL if bad is None else TrialState.COMPLETE
    first = Trial(number=0, configuration=CONFIGURATIONS[worst], value=bad, state=state)
    assert regret_after(model, 0.3, first, 6) < 0.05


@pytest.mark.slow
def test_suggested_anchors_name_their_sources() -> None:
    model = model_of(make_histories(20)[0])
    answer = model.suggest(make_task(99, 0.4).meta_features, trials_of([0.8, 0.7]), n=3)
    assert any(configuration.sources for configuration in answer.configurations)
    assert any(c.expected_duration_s is not None for c in answer.configurations)


@pytest.mark.slow
def test_trust_falls_with_what_is_not_known_of_the_task() -> None:
    model = model_of(make_histories(30)[0])
    whole = make_task(99, 0.4).meta_features
    part = type(whole)({"hint": whole.values["hint"]})
    assert model.weigh(part).trust < model.weigh(whole).trust
