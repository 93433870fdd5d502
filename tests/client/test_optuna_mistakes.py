"""Mistakes in the use of the bridge: each is taken rightly, or refused or reported with field, value and remedy."""

import logging
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

import warmtune
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, InvalidSearchSpaceError, WarmtuneError
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

NOBODY = "http://127.0.0.1:9"
SPACE = {"n": IntDistribution(1, 9)}


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_int("n", 1, 9) / 10  # an accuracy


def _study(sampler: optuna.samplers.BaseSampler | None = None) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=sampler or optuna.samplers.RandomSampler(seed=0))


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name.startswith("warmtune") and r.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"exclude_task_ids": "task_0a1b"}, "exclude_task_ids"),
        ({"exclude_task_ids": b"task_0a1b"}, "exclude_task_ids"),
        ({"exclude_task_ids": 5}, "exclude_task_ids"),
        ({"exclude_task_ids": {"task_0a1b": 1}}, "exclude_task_ids"),
        ({"exclude_task_ids": ["task_0a1b", 2]}, "exclude_task_ids.1"),
        ({"exclude_task_ids": None}, "exclude_task_ids"),
        ({"search_space": ["n"]}, "search_space"),
        ({"search_space": 5}, "search_space"),
        ({"search_space": Path("space.json")}, "search_space"),
        ({"search_space": {"n": (1, 9)}}, "search_space.parameters.n"),
        ({"search_space": {1: IntDistribution(1, 9)}}, "search_space.parameters"),
        ({"search_space": ""}, "search_space"),
        ({"search_space": {"n": IntDistribution(0, 2**60)}}, "search_space.parameters.n"),
        ({"search_space": {"n": FloatDistribution(-1e200, 1.0)}}, "search_space.parameters.n"),
        ({"search_space": {f"n{i}": IntDistribution(0, 2) for i in range(501)}}, "search_space.parameters"),
        ({"metric": 5}, "metric"),
        ({"metric": ["accuracy", 5]}, "metric"),
        ({"metric": "\ud800"}, "metric"),
        ({"n_startup": 2.5}, "n_startup"),
        ({"n_startup": "3"}, "n_startup"),
        ({"n_startup": True}, "n_startup"),
        ({"n_startup": 1001}, "n_startup"),
        ({"n_startup": -1}, "n_startup"),
        ({"seed": 1.5}, "seed"),
        ({"seed": "0"}, "seed"),
        ({"fallback": "random"}, "fallback"),
        ({"fallback": optuna.samplers.RandomSampler}, "fallback"),
        ({"fallback": optuna.samplers.RandomSampler(), "seed": 1}, "seed"),
        ({"fallback": optuna.samplers.RandomSampler(), "constraints_func": lambda t: (0,)}, "constraints_func"),
        ({"constraints_func": 3}, "constraints_func"),
    ],
)
def test_a_sampler_refuses_before_any_trial(given: dict[str, object], field: str, described: TaskDescription) -> None:
    with pytest.raises(InvalidInputError) as caught:
        WarmtuneSampler(NOBODY, described, **given)  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize(
    "ids",
    [
        ["task_a", "task_b"],
        ("task_a", "task_b"),
        {"task_a": 0, "task_b": 0}.keys(),
        np.array(["task_a", "task_b"]),
        (name for name in ("task_a", "task_b")),
    ],
)
def test_any_collection_of_ids_will_do(client: Client, described: TaskDescription, ids: object) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, exclude_task_ids=ids)  # type: ignore[arg-type]
    assert sampler._question.exclude_task_ids == ("task_a", "task_b")
    study = _study(sampler)
    study.optimize(_objective, n_trials=2)
    assert client.recommend(described, SPACE, n=1, exclude_task_ids={"task_a"}).configurations


def test_a_registered_space_as_it_was_read_is_a_space(client: Client, described: TaskDescription) -> None:
    named = client.get_search_space("random_forest", kind="binary")
    assert client.warm_start(_study(), described, search_space=named, n=1).n_enqueued == 1
    assert set(warmtune.suggest(_study().ask(), named)) <= set(named.search_space.parameters)
    study = _study(WarmtuneSampler(client, described, search_space=named, n_startup=1))
    study.optimize(lambda trial: float(len(warmtune.suggest(trial, named))), n_trials=1)
    assert study.trials[0].params == study.user_attrs["warmtune:batch"]["configurations"][0]


@pytest.mark.parametrize("space", ["random_forest", ["n"], None, 5, [("n", IntDistribution(1, 9))]])
def test_what_is_no_space_is_refused(client: Client, described: TaskDescription, space: object) -> None:
    with pytest.raises(InvalidSearchSpaceError) as caught:
        warmtune.suggest(_study().ask(), space)  # type: ignore[arg-type]
    assert caught.value.field == "search_space"
    if space != "random_forest":
        with pytest.raises(InvalidSearchSpaceError):
            client.warm_start(_study(), described, search_space=space)  # type: ignore[arg-type]


