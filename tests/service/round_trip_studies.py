"""Studies of every kind that a service can store, to be exported and imported again."""

from datetime import timedelta

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from tests.service.past_studies import ok
from tests.serving import LiveService
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.wire.spaces import SearchSpaceBody

SPACE = SearchSpace(
    {
        "model": CategoricalDistribution(["svm", "forest", None, True, 3]),
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "depth": IntDistribution(2, 64, log=True),
        "subsample": FloatDistribution(0.25, 1.0, step=0.25),
        "leaves": IntDistribution(8, 64, step=8),
        "untried": IntDistribution(1, 9),
    },
    conditions=(
        Condition("C", "model", ("svm", None)),
        Condition("depth", "model", ("forest",)),
        Condition("leaves", "depth", tuple(range(9, 65))),
        Condition("untried", "model", (3,)),
    ),
    defaults={"model": "svm", "C": 1.0, "subsample": 1.0},
)
"""Choices of every kind, conditions on categories and on a number, and a parameter that no trial has."""

_PARAMS: list[dict[str, object]] = [
    {"model": "svm", "C": 0.125, "subsample": 0.5},
    {"model": None, "C": 1e3, "subsample": 1.0},
    {"model": True, "subsample": 0.25},
    {"model": "forest", "depth": 8, "subsample": 0.75},
    {"model": "forest", "depth": 16, "leaves": 24, "subsample": 0.5},
]


def fill(service: LiveService) -> None:
    """Report studies of every kind to a service."""
    tasks = [
        {"kind": "binary", "meta_features": {"n_rows": 500.0, "n_columns": 12.0}, "name": "twins"},
        {"kind": "binary", "meta_features": {"n_rows": 900.0}, "gaps": {"skew": "no numbers"}, "name": "twins"},
        {"kind": "regression", "meta_features": {"n_rows": 70.0}, "name": 'Zürich, "quoted"'},
    ]
    ids = [ok(service, "POST", "/v1/tasks", task)["task_id"] for task in tasks]
    space = SearchSpaceBody.from_domain(SPACE).model_dump(mode="json")
    studies = [
        {"task_id": ids[0], "metric": "roc_auc", "name": "all states", "metadata": {"by": "Ada", "n": 3, "ok": True}},
        {"task_id": ids[1], "metric": "log_loss", "name": "constrained"},
        {"task_id": ids[2], "metrics": ["rmse", "seconds"], "directions": ["minimize", "minimize"], "name": "pair"},
        {"task_id": ids[0], "metric": "gain", "direction": "maximize"},
        {"task_id": ids[0], "metric": "roc_auc", "name": "all states"},
    ]
    trials = [_all_states(), _constrained(), _pair(), _plain(10.0), _plain(0.0)]
    for study, own in zip(studies, trials, strict=True):
        study_id = ok(service, "POST", "/v1/studies", {**study, "search_space": space})["study_id"]
        ok(service, "POST", f"/v1/studies/{study_id}/trials", own)
    named = {"task_id": ids[1], "search_space": "random_forest", "metric": "accuracy"}
    study_id = ok(service, "POST", "/v1/studies", named)["study_id"]
    answer = ok(service, "POST", f"/v1/studies/{study_id}/suggestions", {"n": 2})
    reported = [
        {"number": place, "params": one["params"], "value": 0.5 + place / 8, "duration_s": 2.5}
        for place, one in enumerate(answer["configurations"])
    ]
    ok(service, "POST", f"/v1/studies/{study_id}/trials", reported)


def _all_states() -> list[dict[str, object]]:
    steps = {"0": 0.25, "10": 0.5, "3": 0.375}
    return [
        {"number": 0, "params": _PARAMS[0], "value": 0.75, "duration_s": 1.25, "intermediate_values": steps},
        {"number": 1, "params": _PARAMS[1], "value": 0.8125},
        {"number": 2, "params": _PARAMS[2], "state": "fail", "duration_s": 0.5},
        {"number": 3, "params": _PARAMS[3], "state": "pruned", "value": 0.25, "intermediate_values": {"1": 0.25}},
        {"number": 4, "params": {"model": "forest"}, "state": "pruned"},
        {"number": 5, "params": {}, "state": "fail"},
        {"number": 6, "params": _PARAMS[4], "state": "running", "intermediate_values": {"0": 0.125}},
        {"number": 7, "params": _PARAMS[4], "value": 1 / 3, "duration_s": 1e-3},
    ]


def _constrained() -> list[dict[str, object]]:
    limits = [[0.5, -1.0], [-0.25, 0.0], [-1.0, -1.0]]
    return [
        {"number": n, "params": _PARAMS[n], "value": 0.1 * (n + 1), "constraints": own} for n, own in enumerate(limits)
    ]


def _pair() -> list[dict[str, object]]:
    whole = [
        {"number": n, "params": params, "values": [n + 0.5, 10.0 - n], "constraints": [n - 2.0]}
        for n, params in enumerate(_PARAMS)
    ]
    return [*whole, {"number": 5, "params": _PARAMS[0], "state": "fail"}]


def _plain(start: float) -> list[dict[str, object]]:
    return [{"number": n, "params": p, "value": (start + n) / 16} for n, p in enumerate(_PARAMS)]


def odd_optuna_studies(storage: JournalStorage) -> None:
    """What only Optuna's own files hold: named constraints, several objectives without names, trials in any state."""
    x: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0), "c": CategoricalDistribution(["a", None, 2])}
    pair = optuna.create_study(storage=storage, study_name="unnamed pair", directions=["maximize", "minimize"])
    pair.set_user_attr("dataset", "odd")
    pair.add_trials([_trial(x, {"x": n / 8, "c": "a"}, values=[n / 2, 1.0 - n]) for n in range(4)])
    pair.add_trial(_trial(x, {"x": 0.5, "c": None}, values=None, state=TrialState.FAIL))
    limited = optuna.create_study(storage=storage, study_name="limited", direction="minimize")
    for n in range(4):
        limited.add_trial(_trial(x, {"x": n / 8, "c": 2}, values=[float(n)], limits=[n - 1.5, -1.0]))


def _trial(
    distributions: dict[str, BaseDistribution],
    params: dict[str, object],
    *,
    values: list[float] | None,
    state: TrialState = TrialState.COMPLETE,
    limits: list[float] | None = None,
) -> FrozenTrial:
    trial = create_trial(
        params=params,
        distributions=distributions,
        values=values,
        state=state,
        system_attrs=None if limits is None else {"constraints": limits},
    )
    assert trial.datetime_start is not None
    trial.datetime_complete = trial.datetime_start + timedelta(seconds=1.5)
    return trial
