"""Learned acquisitions over HTTP: trained in the background, asked from the first trial on, going on after a kill."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from maml.acquisition.policy import AcquisitionPolicy
from tests.service.asking import problem_in
from tests.service.past_studies import ended, ok, peak_at, with_line_studies
from tests.serving import LiveService, start_service
from warmtune.client import Client
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.task import TaskKind

MODELS = "/v1/neural/models"
TRAIN = {
    "name": "picker",
    "search_space": "line",
    "kind": "binary",
    "metric": "accuracy",
    "algorithm": "learned_acquisition",
    "n_steps": 40,
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = with_line_studies(start_service(tmp_path_factory.mktemp("acquisition"), max_neural_support="50"))
    job = ended(started, ok(started, "POST", MODELS, TRAIN))
    assert job["state"] == "succeeded", job
    yield started
    assert started.stop() == 0


def suggestions(service: LiveService, trials: Sequence[Mapping[str, object]], n: int = 1) -> list[dict[str, Any]]:
    answer = ok(service, "POST", f"{MODELS}/picker/suggestions", {"trials": trials, "n": n})
    found: list[dict[str, Any]] = answer["suggestions"]
    return found


def test_a_stored_model_is_described_listed_and_downloaded(service: LiveService) -> None:
    model = ok(service, "GET", f"{MODELS}/picker")
    assert model["family"] == "acquisition"
    assert model["surrogate_of"]["search_space"] == "line"
    facts = model["facts"]
    assert (facts["algorithm"], facts["n_tasks"], facts["n_candidates"]) == ("learned_acquisition", 8, 160)
    listed = ok(service, "GET", MODELS, family="acquisition")["items"]
    assert [item["name"] for item in listed] == ["picker"]
    policy = AcquisitionPolicy.from_bytes(service.http.get(f"{MODELS}/picker/initialisation").content)
    assert (len(policy.candidates), policy.larger_is_better) == (160, True)


def test_its_policy_suggests_from_the_first_trial_on(service: LiveService) -> None:
    trials: list[dict[str, Any]] = []
    for _ in range(5):
        (found,) = suggestions(service, trials)
        params = found["params"]
        assert params not in [trial["params"] for trial in trials]
        trials.append({"params": params, "value": peak_at(0.3)(params)})
    assert max(float(str(trial["value"])) for trial in trials) > 0.95  # within 0.2 of the past tasks' best
    assert suggestions(service, trials) == suggestions(service, trials)
    failed = [*trials, {"params": suggestions(service, trials)[0]["params"]}]
    batch = [suggestion["params"] for suggestion in suggestions(service, failed, n=5)]
    assert len({str(params) for params in batch}) == 5
    assert not [params for params in batch if params in [trial["params"] for trial in failed]]


def test_its_belief_predicts_scores(service: LiveService) -> None:
    query = {"configurations": [{"x": 0.3, "y": 0.5}, {"x": 0.95, "y": 0.4}]}
    support = {"configurations": [{"x": 0.28, "y": 0.5}, {"x": 0.9, "y": 0.5}], "scores": [0.9996, 0.64]}
    answer = ok(service, "POST", f"{MODELS}/picker/adapt", {"support": support, "query": query})
    assert answer["mean"][0] > answer["mean"][1] + 0.1
    assert min(answer["sd"]) > 0


def test_what_it_cannot_take_is_named(service: LiveService) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": 10.0}}
    outside = {"params": {"x": 9.0, "y": 0.5}, "value": 1.0}
    many = [{"params": {"x": n / 100, "y": 0.5}, "value": 1.0} for n in range(51)]
    for route, body, status, field in (
        ("suggestions", {"task": task}, 422, "task"),
        ("suggestions", {"task_id": "nowhere"}, 422, "task_id"),
        ("suggestions", {"trials": [outside]}, 422, "trials.0.params.x"),
        ("suggestions", {"trials": many}, 413, "trials"),
        ("adapt", {"support": {}, "task": task}, 422, "task"),
        ("adapt", {"support": {"rows": [[1.0]]}}, 422, "support.rows"),
        ("adapt", {"support": {}, "kind": "regression"}, 422, "kind"),
    ):
        problem = problem_in(service.http.post(f"{MODELS}/picker/{route}", json=body))
        assert (problem.status, problem.field) == (status, field), (route, body)
    for change, status, field in (
        ({"reads_meta_features": True}, 422, "reads_meta_features"),
        ({"algorithm": "maml"}, 409, "name"),  # a model of another family
    ):
        problem = problem_in(service.http.post(MODELS, json={**TRAIN, **change}))
        assert (problem.status, problem.field) == (status, field), change
    few = ended(service, ok(service, "POST", MODELS, {**TRAIN, "name": "few", "metric": "balanced_accuracy"}))
    assert (few["state"], few["failure"]["field"]) == ("failed", "tasks")


def test_the_client_trains_one(service: LiveService) -> None:
    with Client(service.url) as client:
        begun = client.train_neural_model(
            "ours", "line", kind=TaskKind.BINARY, metric="accuracy", algorithm="learned_acquisition", n_steps=2
        )
        assert client.wait_for_job(begun.job_id).state is JobState.SUCCEEDED
        assert len(AcquisitionPolicy.from_bytes(client.get_initialisation("ours")).candidates) == 160
