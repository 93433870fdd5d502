import json
import warnings
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState

from tests.client.sampling import SPACE
from warmtune.client import Client
from warmtune.optuna.memory import recall, remember
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidConfigurationError, InvalidInputError, NotFoundError
from warmtune.vocabulary.results import WarmStart
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind


def _study(**arguments: Any) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0), **arguments)


def _waiting(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=[TrialState.WAITING])


def _dataset() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 4))
    return features, (features[:, 0] + 0.3 * rng.normal(size=120) > 0).astype(int)


def test_a_study_tries_the_recommended_configurations_first_and_in_order(
    client: Client, described: TaskDescription
) -> None:
    study = _study()
    started = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study.optimize(lambda trial: float(len(suggest(trial, SPACE))), n_trials=7)
    assert started.n_enqueued == len(started.configurations) == 5
    assert [t.params for t in study.trials[:5]] == [dict(c.configuration) for c in started.configurations]
    assert "warmtune:rank" not in study.trials[5].user_attrs


def test_a_table_described_here_and_the_same_one_uploaded_are_one_task(client: Client) -> None:
    X, y = _dataset()
    study = _study()
    here = client.warm_start(study, X, y, search_space=SPACE, n=2)
    sent = client.warm_start(study, X, y, search_space=SPACE, n=2, upload=True)
    assert (sent.task_id, sent.study_id) == (here.task_id, here.study_id)


def test_each_trial_says_where_it_came_from(client: Client, described: TaskDescription) -> None:
    study = _study()
    started = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=3)
    origins = [trial.user_attrs for trial in _waiting(study)]
    assert [origin["warmtune:rank"] for origin in origins] == [1, 2, 3]
    for origin, ranked in zip(origins, started.configurations, strict=True):
        assert origin["warmtune:strategy"] == started.strategy.value
        assert origin["warmtune:recommendation_id"] == started.recommendation_id
        assert origin["warmtune:model_version"] == started.model_version
        assert origin["warmtune:expected_regret"] == ranked.expected_regret
        assert [s["task_id"] for s in origin["warmtune:sources"]] == [s.task_id for s in ranked.sources]
        assert json.loads(json.dumps(origin)) == origin


def test_the_service_knows_the_study_and_the_study_the_service(client: Client, described: TaskDescription) -> None:
    study = _study(study_name="mine")
    started = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    kept = client.get_study(started.study_id)
    assert (kept.name, kept.metric, kept.direction, kept.task_id) == ("mine", "accuracy", "maximize", started.task_id)
    assert kept.search_space_key == SPACE.content_key
    memory = recall(study)
    assert memory is not None
    assert memory.study_id == started.study_id


def test_warm_starting_again_enqueues_nothing_twice(client: Client, described: TaskDescription) -> None:
    study = _study()
    first = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=4)
    study.optimize(lambda trial: float(len(suggest(trial, SPACE))), n_trials=2)
    again = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=4)
    assert (first.n_enqueued, again.n_enqueued) == (4, 0)
    assert len(study.trials) == 4
    assert again.study_id == first.study_id


def test_asking_for_more_adds_the_rest_only(client: Client, described: TaskDescription) -> None:
    study = _study()
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=2)
    more = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=4)
    configurations = [t.system_attrs["fixed_params"] for t in _waiting(study)]
    assert len(configurations) == 2 + more.n_enqueued
    assert len({json.dumps(c, sort_keys=True) for c in configurations}) == len(configurations)


def test_a_database_takes_every_configuration(client: Client, described: TaskDescription, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = _study(storage=storage, study_name="s")
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=6)
    study.optimize(lambda trial: float(len(suggest(trial, SPACE))), n_trials=6)
    reopened = optuna.load_study(study_name="s", storage=storage)
    assert [t.user_attrs["warmtune:rank"] for t in reopened.trials] == [1, 2, 3, 4, 5, 6]
    memory = recall(reopened)
    assert memory is not None
    assert memory.subject.search_space.to_domain() == SPACE


def test_a_registered_name_and_plain_distributions_will_do(client: Client, described: TaskDescription) -> None:
    named = _study()
    assert client.warm_start(named, described, search_space="svm_rbf", metric="accuracy", n=2).n_enqueued == 2
    plain = _study()
    distributions = {"x": FloatDistribution(0, 1), "k": IntDistribution(1, 9, log=True)}
    started = client.warm_start(plain, described, search_space=distributions, metric="accuracy", n=3)
    assert all(set(c.configuration) == {"x", "k"} for c in started.configurations)


