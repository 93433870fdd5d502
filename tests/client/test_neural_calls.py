"""The SDK's calls of neural models, against a real service and as requests."""

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load

from tests.service.asking import problem_in
from tests.serving import LiveService
from warmtune.client import AsyncClient, Client
from warmtune.neural.model import NeuralTaskModel
from warmtune.neural.sources import FromService
from warmtune.rest.endpoints import neural
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, NotFoundError
from warmtune.vocabulary.neural_model import NeuralModel
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.wire import neural_examples
from warmtune.wire.answers import reader
from warmtune.wire.neural import NeuralModelResponse
from warmtune.wire.neural_answers import AdaptResponse, NeuralSuggestionsResponse

ROWS: list[list[float | str | bool | None]] = [
    [5.1, "red"],
    [4.7, "red"],
    [6.3, "blue"],
    [5.9, math.nan],
    [5.0, "red"],
    [6.7, None],
]
TARGETS = ["low", "low", "high", "high", "low", "high"]


def sent(body: bytes | None) -> dict[str, object]:
    return dict(json.loads(body or b"null"))


def test_a_task_model_is_found_and_adapted(service_url: str) -> None:
    with Client(service_url) as client:
        (shipped,) = client.list_neural_models(family="task_model").items
        assert client.get_neural_model("tabular") == shipped
        assert (shipped.shipped, shipped.family, shipped.learned_for) == (True, "task_model", None)
        answer = client.adapt_neural_model(
            "tabular", rows=ROWS, targets=TARGETS, query_rows=[[5.0, "red"]], n_steps=2, return_parameters=True
        )
        assert (answer.version, answer.classes, answer.mean) == (shipped.version, ("high", "low"), None)
        assert answer.probabilities is not None
        assert sum(answer.probabilities[0]) == pytest.approx(1.0)
        assert len(load(answer.parameters or b"")) > 3


def test_failures_are_those_of_the_service(service_url: str) -> None:
    with Client(service_url) as client:
        with pytest.raises(ConflictError, match="ships"):
            client.delete_neural_model("tabular")
        with pytest.raises(NotFoundError):
            client.delete_neural_model("nowhere")
        with pytest.raises(InvalidInputError) as refused:
            client.adapt_neural_model("tabular", rows=[[1.0], [1e200]], targets=["a", "b"])
        assert (refused.value.field, refused.value.limit) == ("support.rows.1.0", "within ±1e+100")
        with pytest.raises(InvalidInputError) as refused:
            client.suggest_by_neural_model("tabular")
        assert refused.value.field == "name"


def test_calls_are_awaited_too(service_url: str) -> None:
    async def asked() -> tuple[str, int]:
        async with AsyncClient(service_url) as client:
            answer = await client.adapt_neural_model(
                "tabular", rows=ROWS, targets=[0.5, 0.25, 1.5, 2.5, 0.5, 3.0], query_rows=ROWS
            )
            return (await client.get_neural_model("tabular")).name, len(answer.mean or ())

    assert asyncio.run(asked()) == ("tabular", len(ROWS))


def test_only_what_was_given_is_sent() -> None:
    call = neural.adapt_neural_model("a b", configurations=[{"C": 1.0}], scores=[0.5], query_configurations=[])
    assert call.path == "/v1/neural/models/a%20b/adapt"
    body = sent(call.body)
    assert "fine_tuning" not in body
    assert "task" not in body
    assert body["support"] == {"configurations": [{"C": 1.0}], "scores": [0.5], "rows": None, "targets": None}
    call = neural.adapt_neural_model("x", rows=[[math.nan, 1]], targets=[True], rate=0.5, task="kept")
    body = sent(call.body)
    assert (body["fine_tuning"], body["task_id"]) == ({"rate": 0.5}, "kept")
    assert body["support"]["rows"] == [[None, 1]]  # type: ignore[index]
    with pytest.raises(InvalidInputError) as refused:
        neural.adapt_neural_model("x", n_steps=501)
    assert (refused.value.field, refused.value.limit) == ("n_steps", "<= 500")


