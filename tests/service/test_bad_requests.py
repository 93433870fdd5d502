"""Unsound requests are refused with the field named."""

import json

import httpx
import pytest

from tests.service.asking import post_raw, problem_in
from tests.serving import LiveService
from warmtune.wire import examples

TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
ASK = {"task": TASK, "search_space": "random_forest"}
FLOAT = "FloatDistribution"


def refused(
    service: LiveService, path: str, body: object, *, status: int, code: str, field: str | None, method: str = "POST"
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    response = service.http.request(method, path, content=text.encode(), headers={"Content-Type": "application/json"})
    problem = problem_in(response)
    assert (problem.status, problem.code, problem.field) == (status, code, field), problem
    assert service.http.get("/healthz").status_code == 200


def space(**attributes: object) -> dict[str, object]:
    given = {"low": 0.1, "high": 1.0, "step": None, "log": False, **attributes}
    return {"parameters": {"C": {"name": FLOAT, "attributes": given}}}


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"search_space": "no_such_space"}, 404, "not_found", "search_space"),
        ({"search_space": space(low=2.0)}, 422, "invalid_search_space", "search_space.parameters.C"),
        ({"search_space": space(low=0.0, log=True)}, 422, "invalid_search_space", "search_space.parameters.C"),
        ({"search_space": {"parameters": {}}}, 422, "invalid_search_space", "search_space.parameters"),
        ({"metric": "r2"}, 422, "invalid_input", "metric"),
        ({"search_space": 7}, 422, "invalid_request", "search_space"),
        ({"n_configurations": 0}, 422, "invalid_request", "n_configurations"),
        ({"n_configurations": 10**9}, 422, "invalid_request", "n_configurations"),
        ({"n_configurations": -1}, 422, "invalid_request", "n_configurations"),
        ({"n_configurations": "ten"}, 422, "invalid_request", "n_configurations"),
        ({"n_configurations": 2.5}, 422, "invalid_request", "n_configurations"),
        ({"time_budget_s": 0}, 422, "invalid_request", "time_budget_s"),
        ({"metric": "my_score"}, 422, "invalid_input", "direction"),
        ({"metric": "accuracy", "direction": "minimize"}, 422, "invalid_input", "direction"),
        ({"direction": "upwards"}, 422, "invalid_request", "direction"),
        ({"n_confgurations": 3}, 422, "invalid_request", "n_confgurations"),
        ({"task": None}, 422, "invalid_request", "task"),
        ({"task_id": "task_1"}, 422, "invalid_request", "task"),
        ({"task": None, "task_id": "task_nowhere"}, 404, "not_found", "task_id"),
        ({"task": None, "task_id": "nul\x00"}, 404, "not_found", "task_id"),
        ({"task": None, "target": "y"}, 422, "invalid_request", "file"),
        ({"task": {"kind": "ternary", "meta_features": {}}}, 422, "invalid_request", "task.kind"),
        ({"task": {"kind": "binary"}}, 422, "invalid_request", "task.meta_features"),
        ({"task": {"kind": "binary", "meta_features": {"": 1.0}}}, 422, "invalid_input", "meta_features"),
        ({"task": {"kind": "binary", "meta_features": {"a": "b"}}}, 422, "invalid_request", "task.meta_features.a"),
        ({"task": {"kind": "binary", "meta_features": {"a": "1"}}}, 422, "invalid_request", "task.meta_features.a"),
        ({"task": {"kind": "binary", "meta_features": {"a": True}}}, 422, "invalid_request", "task.meta_features.a"),
        ({"time_budget_s": "5"}, 422, "invalid_request", "time_budget_s"),
        ({"explain": "no"}, 422, "invalid_request", "explain"),
        ({"explain": 1}, 422, "invalid_request", "explain"),
        ({"exclude_task_ids": ["x"] * 1_001}, 422, "invalid_request", "exclude_task_ids"),
        ({"keep": True}, 422, "invalid_request", "keep"),
    ],
)
def test_an_unsound_question_is_refused(
    live_service: LiveService, change: dict[str, object], status: int, code: str, field: str
) -> None:
    body = {key: value for key, value in {**ASK, **change}.items() if value is not None}
    refused(live_service, "/v1/recommendations", body, status=status, code=code, field=field)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused_wherever_it_stands(live_service: LiveService, number: str) -> None:
    asked = json.dumps({"task": {"kind": "binary", "meta_features": {"int": 7}}, "search_space": "svm_rbf"})
    asked = asked.replace("7", number)
    refused(
        live_service,
        "/v1/recommendations",
        asked,
        status=422,
        code="invalid_request",
        field="task.meta_features.int",
    )
    bounds = json.dumps(space()).replace("0.1", number)
    refused(
        live_service,
        "/v1/search-spaces/mine",
        bounds,
        method="PUT",
        status=422,
        code="invalid_request",
        field="parameters.C.attributes.low",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "malformed_request"),
        ("", "invalid_request"),
        ("nul\x00", "malformed_request"),
        ("[" * 100_000, "malformed_request"),
        ('{"n": ' + "9" * 5_000 + "}", "malformed_request"),
        ("[]", "invalid_request"),
        ("null", "invalid_request"),
        ('"text"', "invalid_request"),
    ],
    ids=["cut", "empty", "noise", "deep", "endless", "list", "null", "text"],
)
def test_what_is_no_json_object_is_refused(live_service: LiveService, text: str, code: str) -> None:
    for path in ("/v1/recommendations", "/v1/suggestions", "/v1/studies"):
        problem = problem_in(post_raw(live_service, path, text))
        assert problem.status in (400, 422)
        assert problem.code == code
        assert problem.field == "body"


