"""Two teams at one service: what one does, the other can't see, count, guess or measure in any answer."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from service.measures import Measures
from store.connections.scope import Workspace
from tests.service.asking import problem_in
from tests.service.past_studies import LINE
from tests.service.teams import GIVEN, Team, team
from tests.serving import LiveService, start_service
from warmtune import Client
from warmtune.vocabulary.errors import ForbiddenError, NotFoundError
from warmtune.wire import examples

TASK = {"kind": "binary", "name": "secret ledger", "meta_features": {"n_rows": 4321.0, "n_columns": 17.0}}
TRIALS = [{"number": n, "params": {"x": n / 10, "y": 0.5}, "value": n / 10, "state": "complete"} for n in range(8)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("workspaces"), api_keys=GIVEN)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def operator(service: LiveService) -> Iterator[Client]:
    with Client(service.url, api_key=GIVEN) as client:
        yield client


def fill(busy: Team) -> dict[str, str]:
    """Everything that can be stored, and its identifiers."""
    task = busy.post("/v1/tasks", TASK).json()["task_id"]
    assert busy.ask("PUT", "/v1/search-spaces/ledger", json=LINE.to_json()).status_code in (200, 201)
    asked = {"task_id": task, "search_space": "ledger", "metric": "accuracy", "name": "of the ledger"}
    study = busy.post("/v1/studies", asked).json()["study_id"]
    assert busy.post(f"/v1/studies/{study}/trials", TRIALS).status_code == 200
    refit = {"search_space": "ledger", "kind": "binary", "metric": "accuracy", "surrogate": "none"}
    job = busy.post("/v1/models/refit", refit).json()["job_id"]
    while busy.get(f"/v1/jobs/{job}")["state"] not in ("succeeded", "failed"):
        pass
    version = busy.get("/v1/models")["items"][0]["version"]
    return {"task": task, "study": study, "job": job, "version": version, "space": "ledger"}


def questions(names: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Whatever can be asked about things of these names, and in general."""
    task, study, job, version, space = (names[name] for name in ("task", "study", "job", "version", "space"))
    suggestion = {"kind": "binary", "meta_features": {"n_rows": 4321.0}}
    lists = ("tasks", "studies", "search-spaces", "models", "neural/models", "jobs", "imports")
    return [
        *(("GET", f"/v1/{name}?limit=500", None) for name in lists),
        ("GET", f"/v1/tasks/{task}", None),
        ("GET", f"/v1/tasks/{task}/neighbours", None),
        ("DELETE", f"/v1/tasks/{task}", None),
        ("GET", f"/v1/studies/{study}", None),
        ("GET", f"/v1/studies/{study}/trials", None),
        ("GET", f"/v1/studies/{study}/search-space", None),
        ("POST", f"/v1/studies/{study}/trials", TRIALS),
        ("POST", f"/v1/studies/{study}/suggestions", {"n": 2}),
        ("DELETE", f"/v1/studies/{study}", None),
        ("GET", f"/v1/studies?task_id={task}", None),
        ("GET", f"/v1/search-spaces/{space}", None),
        ("GET", f"/v1/search-spaces/{space}/backtest?kind=binary&metric=accuracy", None),
        ("GET", f"/v1/jobs/{job}", None),
        ("GET", f"/v1/jobs/{job}/log", None),
        ("DELETE", f"/v1/jobs/{job}", None),
        ("POST", f"/v1/models/{version}/activate", {"force": True}),
        ("POST", "/v1/studies", {"task_id": task, "search_space": "mlp", "metric": "accuracy"}),
        ("POST", "/v1/recommendations", {"task_id": task, "search_space": "mlp"}),
        ("POST", "/v1/recommendations", {"task": suggestion, "search_space": space}),
        ("POST", "/v1/recommendations", {"task": suggestion, "search_space": LINE.to_json(), "metric": "accuracy"}),
    ]


_VARYING = re.compile(r'"(request_id|recommendation_id|created_at)":"[^"]*"')


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, _VARYING.sub("", answer.text)


