"""Old studies become history by one call and stay as they are."""

import copy
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from warmtune.client import Client
from warmtune.optuna.inference import search_space_of
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidInputError
from warmtune.vocabulary.space import Condition


def _objective(trial: optuna.Trial) -> float:
    kernel = trial.suggest_categorical("kernel", ["rbf", "linear"])
    if trial.number == 3:
        raise RuntimeError("out of memory")
    if trial.number == 4:
        raise optuna.TrialPruned
    gamma = trial.suggest_float("gamma", 1e-3, 1.0, log=True) if kernel == "rbf" else 0.1
    return trial.suggest_int("degree", 1, 5) + gamma


def _old(seed: int = 0) -> optuna.Study:
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=seed), study_name=f"old {seed}"
    )
    study.optimize(_objective, n_trials=12, catch=(RuntimeError,))
    return study


def _state(study: optuna.Study) -> tuple[object, ...]:
    return copy.deepcopy((study.user_attrs, study.trials))


def test_a_finished_study_is_filed_and_stays_as_it_is(client: Client, described: TaskDescription) -> None:
    study = _old()
    before = _state(study)
    sent = client.report(study, described, metric="mine")
    assert _state(study) == before
    assert (sent.complete, sent.pruned, sent.failed, sent.accepted, sent.skipped) == (10, 1, 1, 12, ())
    kept = client.list_trials(sent.study_id).items
    assert [(t.number, dict(t.configuration), t.value) for t in kept] == [
        (t.number, t.params, t.value) for t in study.trials
    ]
    assert client.get_study(sent.study_id).name == "old 0"


def test_filing_again_adds_only_what_is_new(client: Client, described: TaskDescription) -> None:
    study = _old()
    first = client.report(study, described, metric="mine")
    again = client.report(study, described, metric="mine")
    assert (again.study_id, again.accepted) == (first.study_id, 0)
    study.optimize(_objective, n_trials=2)
    assert client.report(study, described, metric="mine").accepted == 2


def test_several_studies_of_one_task_by_one_call(client: Client, described: TaskDescription) -> None:
    task_id = client.create_task(described).task_id
    reports = client.report([_old(seed) for seed in range(3)], task_id, metric="mine")
    assert len({sent.study_id for sent in reports}) == 3
    assert [sent.accepted for sent in reports] == [12, 12, 12]
    assert client.report((_old(seed) for seed in list[int]()), task_id) == ()


def test_data_and_a_search_space_may_be_given(client: Client) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 3))
    target = (features[:, 0] > 0).astype(int)
    space = {"degree": IntDistribution(1, 5)}
    study = optuna.create_study(direction="minimize")
    study.optimize(lambda trial: float(trial.suggest_int("degree", 1, 5)), n_trials=3)
    sent = client.report(study, features, target, search_space=space, metric="log_loss")
    kept = client.get_study(sent.study_id)
    assert (kept.metric, kept.direction, kept.n_trials) == ("log_loss", "minimize", 3)


def test_a_study_from_a_database_needs_no_writing(client: Client, described: TaskDescription, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    study = optuna.create_study(direction="maximize", storage=f"sqlite:///{path}", study_name="s")
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=3)
    before = path.read_bytes()
    again = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert client.report(again, described, metric="mine").accepted == 3
    assert path.read_bytes() == before