def test_lone_surrogates_are_refused(live_service: LiveService) -> None:
    text = '{"task": {"kind": "binary", "meta_features": {"\\ud800": 1.0}}, "search_space": "svm_rbf"}'
    problem = problem_in(post_raw(live_service, "/v1/recommendations", text))
    assert 400 <= problem.status < 500
    text = '{"task_id": "\\ud800", "search_space": "\\udfff"}'
    problem = problem_in(post_raw(live_service, "/v1/recommendations", text))
    assert 400 <= problem.status < 500


def test_another_media_type_is_refused(live_service: LiveService) -> None:
    for path in ("/v1/recommendations", "/v1/studies"):
        response = live_service.http.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
        problem = problem_in(response)
        assert (problem.status, problem.code, problem.field) == (415, "unsupported_media_type", "header.content-type")


@pytest.mark.parametrize(
    ("parts", "status", "field"),
    [
        ({"request": (None, '{"target": "y", "search_space": "mlp"}')}, 422, "file"),
        ({"file": ("a.csv", b"x,y\n1,2\n")}, 422, "search_space"),
        ({"file": ("a.csv", b"x,y\n1,2\n"), "request": (None, "{")}, 400, "request"),
        ({"file": ("a.csv", b"x,y\n1,2\n"), "request": (None, '{"search_space": "mlp"}')}, 422, "target"),
        (
            {"file": ("a.csv", b"x,y\n1,2\n"), "request": (None, '{"target": "y", "search_space": "?"}')},
            404,
            "search_space",
        ),
        ({"file": ("a.csv", b"x,y\n1,2\n"), "other": (None, "{}")}, 400, "other"),
        (
            {"file": ("a.csv", b"x,y\n"), "request": (None, '{"target": "y", "task_id": "t", "search_space": "mlp"}')},
            422,
            "task_id",
        ),
        (
            {"file": ("a.csv", b"x,y\n"), "request": (None, '{"target": "y", "kind": "no", "search_space": "mlp"}')},
            422,
            "kind",
        ),
    ],
)
def test_an_unsound_form_is_refused(
    live_service: LiveService, parts: dict[str, tuple[str | None, str | bytes]], status: int, field: str
) -> None:
    problem = problem_in(live_service.http.post("/v1/recommendations", files=parts))
    assert (problem.status, problem.field) == (status, field)


def test_a_form_that_ends_early_is_refused(live_service: LiveService) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    whole = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx,y\r\n--b--\r\n'
    for content in (whole[:-10], whole[:30], b"", b"nonsense", whole.replace(b"--b--", b"--b")):
        problem = problem_in(live_service.http.post("/v1/recommendations", content=content, headers=headers))
        assert (problem.status, problem.code) == (400, "malformed_request")
    problem = problem_in(
        live_service.http.post("/v1/tasks", content=whole, headers={"Content-Type": "multipart/form-data"})
    )
    assert problem.status == 400