def test_a_name_says_how_to_get_its_space() -> None:
    with pytest.raises(InvalidSearchSpaceError, match=r"client.get_search_space\('random_forest'\).search_space"):
        warmtune.suggest(_study().ask(), "random_forest")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: SearchSpace(SPACE, aliases={"n": "number"}), "search_space.aliases.n"),  # type: ignore[dict-item]
        (lambda: SearchSpace(SPACE, aliases={"n": 5}), "search_space.aliases.n"),  # type: ignore[dict-item]
        (lambda: SearchSpace(SPACE, defaults=[("n", 1)]), "search_space.defaults"),  # type: ignore[arg-type]
        (lambda: SearchSpace(SPACE, conditions=Condition("n", "n", (1,))), "search_space.conditions"),  # type: ignore[arg-type]
        (lambda: SearchSpace(SPACE, conditions=({"parameter": "n"},)), "search_space.conditions.0"),  # type: ignore[arg-type]
        (lambda: Condition("g", "k", "ab"), "search_space.conditions.values"),  # type: ignore[arg-type]
        (lambda: Condition("g", "k", 1), "search_space.conditions.values"),  # type: ignore[arg-type]
        (lambda: SearchSpace({"c": CategoricalDistribution(["\ud800", "a"])}), "search_space.parameters.c"),
        (lambda: SearchSpace({"\udfff": IntDistribution(1, 2)}), "search_space.parameters"),
    ],
)
def test_a_search_space_takes_no_string_for_a_list(make: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make()
    assert caught.value.field == field


def test_lists_will_do_where_tuples_are_kept() -> None:
    parameters = {"k": CategoricalDistribution(["a", "b"]), "g": FloatDistribution(0.0, 1.0)}
    conditions = [Condition("g", "k", ["b"])]  # type: ignore[arg-type]
    space = SearchSpace(parameters, conditions, aliases={"g": ["gamma"]})  # type: ignore[arg-type,dict-item]
    assert space == SearchSpace(parameters, (Condition("g", "k", ("b",)),), aliases={"g": ("gamma",)})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"state": "done"}, "state"),
        ({"state": None}, "state"),
        ({"number": "0"}, "number"),
        ({"number": 0.5}, "number"),
        ({"number": True}, "number"),
        ({"number": -1}, "number"),
        ({"configuration": ["n"]}, "configuration"),
        ({"intermediate_values": [0.5]}, "intermediate_values"),
        ({"value": "0.5"}, "value"),
    ],
)
def test_a_trial_that_is_none_is_refused(given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Trial(**{"number": 0, "configuration": {"n": 1}, "value": 0.5, **given})  # type: ignore[arg-type]
    assert caught.value.field == field


def test_names_of_states_and_numpys_numbers_will_do() -> None:
    trial = Trial(np.int64(3), {"n": 1}, state="fail")  # type: ignore[arg-type]
    assert trial.state is TrialState.FAIL
    assert type(trial.number) is int


@pytest.mark.parametrize("trials", [Trial(0, {"n": 1}, 0.5), "trials", {"number": 0}, 5])
def test_one_trial_is_no_batch(client: Client, trials: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        client.report_trials("study_x", trials)  # type: ignore[arg-type]
    assert caught.value.field == "trials"


@pytest.mark.parametrize("kinds", ["binary", 5, ["classification"], [None, "x"]])
def test_kinds_are_several_known_ones(client: Client, kinds: object) -> None:
    with pytest.raises(InvalidInputError):
        client.put_search_space("kinds", SPACE, kinds=kinds)  # type: ignore[arg-type]


def test_kinds_may_be_names(client: Client) -> None:
    assert client.put_search_space("named_kinds", SPACE, kinds=["regression"]).kinds == ("regression",)
    assert client.get_search_space("named_kinds", kind="regression").name == "named_kinds"
    for call in (client.list_search_spaces, client.list_tasks, client.list_models):
        call(kind="binary")
        with pytest.raises(InvalidInputError) as caught:
            call(kind="classification")
        assert caught.value.field == "kind"


@pytest.mark.parametrize("path", ["data.csv", "./data.parquet", "folder/data", r"C:\data.csv", "TABLE.CSV.GZ"])
def test_a_path_as_a_string_is_no_task(client: Client, path: str) -> None:
    for call in (lambda: client.warm_start(_study(), path, search_space=SPACE), lambda: WarmtuneSampler(client, path)):
        with pytest.raises(InvalidInputError, match=r"pass a pathlib.Path") as caught:
            call()
        assert caught.value.field == "X"


def test_a_sampler_of_another_metric_is_refused_and_reports_nothing(client: Client, described: TaskDescription) -> None:
    study = _study()
    started = client.warm_start(study, described, search_space=SPACE, metric="a", n=1)
    study.sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="b")
    with pytest.raises(ConflictError, match="another metric") as caught:
        study.optimize(_objective, n_trials=2)
    assert (caught.value.field, caught.value.value, caught.value.limit) == ("metric", "'b'", "a")
    assert client.get_study(started.study_id).n_trials == 0


def test_a_sampler_of_another_task_is_refused_and_reports_nothing(client: Client, described: TaskDescription) -> None:
    other = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 7.0}, version="by hand"))
    study = _study()
    started = client.warm_start(study, described, search_space=SPACE, metric="a", n=1)
    study.sampler = WarmtuneSampler(client, other, search_space=SPACE, metric="a")
    with pytest.raises(ConflictError, match="another task"):
        study.optimize(_objective, n_trials=2)
    assert client.get_study(started.study_id).n_trials == 0