def test_a_warm_started_study_is_reported_under_its_own_task_only(client: Client, described: TaskDescription) -> None:
    study = _old()
    space = search_space_of(study.trials)
    assert space is not None
    started = client.warm_start(study, described, search_space=space, metric="mine", n=1)
    assert client.report(study, described, search_space=space, metric="mine").study_id == started.study_id
    with pytest.raises(ConflictError, match="another metric"):
        client.report(study, described, search_space=space, metric="other")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"metric": "accuracy"}, "X"), ({"search_space": "random_forest"}, "X"), ({}, "study")],
)
def test_without_a_task_nothing_is_filed(client: Client, arguments: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        client.report(_old(), **arguments)  # type: ignore[call-overload]
    assert caught.value.field == field


def test_a_mistake_in_one_study_files_none(client: Client, described: TaskDescription) -> None:
    task_id = client.create_task(described).task_id
    n_before = len(client.list_studies(task_id=task_id, limit=500).items)
    for wrong in (optuna.create_study(direction="maximize"), optuna.create_study(), "study"):
        with pytest.raises(InvalidInputError):
            client.report([_old(), wrong], task_id)  # type: ignore[list-item]
    assert len(client.list_studies(task_id=task_id, limit=500).items) == n_before


def _trial(**values: tuple[object, optuna.distributions.BaseDistribution]) -> optuna.trial.FrozenTrial:
    return optuna.trial.create_trial(
        params={name: value for name, (value, _) in values.items()},
        distributions={name: distribution for name, (_, distribution) in values.items()},
        value=0.0,
    )


def test_conditions_are_inferred_from_the_trials() -> None:
    space = search_space_of(_old().trials)
    assert space is not None
    assert set(space.parameters) == {"kernel", "degree", "gamma"}
    assert space.conditions == (Condition("gamma", "kernel", ("rbf",)),)


def test_the_widest_range_is_taken_and_what_contradicts_itself_left_out() -> None:
    trials = [
        _trial(
            n=(2, IntDistribution(1, 5)),
            x=(0.5, FloatDistribution(0.0, 1.0)),
            k=("a", CategoricalDistribution(["a", "b"])),
        ),
        _trial(
            n=(9, IntDistribution(3, 9)),
            x=(1, IntDistribution(0, 1)),
            k=("c", CategoricalDistribution(["a", "c"])),
        ),
    ]
    space = search_space_of(trials)
    assert space is not None
    assert dict(space.parameters) == {"n": IntDistribution(1, 9)}


@pytest.mark.parametrize("kind", [IntDistribution, FloatDistribution])
def test_a_range_that_is_logarithmic_at_times_is_left_out(
    kind: type[IntDistribution] | type[FloatDistribution],
) -> None:
    other = FloatDistribution(0.0, 1.0)
    trials = [_trial(n=(2, kind(1, 8, log=log)), x=(0.5, other)) for log in (True, False)]
    space = search_space_of(trials)
    assert space is not None
    assert dict(space.parameters) == {"x": other}


def test_trials_without_parameters_tell_nothing() -> None:
    empty = optuna.trial.create_trial(value=0.0)
    failed = optuna.trial.create_trial(state=TrialState.FAIL)
    assert search_space_of([empty, failed]) is None
    assert search_space_of([]) is None


def test_parameters_that_whole_numbers_bring_are_filed_too(client: Client, described: TaskDescription) -> None:
    def layered(trial: optuna.Trial) -> float:
        n_layers = trial.suggest_int("n_layers", 1, 3)
        return float(sum(trial.suggest_int(f"units_{layer}", 4, 64) for layer in range(n_layers)))

    old = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=3))
    old.optimize(layered, n_trials=20)
    sent = client.report(old, described, metric="units")
    assert (sent.complete, sent.skipped) == (20, ())
    kept = client.list_trials(sent.study_id).items
    assert [dict(t.configuration) for t in kept] == [t.params for t in old.trials]
    conditions = client.get_study_search_space(sent.study_id).conditions
    assert Condition("units_2", "n_layers", (3,)) in conditions


@pytest.mark.parametrize(
    ("ranges", "widest"),
    [
        ([IntDistribution(1, 9, step=2), IntDistribution(2, 10, step=2)], IntDistribution(1, 10)),
        ([IntDistribution(0, 8, step=4), IntDistribution(2, 10, step=4)], IntDistribution(0, 10, step=2)),
        ([IntDistribution(0, 8, step=4), IntDistribution(0, 9, step=3)], IntDistribution(0, 9)),
        ([IntDistribution(1, 8, log=True), IntDistribution(4, 32, log=True)], IntDistribution(1, 32, log=True)),
        ([FloatDistribution(0, 1, step=0.5), FloatDistribution(0.25, 1.25, step=0.5)], FloatDistribution(0, 1.25)),
        ([FloatDistribution(0, 1, step=0.5), FloatDistribution(2, 3, step=0.5)], FloatDistribution(0, 3, step=0.5)),
        ([FloatDistribution(0, 1, step=0.5), FloatDistribution(0, 2)], FloatDistribution(0, 2)),
    ],
)
def test_ranges_with_steps_are_widened_to_what_has_all_values(
    ranges: list[IntDistribution | FloatDistribution], widest: object
) -> None:
    trials = []
    for distribution in ranges:
        for value in (distribution.low, distribution.high):
            trial = optuna.trial.create_trial(params={"a": value}, distributions={"a": distribution}, value=1.0)
            trials.append(trial)
    space = search_space_of(trials)
    assert space is not None
    assert space.parameters["a"] == widest
    for trial in trials:
        assert space.validate(trial.params) == trial.params


def test_trials_that_could_not_be_filed_are_said_in_the_log(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _old()
    sent = client.report(study, described, metric="mine", search_space={"degree": IntDistribution(1, 3)})
    assert sent.skipped
    said = [record.getMessage() for record in caplog.records if record.name.startswith("warmtune")]
    assert [text for text in said if f"trial {sent.skipped[0].number} and" in text and "not reported" in text]