def test_unknown_routes_and_methods_are_problems(live_service: LiveService) -> None:
    problem = problem_in(live_service.http.get("/v1/nothing"))
    assert (problem.status, problem.code) == (404, "route_not_found")
    response = live_service.http.delete("/v1/tasks")
    assert (problem_in(response).status, problem_in(response).code) == (405, "method_not_allowed")
    assert "GET" in response.headers["allow"]
    assert problem_in(live_service.http.get("/static/../../pyproject.toml")).status == 404


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/tasks?limit=0", 422, "limit"),
        ("/v1/tasks?limit=501", 422, "limit"),
        ("/v1/tasks?limit=x", 422, "limit"),
        ("/v1/tasks?cursor=nonsense", 422, "cursor"),
        ("/v1/tasks?kind=ternary", 422, "kind"),
        ("/v1/tasks/none", 404, "task_id"),
        ("/v1/tasks/%00", 404, "task_id"),
        ("/v1/tasks/%ff", 404, "task_id"),
        ("/v1/tasks/none/neighbours", 404, "task_id"),
        ("/v1/studies/none", 404, "study_id"),
        ("/v1/studies/none/trials", 404, "study_id"),
        ("/v1/search-spaces/none", 404, "name"),
        ("/v1/search-spaces/random_forest?kind=ternary", 422, "kind"),
    ],
)
def test_unsound_reading_is_refused(live_service: LiveService, path: str, status: int, field: str) -> None:
    problem = problem_in(live_service.http.get(path))
    assert (problem.status, problem.field) == (status, field)


def test_a_study_over_a_foreign_task_is_refused(live_service: LiveService) -> None:
    body = {"task_id": "task_of_somebody_else", "search_space": "random_forest"}
    refused(live_service, "/v1/studies", body, status=404, code="not_found", field="task_id")


def test_a_study_over_a_search_space_for_other_tasks_is_refused(live_service: LiveService) -> None:
    body = {"name": "only_classes", "kind": "regression", "meta_features": {"n_rows": 5.0}}
    task_id = live_service.http.post("/v1/tasks", json=body).json()["task_id"]
    live_service.http.put("/v1/search-spaces/for_classes", params={"kind": "binary"}, json=space())
    study = {"task_id": task_id, "search_space": "for_classes"}
    refused(live_service, "/v1/studies", study, status=404, code="not_found", field="search_space")


def test_trials_for_an_unknown_study_are_refused(live_service: LiveService) -> None:
    body = [{"number": 0, "params": {}, "value": 1.0}]
    refused(live_service, "/v1/studies/none/trials", body, status=404, code="not_found", field="study_id")


@pytest.fixture(scope="module")
def study(live_service: LiveService) -> str:
    """A study to report to."""
    task = live_service.http.post("/v1/tasks", json={**examples.TASK, "name": "bad trials"}).json()
    body = {"task_id": task["task_id"], "search_space": examples.SEARCH_SPACE, "metric": "accuracy"}
    response = live_service.http.post("/v1/studies", json=body)
    assert response.status_code == 201
    study_id = str(response.json()["study_id"])
    first = live_service.http.post(f"/v1/studies/{study_id}/trials", json=[{**examples.TRIAL, "number": 100}])
    assert first.status_code == 200
    return study_id


GOOD = {"C": 1.0, "kernel": "rbf", "gamma": 0.1}