def test_what_one_keeps_changes_no_answer_of_another(service: LiveService, operator: Client) -> None:
    quiet = team(service, operator, "quiet")
    nothing = {"task": "task_none", "study": "study_none", "job": "job_none", "version": "v_none", "space": "none"}
    before = [said(quiet.ask(method, path, json=body)) for method, path, body in questions(nothing)]
    busy = team(service, operator, "busy")
    names = fill(busy)
    assert busy.get("/v1/studies", own_only=True)["items"][0]["study_id"] == names["study"]
    after = []
    for method, path, body in questions(names):
        status, text = said(quiet.ask(method, path, json=body))
        for mine, other in zip(names.values(), nothing.values(), strict=True):
            text = text.replace(mine, other)
        after.append((status, text))
    differing = [(q[:2], a, b) for q, a, b in zip(questions(names), before, after, strict=True) if a != b]
    assert differing == []


def test_the_same_content_is_kept_twice_without_a_word(service: LiveService, operator: Client) -> None:
    one, other = team(service, operator, "twin-a"), team(service, operator, "twin-b")
    answers = [said(each.post("/v1/tasks", TASK)) for each in (one, other)]
    assert answers[0] == answers[1]
    creation = {"task_id": json.loads(one.post("/v1/tasks", TASK).text)["task_id"], "search_space": "mlp"}
    creation |= {"metric": "accuracy", "creation_key": "nightly", "name": "n"}
    made = [each.post("/v1/studies", creation, **{"Idempotency-Key": "same"}) for each in (one, other)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert "idempotency-replayed" not in made[1].headers
    study = made[0].json()["study_id"]
    assert one.post(f"/v1/studies/{study}/trials", [TRIALS[0] | {"params": {}, "state": "fail", "value": None}])
    assert other.get(f"/v1/studies/{study}")["n_trials"] == 0


def test_nobody_learns_from_anothers_trials(service: LiveService, operator: Client) -> None:
    teacher, pupil = team(service, operator, "teacher"), team(service, operator, "pupil")
    fill(teacher)
    assert pupil.ask("PUT", "/v1/search-spaces/ledger", json=LINE.to_json()).status_code == 201
    task = {"kind": "binary", "meta_features": TASK["meta_features"]}
    asked: dict[str, Any] = {"task": task, "search_space": "ledger"}
    asked |= {"metric": "accuracy", "n_configurations": 3}
    stranger = team(service, operator, "stranger")
    assert stranger.ask("PUT", "/v1/search-spaces/ledger", json=LINE.to_json()).status_code == 201
    learned, alone, nobody = (each.post("/v1/recommendations", asked) for each in (teacher, pupil, stranger))
    assert said(alone) == said(nobody)
    assert alone.json()["model_version"] != learned.json()["model_version"]


def test_measures_are_those_of_the_own_workspace(service: LiveService, operator: Client) -> None:
    busy, quiet = team(service, operator, "busy"), team(service, operator, "unmeasured")

    def trials_of(who: Team) -> float:
        text = who.ask("GET", "/metrics").text
        return float(re.search(r"^warmtune_trials_total (\S+)$", text, re.MULTILINE).group(1))  # type: ignore[union-attr]

    fill(busy)
    assert trials_of(busy) >= len(TRIALS)
    assert trials_of(quiet) == 0.0
    assert "/v1/studies" not in quiet.ask("GET", "/metrics").text
    assert trials_of(Team(service, GIVEN)) >= trials_of(busy)


def test_a_cursor_of_one_is_nothing_to_another(service: LiveService, operator: Client) -> None:
    one, other = team(service, operator, "busy"), team(service, operator, "quiet")
    cursor = one.get("/v1/tasks", limit=1)["next_cursor"]
    refused = other.ask("GET", "/v1/tasks", params={"cursor": cursor})
    assert problem_in(refused).field == "cursor"


def test_a_cursor_continues_its_own_list_only(service: LiveService, operator: Client) -> None:
    busy = team(service, operator, "busy")
    for number in range(3):
        features = {"n_rows": 10.0 + number, "n_columns": 2.0}
        task = busy.post("/v1/tasks", {"kind": "binary", "meta_features": features}).json()["task_id"]
        asked = {"task_id": task, "search_space": "mlp", "metric": "accuracy"}
        assert busy.post("/v1/studies", asked).status_code == 201
    lists = [
        f"/v1/{name}" for name in ("tasks", "studies", "search-spaces", "models", "neural/models", "jobs", "imports")
    ]
    cursor = busy.get("/v1/tasks", limit=1)["next_cursor"]
    assert busy.get("/v1/tasks", limit=2, cursor=cursor)["items"]
    for path in lists[1:]:
        refused = problem_in(busy.ask("GET", path, params={"cursor": cursor}))
        assert (refused.status, refused.field) == (422, "cursor"), path
    narrowed = busy.get("/v1/studies", limit=1, own_only=True)["next_cursor"]
    for other in ({}, {"own_only": "false"}, {"own_only": "true", "search_space": "mlp"}):
        refused = problem_in(busy.ask("GET", "/v1/studies", params={"cursor": narrowed, **other}))
        assert refused.field == "cursor", other
    assert busy.ask("GET", "/v1/studies", params={"own_only": True, "cursor": narrowed}).status_code == 200


def test_who_administers_what(service: LiveService, operator: Client) -> None:
    team(service, operator, "busy")
    with Client(service.url, api_key=team(service, operator, "quiet", "admin").key) as own_admin:
        administers_its_own(own_admin, operator)


def administers_its_own(own_admin: Client, operator: Client) -> None:
    calls: list[Callable[[], object]] = [
        own_admin.list_workspaces,
        lambda: own_admin.create_workspace("another"),
        lambda: own_admin.delete_workspace("busy"),
        lambda: own_admin.create_key("k", owner="o", workspace="busy"),
        lambda: own_admin.list_audit(workspace="busy"),
    ]
    for call in calls:
        with pytest.raises(ForbiddenError):
            call()
    made = own_admin.create_key("k", owner="o", scope="read")
    assert made.workspace == "quiet"
    assert {key.workspace for key in own_admin.list_keys(limit=500).items} == {"quiet"}
    foreign = next(key for key in operator.list_keys(limit=500).items if key.workspace == "busy")
    with pytest.raises(NotFoundError):
        own_admin.revoke_key(foreign.key_id)
    assert own_admin.revoke_key(made.key_id).revoked_at is not None
    assert operator.revoke_key(foreign.key_id).workspace == "busy"


def test_a_deleted_workspace_is_gone_with_its_keys(service: LiveService, operator: Client) -> None:
    doomed = team(service, operator, "doomed")
    names = fill(doomed)
    operator.delete_workspace("doomed")
    assert problem_in(doomed.ask("GET", "/v1/tasks")).status == 401
    again = team(service, operator, "doomed")
    assert again.ask("GET", f"/v1/studies/{names['study']}").status_code == 404
    assert not any(study["name"] == "of the ledger" for study in again.get("/v1/studies", limit=500)["items"])
    assert problem_in(operator_delete(service, "default")).status == 409
    assert problem_in(operator_delete(service, "nowhere")).status == 404


def test_a_job_ends_with_its_workspace_and_leaves_nothing(service: LiveService, operator: Client) -> None:
    working = team(service, operator, "working")
    asked = {"name": "long", "search_space": "mlp", "kind": "binary", "metric": "accuracy", "algorithm": "maml"}
    job = working.post("/v1/neural/models", {**asked, "n_steps": 20_000}).json()["job_id"]
    directory = service.database.parent / "jobs" / job
    until(directory.exists)
    operator.delete_workspace("working")
    until(lambda: any(line.get("event") == "job_gone" and line["job_id"] == job for line in service.log_lines()))
    assert not directory.exists()
    assert not any(line.get("event") == "jobs_step_failed" for line in service.log_lines())


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120.0
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def operator_delete(service: LiveService, name: str) -> httpx.Response:
    return service.http.delete(f"/v1/workspaces/{name}", headers={"Authorization": f"Bearer {GIVEN}"})


@pytest.mark.parametrize("name", ["", "With Space", "(shipped)", "a/b", "x" * 101, "-a", "é"])
def test_names_that_workspaces_cannot_have(service: LiveService, name: str) -> None:
    headers = {"Authorization": f"Bearer {GIVEN}"}
    assert problem_in(service.http.post("/v1/workspaces", json={"name": name}, headers=headers)).field == "name"


def test_without_keys_there_is_one_workspace_as_before(tmp_path: Any) -> None:
    service = start_service(tmp_path)
    assert service.http.post("/v1/tasks", json=examples.TASK).status_code == 200
    assert [one["name"] for one in service.http.get("/v1/workspaces").json()["items"]] == ["default"]
    assert service.stop() == 0


def test_the_counts_of_a_deleted_workspace_are_gone() -> None:
    whole, mine, gone = Measures(), Workspace(1, "default", b"s"), Workspace(7, "gone", b"s")
    whole.of(gone).count_trials(5)
    whole.of(mine).forget(gone)  # as who deletes it does
    assert b"warmtune_trials_total 0.0" in whole.of(gone).exposition()
    assert b"warmtune_trials_total 5.0" in whole.exposition()