def test_a_name_that_stands_for_two_is_taken_by_the_tasks_kind(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize")
    regression = TaskDescription(TaskKind.REGRESSION, described.meta_features)
    started = client.warm_start(study, regression, search_space="svm_rbf", n=2)
    space = client.get_search_space("svm_rbf", kind=TaskKind.REGRESSION).search_space
    assert started.metric == "r2"
    assert all(space.validate(c.configuration) for c in started.configurations)


def test_data_in_memory_is_described_here(client: Client) -> None:
    study = _study()
    started = client.warm_start(study, *_dataset(), search_space=SPACE, n=2)
    assert started.task_id is not None
    assert client.get_task(started.task_id).kind is TaskKind.BINARY
    assert (started.metric, started.n_enqueued) == ("accuracy", 2)


def test_uploaded_data_is_described_by_the_service(client: Client) -> None:
    study = _study()
    started = client.warm_start(study, *_dataset(), search_space=SPACE, n=2, upload=True)
    assert started.task_id is not None
    assert client.get_task(started.task_id).meta_features.values["n_rows"] == 120


def test_a_kept_task_will_do(client: Client, described: TaskDescription) -> None:
    task = client.create_task(described)
    assert client.warm_start(_study(), task.task_id, search_space=SPACE, n=1).task_id == task.task_id
    with pytest.raises(NotFoundError):
        client.warm_start(_study(), "no-such-task", search_space=SPACE)


def test_a_direction_against_the_metric_is_refused(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="minimize")
    for metric in ("accuracy", None):
        with pytest.raises(InvalidInputError, match="direction='maximize'") as caught:
            client.warm_start(study, described, search_space=SPACE, metric=metric)
        assert caught.value.field == "metric"
    assert (study.trials, study.user_attrs) == ([], {})


def test_an_unknown_metric_goes_the_studys_way(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="minimize")
    assert client.warm_start(study, described, search_space=SPACE, metric="cost", n=1).direction == "minimize"


def test_what_is_no_study_is_refused(client: Client, described: TaskDescription) -> None:
    with pytest.raises(InvalidInputError) as caught:
        client.warm_start(None, described, search_space=SPACE)  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.limit) == ("study", "optuna.Study")


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "balanced_accuracy"},
        {"search_space": SearchSpace({"C": FloatDistribution(0.1, 1.0)})},
        {"X": TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 7.0}))},
    ],
)
def test_another_subject_needs_another_study(
    client: Client, described: TaskDescription, change: dict[str, Any]
) -> None:
    study = _study()
    arguments: dict[str, Any] = {"X": described, "search_space": SPACE, "metric": "accuracy", "n": 1}
    client.warm_start(study, **arguments)
    with pytest.raises(ConflictError):
        client.warm_start(study, **(arguments | change))
    assert len(study.trials) == 1


def test_a_service_that_was_set_up_anew_gets_the_study_again(client: Client, described: TaskDescription) -> None:
    study = _study()
    first = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    memory = recall(study)
    assert memory is not None
    remember(study, memory.model_copy(update={"study_id": "gone"}))
    again = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    assert again.study_id != "gone"
    assert client.get_study(again.study_id).task_id == first.task_id
    kept = recall(study)
    assert kept is not None
    assert kept.study_id == again.study_id


class Tampering(httpx.HTTPTransport):
    """The real service, whose recommendations are altered on the way."""

    def __init__(self, **change: object) -> None:
        super().__init__()
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.url.path != "/v1/recommendations":
            return response
        response.read()
        body = response.json()
        body["configurations"][-1]["params"] |= self._change
        return httpx.Response(response.status_code, json=body)


@pytest.mark.parametrize("change", [{"C": 1e9}, {"kernel": "poly"}, {"degree": 2.5}, {"unknown": 1}, {"degree": None}])
def test_nothing_is_enqueued_if_one_configuration_is_wrong(
    service_url: str, described: TaskDescription, change: dict[str, object]
) -> None:
    study = _study()
    client = Client(service_url, transport=Tampering(**change))
    with client, pytest.raises(InvalidConfigurationError, match="nothing was enqueued") as caught:
        client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=3)
    assert caught.value.field == f"params.{next(iter(change))}"
    assert (study.trials, study.user_attrs) == ([], {})


def test_integers_written_as_floats_become_integers(service_url: str, described: TaskDescription) -> None:
    study = _study()
    with Client(service_url, transport=Tampering(degree=4.0)) as client:
        client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    degree = study.ask({"degree": SPACE.parameters["degree"]}).params["degree"]
    assert (degree, type(degree)) == (4, int)


def test_y_is_needed_with_data_and_refused_without(client: Client, described: TaskDescription) -> None:
    features, _ = _dataset()
    for X, y in ((features, None), (described, [1]), (TableUpload(b"a,b\n1,2\n", "b", filename="t.csv"), [1])):
        with pytest.raises(InvalidInputError) as caught:
            client.warm_start(_study(), X, y, search_space=SPACE)
        assert caught.value.field == "y"


def test_the_answer_prints_as_a_table_of_80_columns(client: Client, described: TaskDescription) -> None:
    started = client.warm_start(_study(), described, search_space="random_forest", n=10)
    assert isinstance(started, WarmStart)
    lines = str(started).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.lstrip().startswith(str(rank)) for line in lines for rank in [10]) >= 1
    assert started.strategy.value in str(started)
