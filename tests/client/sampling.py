"""What the tests of the sampler share: a space, an objective, and what the service itself answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

import warmtune
from tests.values import number
from warmtune.client import Client
from warmtune.optuna.memory import recall
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace
from warmtune.vocabulary.study import StudySummary

SPACE = SearchSpace(
    {
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "gamma": FloatDistribution(1e-4, 1.0, log=True),
        "degree": IntDistribution(2, 5),
    },
    (Condition("gamma", "kernel", ("rbf",)),),
    defaults={"kernel": "rbf", "C": 1.0, "gamma": 0.1, "degree": 3},
)


def score_of(trial: optuna.Trial) -> float:
    """Best at an odd place, which no default is near: linear, C = 200, degree 5."""
    values = suggest(trial, SPACE)
    distance = abs(np.log10(number(values["C"]) / 200.0)) + (values["kernel"] == "rbf")
    distance += 0.2 * (5 - number(values["degree"]))
    return float(1.0 - 0.1 * distance)


def new_study(sampler: optuna.samplers.BaseSampler, **arguments: Any) -> optuna.Study:
    return optuna.create_study(**{"direction": "maximize", "sampler": sampler, **arguments})


def params_of(study: optuna.Study) -> list[dict[str, ParameterValue]]:
    return [trial.params for trial in study.trials]


def n_distinct(configurations: Sequence[Configuration]) -> int:
    return len({tuple(sorted(c.items())) for c in configurations})


def recommended(
    client: Client, task: TaskDescription, space: SearchSpace | str = SPACE, *, n: int
) -> list[dict[str, ParameterValue]]:
    answer = client.recommend(task, space, metric="accuracy", n=n)
    return [dict(ranked.configuration) for ranked in answer.configurations]


def suggested(
    client: Client, task: TaskDescription, space: SearchSpace, trials: Sequence[optuna.trial.FrozenTrial]
) -> dict[str, ParameterValue]:
    """What the service itself suggests after these trials."""
    observed = [
        warmtune.Trial(
            t.number,
            {name: value for name, value in t.params.items() if name in space.parameters},
            t.value,
            duration_s=None if t.duration is None else t.duration.total_seconds(),
        )
        for t in trials
    ]
    answer = client.suggestions_for(task, space, trials=observed, metric="accuracy")
    return dict(answer.configurations[0].configuration)


def kept_study(client: Client, study: optuna.Study) -> StudySummary:
    memory = recall(study)
    assert memory is not None
    return client.get_study(memory.study_id)