@pytest.mark.parametrize(
    ("given", "field", "limit"),
    [
        ({"query_rows": [[1.0], [0.0, math.inf]]}, "query.rows.1.1", "a finite number, a text, a boolean or null"),
        ({"rows": [[1.0, 2.0, math.inf]]}, "support.rows.0.2", "a finite number, a text, a boolean or null"),
        ({"rows": [[1.0, [2.0]]]}, "support.rows.0.1", "a finite number, a text, a boolean or null"),
        ({"rows": np.zeros((2, 2, 1))}, "support.rows.0.0", "a finite number, a text, a boolean or null"),
        ({"rows": pd.DataFrame({"t": pd.to_datetime(["2020"])})}, "support.rows.0.0", "a finite number, a text"),
        ({"rows": np.array([["2020"]], dtype="datetime64[ns]")}, "support.rows.0.0", "a finite number, a text"),
        ({"rows": ["ab", "cd"]}, "support.rows.0", "a list of cells"),
        ({"query_rows": [[1], 2]}, "query.rows.1", "a list of cells"),
        ({"targets": [1, math.nan]}, "support.targets.1", "a finite number, a text or a boolean"),
        ({"targets": pd.Series(["a", pd.NA])}, "support.targets.1", "a finite number, a text or a boolean"),
        ({"targets": pd.Series([pd.Timestamp("2020")])}, "support.targets.0", "a finite number, a text or a boolean"),
        ({"scores": np.array([0.5, math.inf])}, "support.scores.1", "finite number"),
        ({"configurations": [{"C": None}, {"C": [1]}]}, "support.configurations.1.C", "a finite number, a text"),
    ],
)
def test_refusals_name_the_place_as_the_api_does(given: dict[str, Any], field: str, limit: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        neural.adapt_neural_model("x", **given)
    assert refused.value.field == field
    assert str(refused.value.limit).startswith(limit)


def test_the_service_says_what_a_target_and_a_cell_may_be(live_service: LiveService) -> None:
    for support, field, limit in (
        ({"targets": [None]}, "support.targets.0", "a finite number, a text or a boolean"),
        ({"targets": ["a", {"b": 1}]}, "support.targets.1", "a finite number, a text or a boolean"),
        ({"rows": [[1], [[]]]}, "support.rows.1.0", "a finite number, a text, a boolean or null"),
    ):
        answer = live_service.http.post("/v1/neural/models/tabular/adapt", json={"support": support})
        problem = problem_in(answer)
        assert (problem.status, problem.field, problem.limit) == (422, field, limit)
        assert problem.detail == f"{field}: input should be {limit}"


def test_frames_and_arrays_are_adapted_to_as_their_rows_are(client: Client) -> None:
    rows: list[list[float | str | bool | None]] = [
        [0.1, 7, "u", True],
        [0.2, 9, "u", False],
        [0.9, 8, "v", True],
        [math.nan, 6, "v", False],
    ]
    series: Any = pd.Series([1, 1, 2, 2])
    frame = pd.DataFrame(rows, columns=["ax", "by", "cz", "dw"])
    other = client.adapt_neural_model("tabular", rows=rows, targets=[1, 1, 2, 2], query_rows=rows)
    answer = client.adapt_neural_model("tabular", rows=frame, targets=series, query_rows=frame)
    assert answer == other
    assert [type(label) for label in answer.classes or ()] == [int, int]
    numbers = np.array([[0.1, 7.0], [0.2, 9.0], [0.9, 8.0], [0.7, 6.0], [0.8, 5.0], [0.3, 7.5]])
    targets = np.array([1, 1, 2, 2, 2, 1])
    other = client.adapt_neural_model(
        "tabular", rows=numbers.tolist(), targets=targets.tolist(), query_rows=numbers[:1].tolist()
    )
    assert client.adapt_neural_model("tabular", rows=numbers, targets=targets, query_rows=numbers[:1]) == other
    tall = pd.DataFrame(numbers)  # its names are whole numbers
    assert client.adapt_neural_model("tabular", rows=tall, targets=list(targets), query_rows=tall[:1]) == other
    assert other.classes == (1, 2)


def test_an_initialisation_is_put_under_a_name(service_url: str, tmp_path: Path) -> None:
    file = tmp_path / "start.safetensors"
    with Client(service_url) as client:
        shipped = client.get_initialisation("tabular")
        file.write_bytes(shipped)
        put = client.put_neural_model("put by the client", file)
        try:
            assert (put.name, put.family, put.shipped) == ("put by the client", "task_model", False)
            assert client.get_neural_model(put.name) == put
            assert client.get_initialisation(put.name) == shipped
            asked: dict[str, Any] = {"rows": ROWS, "targets": TARGETS, "query_rows": ROWS}
            other = client.adapt_neural_model("tabular", **asked)
            assert client.adapt_neural_model(put.name, **asked).probabilities == other.probabilities
            model = NeuralTaskModel(FromService(service_url, put.name))
            assert set(model.fit(pd.DataFrame(ROWS), TARGETS).classes_) == set(TARGETS)

            async def put_again() -> NeuralModel:
                async with AsyncClient(service_url) as service:
                    return await service.put_neural_model(put.name, shipped)

            assert asyncio.run(put_again()).version == put.version
        finally:
            client.delete_neural_model(put.name)
        with pytest.raises(ConflictError):
            client.put_neural_model("tabular", shipped)
        with pytest.raises(InvalidInputError) as refused:
            client.put_neural_model("nonsense", b"nothing")
        assert refused.value.field == "body"
        with pytest.raises(InvalidInputError) as refused:
            client.put_neural_model("nonsense", tmp_path / "nowhere")
        assert refused.value.field == "init"


@pytest.mark.parametrize("name", ["", ".", "..", "half \ud800"])
def test_names_that_no_address_can_hold_are_refused(name: str) -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(InvalidInputError) as refused:
        client.get_neural_model(name)
    assert refused.value.field == "name"


def test_texts_that_cannot_be_sent_are_refused_by_their_place() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(InvalidInputError) as refused:
        client.adapt_neural_model("tabular", rows=[["a", "b"], ["c", "\ud800"]], targets=["x", "y"])
    assert refused.value.field == "support.rows.1.1"
    with Client("http://127.0.0.1:9") as client, pytest.raises(InvalidInputError) as refused:
        client.put_neural_model("mine", "no\0path")
    assert refused.value.field == "init"


def test_trials_that_are_not_complete_are_sent_without_a_value() -> None:
    trials = [
        Trial(0, {"C": 1.0}, 0.5),
        Trial(1, {"C": 2.0}, 0.4, TrialState.PRUNED),
        Trial(2, {"C": 3.0}, None, TrialState.FAIL),
    ]
    task = TaskDescription(kind=TaskKind.BINARY, meta_features=MetaFeatures(values={"n_rows": 9.0}))
    body = sent(neural.suggest_by_neural_model("svm", trials=trials, n=3, seed=4, task=task).body)
    assert [trial["value"] for trial in body["trials"]] == [0.5, None, None]  # type: ignore[attr-defined]
    assert (body["n"], body["seed"], body["task"]["kind"]) == (3, 4, "binary")  # type: ignore[index]
    with pytest.raises(InvalidInputError) as refused:
        neural.suggest_by_neural_model("svm", task=3)  # type: ignore[arg-type]
    assert refused.value.field == "task"


def test_training_takes_patience() -> None:
    call = neural.train_neural_model("mine", "svm", kind=TaskKind.BINARY, patience=7)
    assert sent(call.body)["patience"] == 7
    with pytest.raises(InvalidInputError) as refused:
        neural.train_neural_model("a/b", "svm", kind=TaskKind.BINARY)
    assert refused.value.field == "name"


def test_answers_are_read_as_values() -> None:
    model = reader(NeuralModelResponse)(json.dumps(neural_examples.MODEL).encode())
    assert model.learned_for is not None
    assert (model.learned_for.search_space_name, model.facts["n_tasks"]) == ("svm", 70)
    suggested = reader(NeuralSuggestionsResponse)(json.dumps(neural_examples.SUGGESTED).encode())
    assert suggested.suggestions[0].configuration == {"C": 31.6, "kernel": "rbf", "gamma": 0.02}
    assert reader(AdaptResponse)(json.dumps(neural_examples.ADAPTED).encode()).support_loss == (0.21, 0.19)
