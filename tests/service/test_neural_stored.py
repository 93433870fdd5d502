"""Neural models over HTTP: what is deleted, what is refused and by which name, what the document says of the calls."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from maml.task_models.initialisation import MAX_PULL, MAX_RATE, MAX_STEPS
from maml.task_models.shipped_file import SHIPPED
from tests.maml.crafted import CRAFTED, crafted
from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ok
from tests.serving import LiveService, start_service
from warmtune.wire import neural, neural_answers
from warmtune.wire.neural_answers import FineTuningBody

MODELS = "/v1/neural/models"
TRAIN = {"name": "line", "search_space": "line", "kind": "binary", "metric": "accuracy"}
BYTES = {"Content-Type": "application/octet-stream"}
ROW = [1.0, 2.0]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("kept"), max_neural_support="50", max_neural_columns="6")
    yield started
    assert started.stop() == 0


def test_a_deleted_model_is_not_served_any_more(service: LiveService) -> None:
    content = SHIPPED.read_bytes()
    body = {"support": {"rows": [ROW, [3.0, 4.0]], "targets": ["a", "b"]}, "query": {"rows": [ROW]}}
    assert service.http.put(f"{MODELS}/passing", content=content, headers=BYTES).status_code == 200
    ok(service, "POST", f"{MODELS}/passing/adapt", body)
    answer = service.http.delete(f"{MODELS}/passing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert service.http.get(f"{MODELS}/passing").status_code == 404
    assert problem_in(service.http.post(f"{MODELS}/passing/adapt", json=body)).status == 404
    problem = problem_in(service.http.delete(f"{MODELS}/passing"))
    assert (problem.status, problem.code, problem.field) == (404, "not_found", "name")
    problem = problem_in(service.http.delete(f"{MODELS}/tabular"))
    assert (problem.status, problem.code, problem.field) == (409, "conflict", "name")


@pytest.mark.parametrize("wrong", CRAFTED)
def test_a_crafted_initialisation_is_not_kept(service: LiveService, wrong: str) -> None:
    problem = problem_in(service.http.put(f"{MODELS}/crafted", content=CRAFTED[wrong][0], headers=BYTES))
    assert (problem.status, problem.code, problem.field) == (422, "invalid_input", "body")
    assert service.http.get(f"{MODELS}/crafted").status_code == 404


def test_an_unusual_initialisation_is_kept_and_adapted(service: LiveService) -> None:
    content = crafted(
        lambda h: h["facts"].update(note="\U0001f600", n=10**300),
        lambda ts: ts.update({name: value.sign() * 100 for name, value in ts.items()}),
    )
    answer = service.http.put(f"{MODELS}/unusual", content=content, headers=BYTES)
    assert (answer.status_code, answer.json()["facts"]["n"]) == (200, 10**300)
    for targets in (["a", "b", "a"], [0.5, 1.5, 1e90]):
        body = {"support": {"rows": [ROW, [3.0, 4.0], [0.0, -1e90]], "targets": targets}, "query": {"rows": [ROW]}}
        ok(service, "POST", f"{MODELS}/unusual/adapt", body)
    assert service.http.delete(f"{MODELS}/unusual").status_code == 204


@pytest.mark.parametrize("name", ["%2e", "%2e%2e", "a" * 201, "%01", "a%0ab", "%7f"])
def test_a_name_that_is_no_address_is_refused(service: LiveService, name: str) -> None:
    problem = problem_in(service.http.put(f"{MODELS}/{name}", content=SHIPPED.read_bytes(), headers=BYTES))
    assert (problem.status, problem.field) == (422, "name")
    assert problem.limit


def test_a_training_that_could_not_be_kept_is_refused_at_once(tmp_path: Path) -> None:
    full = start_service(tmp_path, max_neural_models="1")  # the one that ships
    ok(full, "PUT", "/v1/search-spaces/line", LINE.to_json())
    problem = problem_in(full.http.post(MODELS, json=TRAIN))
    assert (problem.status, problem.code, problem.field, problem.limit) == (413, "limit_exceeded", "name", "1")
    assert ok(full, "GET", "/v1/jobs")["items"] == []
    assert full.stop() == 0


def test_every_field_of_the_neural_calls_is_described(service: LiveService) -> None:
    schemas = service.http.get("/openapi.json").json()["components"]["schemas"]
    bodies = [
        body
        for module in (neural, neural_answers)
        for body in vars(module).values()
        if isinstance(body, type) and issubclass(body, BaseModel) and body.__module__ == module.__name__
    ]
    documented = [body.__name__ for body in bodies if body.__name__ in schemas]
    assert len(documented) > 12
    refits = ["RefitRequest", "ComparisonBody", "TriedSurrogateBody", "ModelResponse"]
    bare = [
        f"{body}.{field}"
        for body in (*documented, *refits)
        for field, schema in schemas[body]["properties"].items()
        if not schema.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"support": {"rows": [ROW], "targets": [1.0]}}, 422, "support.targets"),
        ({"support": {"rows": [ROW, ROW], "targets": ["a", "a"]}}, 422, "support.targets"),
        ({"support": {"rows": [ROW, [1.0]], "targets": ["a", "b"]}}, 422, "support.rows.1"),
        ({"support": {"rows": [ROW, ROW], "targets": ["a", "b"]}, "query": {"rows": [[1.0]]}}, 422, "query.rows.0"),
        ({"support": {"rows": [ROW] * 51, "targets": ["a"] * 51}}, 413, "support.rows"),
        ({"support": {"rows": [[1.0] * 7] * 2, "targets": ["a", "b"]}}, 413, "support.rows.0"),
        ({"support": {"configurations": [{"x": 1}], "scores": [1.0]}}, 422, "support.configurations"),
        (
            {"support": {"rows": [ROW, ROW], "targets": ["a", "b"]}, "fine_tuning": {"n_steps": 10_000}},
            422,
            "fine_tuning.n_steps",
        ),
        ({"support": {"rows": [ROW, ROW], "targets": ["a", "b"]}, "kind": "regression"}, 422, "support.targets.0"),
        ({"support": {"scores": [1.0]}}, 422, "support.scores"),
        ({"support": {}, "query": {"configurations": [{"x": 1}]}}, 422, "query.configurations"),
        ({"support": {}, "task_id": "some"}, 422, "task_id"),
    ],
)
def test_what_a_task_model_cannot_take_is_named(
    service: LiveService, body: dict[str, object], status: int, field: str
) -> None:
    problem = problem_in(service.http.post(f"{MODELS}/tabular/adapt", json=body))
    assert (problem.status, problem.field) == (status, field)


@pytest.mark.parametrize("large", [1e200, 1e308, -1e308, 10**400], ids=["1e200", "1e308", "-1e308", "400 digits"])
@pytest.mark.parametrize("path", ["support.targets.3", "support.rows.0.2", "query.rows.1.2"])
@pytest.mark.parametrize("text", [False, True])
def test_numbers_too_large_to_reckon_with_are_named(
    service: LiveService, large: float, path: str, *, text: bool
) -> None:
    rows: list[list[object]] = [[0.5, float(n), n / 7] for n in range(6)]
    targets: list[object] = [n + 0.5 for n in range(6)]
    asked: list[list[object]] = [[0.5, 1.0, 2.0], [0.5, 1.0, 2.0]]
    if text:  # a column with a text is nominal throughout
        rows[1][2] = "some"
    if path.startswith("support.targets"):
        targets[3] = large
    else:
        (rows if path.startswith("support") else asked)[int(path.split(".")[2])][2] = large
    body = {"support": {"rows": rows, "targets": targets}, "query": {"rows": asked}}
    problem = problem_in(service.http.post(f"{MODELS}/tabular/adapt", json=body))
    assert (problem.status, problem.field) == (422, path)
    assert str(problem.value).startswith(repr(large)[:20])
    assert problem.limit in ("within ±1e+100", "finite number")


def test_numbers_up_to_the_limit_are_reckoned_with(service: LiveService) -> None:
    rows = [[-1e100, 1.0], [1e100, 2.0], [1e100, 3.0], [0.0, 4.0]]
    body = {"support": {"rows": rows, "targets": [1e100, -1e100, 0.5, 1.0]}, "query": {"rows": [*rows, [None, 1e100]]}}
    means = ok(service, "POST", f"{MODELS}/tabular/adapt", body)["mean"]
    assert np.isfinite(means).all()


def test_the_limits_of_fine_tuning_are_those_of_task_models() -> None:
    properties = FineTuningBody.model_json_schema()["properties"]
    limits = {name: properties[name]["anyOf"][0]["maximum"] for name in properties}
    assert limits == {"n_steps": MAX_STEPS, "rate": MAX_RATE, "pull": MAX_PULL}
