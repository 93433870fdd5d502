"""Neural models over HTTP: trained in the background, handed out, adapted; a killed service goes on."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load

from maml.surrogates.surrogate import NeuralSurrogate
from maml.task_models.initialisation import Initialisation
from maml.task_models.shipped_file import SHIPPED
from tests.maml.tables import mixed_table
from tests.service.asking import problem_in
from tests.service.past_studies import ended, ok, peak_at, with_line_studies
from tests.serving import LiveService, start_service
from warmtune.client import Client
from warmtune.neural.model import NeuralTaskModel
from warmtune.neural.sources import FromService
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial

MODELS = "/v1/neural/models"
TRAIN = {"name": "line", "search_space": "line", "kind": "binary", "metric": "accuracy", "n_steps": 300}
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(
        tmp_path_factory.mktemp("neural"), max_neural_support="50", max_neural_query="20", max_neural_columns="6"
    )
    yield with_line_studies(started)
    assert started.stop() == 0


def rows_and_targets(n: int) -> tuple[list[list[object]], list[str], list[float]]:
    table, labels, numbers = mixed_table(n, seed=0)
    cells = table.astype(object).where(table.notna(), None)
    return cells.to_numpy().tolist(), labels.tolist(), numbers.tolist()


def test_a_surrogate_is_trained_found_downloaded_and_adapted(service: LiveService) -> None:
    job = ended(service, ok(service, "POST", MODELS, TRAIN))
    assert job["state"] == "succeeded", job
    model = ok(service, "GET", f"{MODELS}/line")
    assert (model["family"], model["version"]) == ("surrogate", job["result"]["version"])
    assert model["surrogate_of"] == {
        "search_space": "line",
        "kind": "classification",
        "metric": "accuracy",
        "direction": "maximize",
    }
    assert model["facts"]["n_tasks"] == 8
    listed = ok(service, "GET", MODELS, family="surrogate")["items"]
    assert [item["name"] for item in listed] == ["line"]

    content = service.http.get(f"{MODELS}/line/initialisation").content
    assert NeuralSurrogate.from_bytes(content).n_columns == 2
    support = {"configurations": [{"x": 0.3, "y": 0.5}, {"x": 0.9, "y": 0.5}], "scores": [1.0, 0.64]}
    query = {"configurations": [{"x": 0.31, "y": 0.4}, {"x": 0.95, "y": 0.4}]}
    answer = ok(service, "POST", f"{MODELS}/line/adapt", {"support": support, "query": query})
    mean, sd = answer["mean"], answer["sd"]
    assert mean[0] > mean[1]
    assert min(sd) > 0
    assert len(ok(service, "POST", f"{MODELS}/line/adapt", {"support": {}, "query": query})["mean"]) == 2


def test_a_backtest_chooses_the_algorithm(service: LiveService) -> None:
    job = ended(service, ok(service, "POST", MODELS, {**TRAIN, "name": "chosen", "algorithm": "auto", "n_steps": 20}))
    assert job["state"] == "succeeded", job
    facts = ok(service, "GET", f"{MODELS}/chosen")["facts"]
    backtest = facts["backtest"]
    assert len(backtest) == 4
    assert facts["algorithm"] == max(backtest, key=backtest.get)


def test_a_surrogate_suggests_near_the_peak_of_the_past(service: LiveService) -> None:
    if service.http.get(f"{MODELS}/line").status_code == 404:
        ended(service, ok(service, "POST", MODELS, TRAIN))
    tried = [{"params": {"x": x, "y": 0.5}, "value": peak_at(0.3)({"x": x, "y": 0.5})} for x in (0.0, 0.5, 0.9)]
    asked = {"trials": [*tried, {"params": {"x": 0.3, "y": 0.5}}], "n": 3}
    answer = ok(service, "POST", f"{MODELS}/line/suggestions", asked)
    found = [suggestion["params"] for suggestion in answer["suggestions"]]
    assert len({str(params) for params in found}) == 3
    assert abs(found[0]["x"] - 0.3) < 0.25
    assert {"x": 0.3, "y": 0.5} not in found
    assert ok(service, "POST", f"{MODELS}/line/suggestions", asked) == answer
    for model, change, field in (
        ("tabular", {}, "name"),
        ("line", {"trials": [{"params": {"x": 9.0, "y": 0.5}, "value": 1.0}]}, "trials.0.params.x"),
        ("line", {"trials": [{"params": {"x": 0.5, "y": 0.5}, "value": -1e308}]}, "trials.0.value"),
        ("line", {"n": 0}, "n"),
    ):
        problem = problem_in(service.http.post(f"{MODELS}/{model}/suggestions", json={**asked, **change}))
        assert (problem.status, problem.field) == (422, field)


def test_a_task_model_predicts_classes_and_numbers_over_http(service: LiveService) -> None:
    rows, labels, numbers = rows_and_targets(40)
    body = {"support": {"rows": rows[:30], "targets": labels[:30]}, "query": {"rows": rows[30:]}}
    answer = ok(service, "POST", f"{MODELS}/tabular/adapt", body | {"return_parameters": True})
    assert answer["classes"] == sorted(set(labels))
    probabilities = np.array(answer["probabilities"])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert len(load(base64.b64decode(str(answer["parameters"])))) > 3
    local = NeuralTaskModel(max_rows=50).fit(*_frame(rows[:30], labels[:30]))
    np.testing.assert_allclose(local.predict_proba(_frame(rows[30:], labels[30:])[0]), probabilities, atol=1e-6)

    body = {"support": {"rows": rows[:30], "targets": numbers[:30]}, "query": {"rows": rows[30:]}}
    means = ok(service, "POST", f"{MODELS}/tabular/adapt", body)["mean"]
    assert np.corrcoef(means, numbers[30:])[0, 1] > 0.5


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        ([3, 1] * 15, "[1, 3]"),  # whole numbers stay whole
        ([3.0, 1] * 15, "[1, 3.0]"),
        ([True, 1, "1"] * 10, "[1, true, '1']"),  # to Python True is 1
        ([1, 1.0, 0] * 10, "[0, 1]"),
    ],
)
def test_classes_come_back_as_they_were_sent(service: LiveService, targets: list[object], classes: str) -> None:
    rows, _, _ = rows_and_targets(30)
    body = {"support": {"rows": rows, "targets": targets}, "query": {"rows": rows[:1]}, "kind": "classification"}
    answer = service.http.post(f"{MODELS}/tabular/adapt", json=body)
    assert f'"classes":{classes}'.replace("'", '"').replace(" ", "") in answer.text
    assert len(answer.json()["probabilities"][0]) == len(answer.json()["classes"])


def _frame(rows: list[list[object]], targets: list[str]) -> tuple[pd.DataFrame, list[str]]:
    return pd.DataFrame(rows).infer_objects(), targets


def test_an_own_initialisation_is_kept_and_handed_out(service: LiveService, tmp_path: Path) -> None:
    shipped = SHIPPED.read_bytes()
    answer = service.http.put(f"{MODELS}/mine", content=shipped, headers=BYTES)
    assert (answer.status_code, answer.json()["family"]) == (200, "task_model")
    assert FromService(service.url, "mine").download() == shipped
    table, labels, _ = mixed_table(40, seed=1)
    assert NeuralTaskModel(FromService(service.url, "mine")).fit(table, labels).score(table, labels) > 0.5
    assert Initialisation.from_bytes(service.http.get(f"{MODELS}/tabular/initialisation").content)
    taken = problem_in(service.http.put(f"{MODELS}/tabular", content=shipped, headers=BYTES))
    assert (taken.status, taken.code) == (409, "conflict")
    refused = problem_in(service.http.put(f"{MODELS}/other", content=b"nothing", headers=BYTES))
    assert (refused.status, refused.field) == (422, "body")
    assert problem_in(service.http.put(f"{MODELS}/other", json={})).status == 415


ROW = [1.0, 2.0]


def test_the_client_trains_and_downloads(service: LiveService) -> None:
    with Client(service.url) as client:
        begun = client.train_neural_model("ours", "line", kind=TaskKind.BINARY, metric="accuracy", n_steps=20)
        assert client.wait_for_job(begun.job_id).state is JobState.SUCCEEDED
        assert NeuralSurrogate.from_bytes(client.get_initialisation("ours")).n_columns == 2
        learned_for = client.get_neural_model("ours").learned_for
        assert learned_for is not None
        assert learned_for.search_space_name == "line"
        tried = {"x": 0.3, "y": 0.5}
        suggested = client.suggest_by_neural_model("ours", trials=[Trial(0, tried, 1.0)], n=2)
        assert tried not in [suggestion.configuration for suggestion in suggested.suggestions]
        adapted = client.adapt_neural_model("ours", configurations=[tried], scores=[1.0], query_configurations=[tried])
        assert (len(adapted.mean or ()), len(adapted.sd or ())) == (1, 1)
        client.delete_neural_model("ours")
        with pytest.raises(NotFoundError):
            client.get_initialisation("ours")


def test_what_a_surrogate_cannot_take_is_named(service: LiveService) -> None:
    if service.http.get(f"{MODELS}/line").status_code == 404:
        ended(service, ok(service, "POST", MODELS, TRAIN))
    good = {"x": 0.5, "y": 0.5}
    for body, field, value in (
        ({"support": {"rows": [ROW]}}, "support.rows", None),
        ({"support": {"targets": [1.0]}}, "support.targets", None),
        ({"support": {}, "query": {"rows": [ROW]}}, "query.rows", None),
        ({"support": {"configurations": [good]}}, "support.scores", "0"),
        ({"support": {"configurations": [good], "scores": [1e200]}}, "support.scores.0", "1e+200"),
        ({"support": {"configurations": [{**good, "x": 7.0}], "scores": [1.0]}}, "support.configurations.0.x", "7.0"),
        ({"support": {}, "query": {"configurations": [good, {**good, "x": 7.0}]}}, "query.configurations.1.x", "7.0"),
        ({"support": {}, "query": {"configurations": [{**good, "a": 1}]}}, "query.configurations.0.a", "1"),
        ({"support": {}, "return_parameters": True}, "return_parameters", "True"),
        ({"support": {}, "kind": "regression"}, "kind", "'regression'"),
        ({"support": {}, "fine_tuning": {"n_steps": 3}}, "fine_tuning", "{'n_steps': 3}"),
    ):
        problem = problem_in(service.http.post(f"{MODELS}/line/adapt", json=body))
        assert (problem.status, problem.field, problem.value) == (422, field, value)
        assert problem.limit or field == "support.scores"


def test_trainings_that_cannot_be_are_refused(service: LiveService) -> None:
    assert problem_in(service.http.get(f"{MODELS}/nowhere")).status == 404
    for change, status, field in (
        ({"search_space": "nowhere"}, 404, "search_space"),
        ({"algorithm": "astrology"}, 422, "algorithm"),
        ({"n_steps": 10**9}, 413, "n_steps"),
        ({"name": "tabular"}, 409, "name"),
        ({"metric": "r2"}, 422, "metric"),
        ({"name": "a/b"}, 422, "name"),
        ({"name": ".."}, 422, "name"),
    ):
        problem = problem_in(service.http.post(MODELS, json={**TRAIN, **change}))
        assert (problem.status, problem.field) == (status, field), change
        assert problem.limit or "name" not in change or status != 422
    for algorithm in ("deep_kernel", "auto", "conditioned_maml", "learned_acquisition"):
        asked = {**TRAIN, "name": "few", "metric": "balanced_accuracy", "algorithm": algorithm}
        few = ended(service, ok(service, "POST", MODELS, asked))
        assert (few["state"], few["failure"]["field"]) == ("failed", "tasks")