def test_a_sampler_that_reports_nothing_may_ask_about_anything(client: Client, described: TaskDescription) -> None:
    study = _study()
    client.warm_start(study, described, search_space=SPACE, metric="a", n=1)
    study.sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="b", report=False)
    study.optimize(_objective, n_trials=3)
    assert len(study.trials) == 3


def _asks_for_c(trial: optuna.Trial) -> float:
    return -abs(math.log(trial.suggest_float("C", 1e-3, 1e3, log=True)))


def test_names_that_are_nowhere_the_same_are_reported_once_with_both_sets(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    space = {"svc__C": FloatDistribution(1e-3, 1e3, log=True)}
    study = _study(WarmtuneSampler(client, described, search_space=space, metric="accuracy", seed=0))
    study.optimize(_asks_for_c, n_trials=4)
    assert len(_warnings(caplog)) == 1
    assert "asks for ['C']" in _warnings(caplog)[0]
    assert "it has ['svc__C']" in _warnings(caplog)[0]
    again = client.report(study)
    assert (again.n_skipped_before, again.skipped) == (4, ())
    assert again.hint is not None
    assert "asks for ['C']" in again.hint
    study = _study(WarmtuneSampler(client, described, search_space=space, metric="accuracy", seed=0, report=False))
    caplog.clear()
    study.optimize(_asks_for_c, n_trials=2)
    assert len(_warnings(caplog)) == 1


def test_a_report_says_why_nothing_was_warm(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study()
    client.warm_start(study, described, search_space={"svc__C": FloatDistribution(1e-3, 1e3, log=True)}, n=2)
    study.optimize(_asks_for_c, n_trials=3)
    sent = client.report(study)
    assert [skipped.number for skipped in sent.skipped] == [0, 1, 2]
    assert sent.hint is not None
    assert "['C']" in sent.hint
    assert "['svc__C']" in sent.hint
    study.optimize(_asks_for_c, n_trials=3, callbacks=[client.reporter()])
    assert len(_warnings(caplog)) == 2  # the report's, and the reporter's


def test_the_warning_names_the_trial_that_is_not_reported(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study()
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    study.optimize(lambda trial: trial.suggest_int("n", 1, 90) / 90, n_trials=1)
    study.enqueue_trial({"n": 50})
    study.optimize(lambda trial: trial.suggest_int("n", 1, 90) / 90, n_trials=1)
    study.sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy")
    study.optimize(_objective, n_trials=1)
    assert ["trial 1 is not reported" in message for message in _warnings(caplog)] == [True]


def test_only_errors_of_the_family_leave_the_bridge(client: Client, described: TaskDescription) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.warm_start("sqlite:///x.db", described, search_space=SPACE),  # type: ignore[arg-type]
        lambda: client.warm_start(_study(), described, search_space=SPACE, metric=len),  # type: ignore[arg-type]
        lambda: client.warm_start(_study(), described, search_space=SPACE, n=0),
        lambda: client.warm_start(_study(), described, search_space=SPACE, time_budget_s=float("nan")),
        lambda: client.report(_study()),
        lambda: client.report("study"),  # type: ignore[call-overload]
        lambda: client.report(None),  # type: ignore[call-overload]
        lambda: client.recommend(described, SPACE, metric="\ud800"),
        lambda: client.recommend(5, SPACE),  # type: ignore[arg-type]
        lambda: client.create_study("task_x", SPACE, name="\ud800", metric="m"),
        lambda: client.create_study("task_x", SPACE, metadata=[1]),  # type: ignore[arg-type]
        lambda: client.create_study("task_x", SPACE, metadata={"a": {"b": 1}}),  # type: ignore[dict-item]
        lambda: client.suggestions("study_x", pending=[5]),  # type: ignore[list-item]
        lambda: client.suggestions("study_x", pending={"n": 1}),  # type: ignore[arg-type]
        lambda: client.list_studies(limit="many"),  # type: ignore[arg-type]
        lambda: client.wait_for_job(5),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(WarmtuneError):
            call()


def test_a_misspelt_search_space_is_no_outage(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    sampler = WarmtuneSampler(client, described, search_space="knnn", metric="accuracy")
    optuna.create_study(direction="maximize", sampler=sampler).optimize(
        lambda trial: float(trial.suggest_int("n_neighbors", 1, 9)), n_trials=2
    )
    said = [record.message for record in caplog.records if "sampling goes on as TPE" in record.message]
    assert len(said) == 1
    assert "since the service refuses what it is asked" in said[0]
    assert "did you mean 'knn'?" in said[0]
