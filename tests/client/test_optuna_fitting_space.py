"""What an objective asks for needn't be the search space that the sampler was given: no trial is lost for that."""

import logging
from collections.abc import Callable

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from tests.client.sampling import new_study
from warmtune.client import Client
from warmtune.errors import ConflictError
from warmtune.optuna.fitting_space import fitting_space, n_taken
from warmtune.optuna.memory import recall
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.space import Condition, SearchSpace

SPACE = SearchSpace(
    {"x": FloatDistribution(0, 1), "n": IntDistribution(1, 9), "k": CategoricalDistribution(["a", "b"])},
    defaults={"x": 0.5, "n": 3, "k": "a"},
)


def _leaves_early(trial: optuna.Trial) -> float:
    """The first trial ends before it has asked for all."""
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 0:
        return x
    return x + trial.suggest_int("n", 1, 9) + (trial.suggest_categorical("k", ["a", "b"]) == "a")


def _asks_by_a_choice(trial: optuna.Trial) -> float:
    x, k = trial.suggest_float("x", 0, 1), trial.suggest_categorical("k", ["a", "b"])
    return x if k == "b" else x + trial.suggest_int("n", 1, 9)


def _asks_for_more(trial: optuna.Trial) -> float:
    return _asks_for_all(trial) + trial.suggest_float("of its own", 0, 1)


def _asks_for_all(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0, 1) + trial.suggest_int("n", 1, 9) + len(trial.suggest_categorical("k", "ab"))


def _asks_beyond(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.5, 4) + trial.suggest_int("n", 1, 9 + trial.number)


def _sent(client: Client, study: optuna.Study) -> list[dict[str, object]]:
    memory = recall(study)
    assert memory is not None
    return [dict(trial.configuration) for trial in client.list_trials(memory.study_id).items]


@pytest.mark.parametrize("space", [SPACE, None])
@pytest.mark.parametrize(
    ("objective", "n_lost"),
    [(_leaves_early, 1), (_asks_by_a_choice, 0), (_asks_for_more, 0), (_asks_for_all, 0), (_asks_beyond, 0)],
)
def test_what_the_objective_asks_for_is_reported(
    client: Client,
    described: TaskDescription,
    objective: Callable[[optuna.Trial], float],
    n_lost: int,
    space: SearchSpace | None,
) -> None:
    sampler = WarmtuneSampler(client, described, search_space=space, metric="gain", n_startup=2, seed=2)
    study = new_study(sampler)
    study.enqueue_trial({"k": "b"})
    study.optimize(objective, n_trials=8)
    assert _sent(client, study) == [t.params for t in study.trials][n_lost:]


@pytest.mark.filterwarnings("ignore:Fixed parameter")  # Optuna's own, of what is enqueued beyond the objective's ranges
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("objective", "n_lost"),
    [(_leaves_early, 1), (_asks_by_a_choice, 0), (_asks_for_more, 0), (_asks_for_all, 0), (_asks_beyond, 0)],
)
def test_a_warm_start_with_reports_loses_no_trial_either(
    client: Client, described: TaskDescription, objective: Callable[[optuna.Trial], float], n_lost: int, live: bool
) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    client.warm_start(study, described, search_space=SPACE, metric="gain", n=2)
    study.enqueue_trial({"k": "b"})
    study.optimize(objective, n_trials=8, callbacks=[client.reporter()] if live else [])
    report = client.report(study)
    sent, ended = _sent(client, study), [t.params for t in study.trials]
    if live and objective is _asks_beyond:  # a single trial beyond the ranges so far begins nothing anew
        assert len(sent) >= len(ended) - 1
        assert all(params in ended for params in sent)
    else:
        assert sent == ended[n_lost:]
    assert live or len(report.skipped) == n_lost
    assert not client.report(study).skipped  # named once


def test_a_study_with_another_space_by_now_is_warm_started_again_as_before(
    client: Client, described: TaskDescription
) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    client.warm_start(study, described, search_space=SPACE, metric="gain", n=1)
    study.optimize(_asks_by_a_choice, n_trials=6)
    client.report(study)
    before = recall(study)
    assert before is not None
    assert before.subject.search_space.to_domain() != SPACE
    again = client.warm_start(study, described, search_space=SPACE, metric="gain", n=1)
    assert again.study_id == before.study_id
    other = SearchSpace({"x": FloatDistribution(0, 1)})
    with pytest.raises(ConflictError, match="another search_space"):
        client.warm_start(study, described, search_space=other, metric="gain", n=1)


def test_trials_that_come_to_fit_a_given_space_are_reported_under_its_name(
    client: Client, described: TaskDescription
) -> None:
    client.put_search_space("left early", SPACE)
    study = new_study(WarmtuneSampler(client, described, search_space="left early", metric="gain", n_startup=2, seed=2))
    study.optimize(_leaves_early, n_trials=8)
    memory = recall(study)
    assert memory is not None
    assert memory.subject.search_space_name == "left early"
    assert len(_sent(client, study)) == 7


def test_a_study_that_is_begun_again_says_so_once(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, metric="gain", n_startup=2, seed=2))
    study.optimize(_leaves_early, n_trials=6)
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert sum("over the parameters that the objective asks for" in one for one in said) == 1


def test_a_single_odd_trial_begins_nothing_anew(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, metric="gain", n_startup=2, seed=2))
    study.optimize(_asks_for_all, n_trials=3)
    study.add_trial(create_trial(params={"x": 4.0}, distributions={"x": FloatDistribution(0, 4)}, value=1.0))
    study.optimize(_asks_for_all, n_trials=1)
    assert _sent(client, study) == [t.params for t in study.trials if t.number != 3]
    assert any("trial 3 is not reported" in r.getMessage() for r in caplog.records)


def _ended(**params: float | str) -> FrozenTrial:
    known = {**SPACE.parameters, "z": FloatDistribution(0, 1)}
    return create_trial(params=params, distributions={name: known[name] for name in params}, value=1.0)


def test_the_given_space_is_kept_where_none_takes_more() -> None:
    assert fitting_space(SPACE, [_ended(x=0.5, n=3, k="a"), _ended(x=0.1)]) is SPACE
    assert fitting_space(SPACE, [_ended(z=0.5)]) is SPACE  # nothing of it: the report says why nothing was warm
    assert fitting_space(SPACE, []) is SPACE
    assert fitting_space(None, []) is None


def test_a_part_of_it_keeps_what_is_known_of_that_part() -> None:
    found = fitting_space(SPACE, [_ended(x=0.5), _ended(x=0.1)])
    assert found == SearchSpace({"x": SPACE.parameters["x"]}, defaults={"x": 0.5})


def test_conditions_are_found_and_given_ones_kept() -> None:
    trials = [_ended(k="a", n=2), _ended(k="b"), _ended(k="a", n=4)]
    found = fitting_space(SPACE, trials)
    assert found is not None
    assert found.conditions == (Condition("n", "k", ("a",)),)
    given = SearchSpace(SPACE.parameters, (Condition("n", "k", ("a",)),))
    kept = fitting_space(given, [_ended(k="a", n=2, z=0.1), _ended(k="a", n=4, z=0.1)])
    assert kept is not None
    assert kept.conditions == given.conditions
    assert n_taken(kept, [_ended(k="b", z=0.5)]) == 1
    assert n_taken(kept, [_ended(k="b", n=2, z=0.5)]) == 0
