"""Trials that failed or were pruned before all their parameters were asked for are history too."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from warmtune.client import Client
from warmtune.optuna.finished_trials import finished_trial
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.incomplete import validate_incomplete
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.trial import TrialState

SPACE = SearchSpace(
    {
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "gamma": FloatDistribution(0.0, 1.0),
        "C": FloatDistribution(0.0, 1.0),
    },
    (Condition("gamma", "kernel", ("rbf",)),),
)


def _early(trial: optuna.Trial) -> float:
    """Ends with none, one or all of its parameters, and as pruned, failed, NaN or complete, in turn."""
    if trial.number % 5 == 0:
        raise optuna.TrialPruned
    trial.suggest_categorical("kernel", ["rbf", "linear"])
    if trial.number % 5 == 1:
        raise RuntimeError("out of memory")
    if trial.number % 5 == 2:
        return float("nan")
    if trial.number % 5 == 3:
        trial.report(0.5, 1)
        raise optuna.TrialPruned
    if trial.params["kernel"] == "rbf":
        trial.suggest_float("gamma", 0.0, 1.0)
    return trial.suggest_float("C", 0.0, 1.0)


STATES = [TrialState.PRUNED, TrialState.FAIL, TrialState.FAIL, TrialState.PRUNED, TrialState.COMPLETE]


def test_a_report_sends_them(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    study.optimize(_early, n_trials=10, catch=(RuntimeError,))
    sent = client.report(study)
    assert (sent.pruned, sent.failed, sent.complete, sent.accepted, sent.skipped) == (4, 4, 2, 10, ())
    kept = client.list_trials(sent.study_id).items
    assert [trial.state for trial in kept] == STATES * 2
    assert [dict(trial.configuration) for trial in kept] == [trial.params for trial in study.trials]
    assert kept[3].value == 0.5


def test_a_sampler_sends_them_as_they_end(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = optuna.create_study(
        direction="maximize",
        sampler=WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", n_startup=2, seed=0),
    )
    study.optimize(_early, n_trials=10, catch=(RuntimeError,))
    study_id = study.user_attrs["warmtune:study"]["study_id"]
    assert [trial.state for trial in client.list_trials(study_id).items] == STATES * 2
    assert not [record for record in caplog.records if record.name.startswith("warmtune")]


@pytest.mark.parametrize(
    ("params", "state", "field"),
    [
        ({"kernel": "rbf"}, optuna.trial.TrialState.COMPLETE, "params.gamma"),
        ({"kernel": "poly"}, optuna.trial.TrialState.FAIL, "params.kernel"),
        ({"degree": 3.0}, optuna.trial.TrialState.FAIL, "params.degree"),
        ({"kernel": "linear", "gamma": 0.5}, optuna.trial.TrialState.PRUNED, "params.gamma"),
    ],
)
def test_what_the_search_space_could_not_give_is_no_part_of_it(
    params: dict[str, object], state: optuna.trial.TrialState, field: str
) -> None:
    distributions = {
        "kernel": CategoricalDistribution(["rbf", "linear", "poly"]),
        "degree": FloatDistribution(1.0, 5.0),
        "gamma": FloatDistribution(0.0, 1.0),
    }
    frozen = optuna.trial.create_trial(
        params=params,
        distributions={name: distributions[name] for name in params},
        state=state,
        value=0.5 if state is optuna.trial.TrialState.COMPLETE else None,
    )
    with pytest.raises(InvalidConfigurationError) as caught:
        finished_trial(frozen, SPACE)
    assert caught.value.field == field


def test_a_child_whose_parent_is_not_known_yet_may_be_active() -> None:
    assert validate_incomplete(SPACE, {"gamma": 0.5}) == {"gamma": 0.5}
    assert validate_incomplete(SPACE, {}) == {}