@pytest.mark.parametrize(
    ("trial", "code", "field"),
    [
        ({"number": 1, "params": GOOD, "value": float("nan")}, "invalid_request", "trials.1.value"),
        ({"number": 1, "params": GOOD, "value": float("-inf")}, "invalid_request", "trials.1.value"),
        ({"number": 1, "params": {**GOOD, "C": float("nan")}, "value": 1}, "invalid_request", "trials.1.params.C"),
        ({"number": 1, "params": GOOD}, "invalid_input", "trials.1.value"),
        ({"number": -1, "params": GOOD, "value": 1}, "invalid_request", "trials.1.number"),
        ({"number": 2**31, "params": GOOD, "value": 1}, "invalid_request", "trials.1.number"),
        ({"number": 1, "params": {**GOOD, "depth": 3}, "value": 1}, "invalid_configuration", "trials.1.params.depth"),
        ({"number": 1, "params": {**GOOD, "C": 1e9}, "value": 1}, "invalid_configuration", "trials.1.params.C"),
        ({"number": 1, "params": {**GOOD, "C": "1"}, "value": 1}, "invalid_configuration", "trials.1.params.C"),
        (
            {"number": 1, "params": {**GOOD, "kernel": "linear"}, "value": 1},
            "invalid_configuration",
            "trials.1.params.gamma",
        ),
        (
            {"number": 1, "params": {**GOOD, "kernel": "linear"}, "state": "fail"},
            "invalid_configuration",
            "trials.1.params.gamma",
        ),
        ({"number": 1, "params": {"C": 1.0}, "value": 1}, "invalid_configuration", "trials.1.params.kernel"),
        ({"number": 1, "params": GOOD, "value": 1, "state": "done"}, "invalid_request", "trials.1.state"),
        ({"number": 1, "params": GOOD, "value": 1, "duration_s": -1}, "invalid_request", "trials.1.duration_s"),
        ({"params": GOOD, "value": 1}, "invalid_request", "trials.1.number"),
        ({"number": 1, "params": GOOD, "value": 1, "score": 2}, "invalid_request", "trials.1.score"),
        ({"number": 1, "params": {**GOOD, "C": [1]}, "value": 1}, "invalid_request", "trials.1.params.C"),
        ({"number": 1, "params": GOOD, "value": True}, "invalid_request", "trials.1.value"),
        ({"number": 1, "params": GOOD, "value": "0.5"}, "invalid_request", "trials.1.value"),
        ({"number": "1", "params": GOOD, "value": 1}, "invalid_request", "trials.1.number"),
        ({"number": True, "params": GOOD, "value": 1}, "invalid_request", "trials.1.number"),
        ({"number": 1, "params": GOOD, "value": 1, "duration_s": "5"}, "invalid_request", "trials.1.duration_s"),
        (
            {"number": 1, "params": GOOD, "value": 1, "intermediate_values": {"0": "0.5"}},
            "invalid_request",
            "trials.1.intermediate_values.0",
        ),
        ({"number": 1, "params": GOOD, "value": 1, "constraints": [True]}, "invalid_request", "trials.1.constraints.0"),
    ],
)
def test_an_unsound_trial_is_refused_with_its_whole_batch(
    live_service: LiveService, study: str, trial: object, code: str, field: str
) -> None:
    batch = [{"number": 0, "params": GOOD, "value": 0.5}, trial]
    refused(live_service, f"/v1/studies/{study}/trials", batch, status=422, code=code, field=field)
    assert live_service.http.get(f"/v1/studies/{study}").json()["n_trials"] == 1


def test_a_contradicting_trial_is_a_conflict(live_service: LiveService, study: str) -> None:
    body = [{**examples.TRIAL, "number": 100, "value": 0.1}]
    problem = problem_in(live_service.http.post(f"/v1/studies/{study}/trials", json=body))
    assert (problem.status, problem.code, problem.field, problem.value) == (409, "conflict", "number", "100")


def test_no_trials_and_too_many_are_refused(live_service: LiveService, study: str) -> None:
    path = f"/v1/studies/{study}/trials"
    refused(live_service, path, [], status=422, code="invalid_request", field="body")
    many = [{"number": i, "params": GOOD, "value": 1} for i in range(10_001)]
    refused(live_service, path, many, status=422, code="invalid_request", field="body")


def test_unsound_pending_configurations_are_refused(live_service: LiveService, study: str) -> None:
    path = f"/v1/studies/{study}/suggestions"
    body = {"n": 1, "pending": [GOOD, {**GOOD, "C": -1}]}
    refused(live_service, path, body, status=422, code="invalid_configuration", field="pending.1.C")
    refused(live_service, path, {"n": 0}, status=422, code="invalid_request", field="n")


def test_a_shipped_name_cannot_be_taken(live_service: LiveService) -> None:
    response: httpx.Response = live_service.http.put("/v1/search-spaces/random_forest", json=space())
    assert (problem_in(response).status, problem_in(response).field) == (409, "name")
