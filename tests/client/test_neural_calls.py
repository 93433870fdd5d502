"""The SDK's calls of neural models, against a real service and as requests."""

import asyncio
import json
import math

import pytest
from safetensors import deserialize

from warmtune.client import AsyncClient, Client
from warmtune.dataset import TaskDescription
from warmtune.endpoints import neural
from warmtune.errors import ConflictError, InvalidInputError, NotFoundError
from warmtune.reading_neural import read_adapted, read_neural_model, read_neural_suggestions
from warmtune.task import MetaFeatures, TaskKind
from warmtune.trial import Trial, TrialState
from warmtune.wire import neural_examples

ROWS = [[5.1, "red"], [4.7, "red"], [6.3, "blue"], [5.9, math.nan], [5.0, "red"], [6.7, None]]
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
        assert len(deserialize(answer.parameters or b"")) > 3


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
    with pytest.raises(InvalidInputError) as refused:
        neural.adapt_neural_model("x", query_rows=[[1.0], [math.inf]])
    assert refused.value.field == "query_rows.1"


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
    model = read_neural_model(json.dumps(neural_examples.MODEL).encode())
    assert model.learned_for is not None
    assert (model.learned_for.search_space_name, model.facts["n_tasks"]) == ("svm", 70)
    suggested = read_neural_suggestions(json.dumps(neural_examples.SUGGESTED).encode())
    assert suggested.suggestions[0].configuration == {"C": 31.6, "kernel": "rbf", "gamma": 0.02}
    assert read_adapted(json.dumps(neural_examples.ADAPTED).encode()).support_loss == (0.21, 0.19)
