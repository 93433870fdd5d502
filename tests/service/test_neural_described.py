"""Surrogates that read a task's meta-features, over HTTP: those given along, or those of a stored task."""

from collections.abc import Iterator

import pytest

from maml.surrogates.surrogate import NeuralSurrogate
from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ended, ok, peak_at, random_lines
from tests.serving import LiveService, start_service
from warmtune.client import Client
from warmtune.vocabulary.task import TaskKind

MODELS = "/v1/neural/models"
TRAIN = {
    "name": "described",
    "search_space": "line",
    "kind": "binary",
    "metric": "accuracy",
    "algorithm": "conditioned_maml",
    "n_steps": 200,
}
ACROSS = {"configurations": [{"x": x, "y": 0.5} for x in (0.1, 0.3, 0.5, 0.7, 0.9)]}


def features(peak: float) -> dict[str, float]:
    return {"where": peak, "n_rows": 1_000.0}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service whose past tasks' best `x` is one of their meta-features."""
    started = start_service(tmp_path_factory.mktemp("described"))
    ok(started, "PUT", "/v1/search-spaces/line", LINE.to_json())
    for number in range(12):
        peak = (number + 0.5) / 12
        body = {"kind": "binary", "meta_features": features(peak), "name": f"past {number}"}
        task = ok(started, "POST", "/v1/tasks", body)["task_id"]
        asked = {"task_id": task, "search_space": "line", "metric": "accuracy"}
        study = ok(started, "POST", "/v1/studies", asked)["study_id"]
        trials = [
            {"number": i, "params": params, "value": peak_at(peak)(params)}
            for i, params in enumerate(random_lines(16)(number))
        ]
        assert started.http.post(f"/v1/studies/{study}/trials", json=trials).status_code == 200
    job = ended(started, ok(started, "POST", MODELS, TRAIN))
    assert job["state"] == "succeeded", job
    yield started
    assert started.stop() == 0


def means(service: LiveService, **about: object) -> list[float]:
    answer = ok(service, "POST", f"{MODELS}/described/adapt", {"support": {}, "query": ACROSS, **about})
    mean: list[float] = answer["mean"]
    return mean


def test_meta_features_tell_where_the_optimum_lies_before_the_first_trial(service: LiveService) -> None:
    assert ok(service, "GET", f"{MODELS}/described")["facts"]["n_meta_features"] == 1
    for peak, best, worst in ((0.1, 0, 4), (0.9, 4, 0)):
        task = {"kind": "binary", "meta_features": features(peak)}
        expected = means(service, task=task)
        assert expected[best] > expected[worst] + 0.1
        kept = ok(service, "POST", "/v1/tasks", task)["task_id"]
        assert means(service, task_id=kept) == expected
        asked = {"task": task, "n": 1, "trials": []}
        (first,) = ok(service, "POST", f"{MODELS}/described/suggestions", asked)["suggestions"]
        assert abs(first["params"]["x"] - peak) < 0.4
    unknown = {"kind": "binary", "meta_features": {"unheard_of": 1.0}}
    assert means(service) == means(service, task=unknown)  # nothing is known in both


def test_what_is_kept_makes_its_own_embeddings(service: LiveService) -> None:
    content = service.http.get(f"{MODELS}/described/initialisation").content
    surrogate = NeuralSurrogate.from_bytes(content)
    assert surrogate.describer is not None
    assert surrogate.describer.names == ("where",)


def test_any_kind_may_read_meta_features(service: LiveService) -> None:
    with Client(service.url) as client:
        begun = client.train_neural_model(
            "rows",
            "line",
            kind=TaskKind.BINARY,
            metric="accuracy",
            algorithm="bayesian_last_layer",
            reads_meta_features=True,
            n_steps=20,
        )
        assert client.wait_for_job(begun.job_id).result["n_meta_features"] == 1  # type: ignore[index]
    surrogate = NeuralSurrogate.from_bytes(service.http.get(f"{MODELS}/rows/initialisation").content)
    assert (surrogate.reads_embedding, surrogate.n_embedding) == (True, 1)


def test_tasks_that_do_not_fit_are_refused(service: LiveService) -> None:
    plain = {**TRAIN, "name": "plain", "algorithm": "bayesian_last_layer", "n_steps": 20}
    assert ended(service, ok(service, "POST", MODELS, plain))["state"] == "succeeded"
    task = {"kind": "binary", "meta_features": features(0.5)}
    numbers = {"kind": "regression", "meta_features": features(0.5)}
    for model, about, status, field in (
        ("described", {"task_id": "nowhere"}, 404, "task_id"),
        ("described", {"task_id": "nowhere", "task": task}, 422, "task"),
        ("described", {"task": numbers}, 422, "task.kind"),
        (
            "described",
            {"task": {"kind": "binary", "meta_features": {"where": "here"}}},
            422,
            "task.meta_features.where",
        ),
        ("plain", {"task": task}, 422, "task"),
        ("plain", {"task_id": "nowhere"}, 422, "task_id"),
        ("tabular", {"task": task}, 422, "task"),
    ):
        body = {"support": {}, "query": ACROSS, **about}
        problem = problem_in(service.http.post(f"{MODELS}/{model}/adapt", json=body))
        assert (problem.status, problem.field) == (status, field), (model, about)
        assert problem.value, (model, about)
        assert problem.limit or field not in ("task", "task.kind"), (model, about)
    asked = {"trials": [], "task": task}
    problem = problem_in(service.http.post(f"{MODELS}/plain/suggestions", json=asked))
    assert (problem.status, problem.field) == (422, "task")
