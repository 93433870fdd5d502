"""Histories from elsewhere, through a live service."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import optuna
import psutil
import pytest

from tests.knowledge.importers.optuna_studies import RECORDED, fill, journal, recorded
from tests.service.asking import problem_in
from tests.service.past_studies import ended, ok
from tests.serving import LiveService, start_service

GIVEN = {"kind": "multiclass"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    running = start_service(tmp_path_factory.mktemp("imports"), max_import_bytes=str(2**20))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def journal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "optuna.log"
    fill(journal(path), n_studies=3, n_trials=20)
    return path


def post(service: LiveService, content: bytes, **given: object) -> httpx.Response:
    request = json.dumps(given or GIVEN)
    return service.http.post("/v1/imports", files={"file": ("optuna.db", content)}, data={"request": request})


def imported(service: LiveService, content: bytes, **given: object) -> dict[str, Any]:
    response = post(service, content, **given)
    assert response.status_code == 202, response.text
    job = ended(service, response.json())
    assert job["state"] == "succeeded", job["failure"]
    return dict(job["result"])


def state(service: LiveService) -> object:
    studies = ok(service, "GET", "/v1/studies", limit=500)["items"]
    return [studies, ok(service, "GET", "/v1/tasks", limit=500)["items"], ok(service, "GET", "/v1/imports")]


def test_a_dry_run_tells_and_keeps_nothing(service: LiveService, journal_file: Path) -> None:
    before = state(service)
    result = imported(service, journal_file.read_bytes(), dry_run=True, kind="multiclass")
    assert result["n_studies"] == {"new": 6, "grown": 0, "moved": 0, "unchanged": 0, "refused": 0}
    pair = next(study for study in result["studies"] if study["name"] == "pair")
    assert any("all of its 2 objectives are taken" in note["what"] for note in pair["adjusted"])
    assert result["import_id"] is None
    assert state(service) == before


def test_a_history_comes_in_and_again_changes_nothing(service: LiveService, journal_file: Path) -> None:
    content = journal_file.read_bytes()
    first = imported(service, content, kind="multiclass", sent_by="Ada")
    assert first["n_trials"]["new"] == 3 * 20 + 9
    study = next(s for s in first["studies"] if s["name"] == "conditional 0")
    kept = ok(service, "GET", f"/v1/studies/{study['study_id']}")
    assert kept["metadata"] == {
        "dataset": "toy 0",
        "warmtune:import": first["import_id"],
        "warmtune:source": "optuna-journal",
    }
    assert (kept["n_trials"], kept["metric"], kept["name"]) == (20, "accuracy", "conditional 0")
    record = ok(service, "GET", f"/v1/imports/{first['import_id']}")
    assert (record["sent_by"], record["n_studies"], record["file_name"]) == ("Ada", 6, "optuna.db")
    before = state(service)
    second = imported(service, content, kind="multiclass")
    assert second["n_studies"]["unchanged"] == 6
    assert second["n_trials"]["new"] == second["n_trials"]["changed"] == 0
    assert state(service) == before


def test_a_study_that_went_on_gets_what_is_new(service: LiveService, tmp_path: Path) -> None:
    path = tmp_path / "grows.log"
    study = optuna.create_study(storage=journal(path), study_name="grows", direction="maximize")
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3)
    running = study.ask()
    running.suggest_float("x", 0, 1)
    imported(service, path.read_bytes(), kind="binary", metric="accuracy")
    study.tell(running, 0.5)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    grown = imported(service, path.read_bytes(), kind="binary", metric="accuracy")
    assert grown["n_studies"]["grown"] == 1
    assert (grown["n_trials"]["new"], grown["n_trials"]["changed"]) == (2, 1)
    study_id = grown["studies"][0]["study_id"]
    trials = ok(service, "GET", f"/v1/studies/{study_id}/trials")["items"]
    assert [trial["state"] for trial in trials] == ["complete"] * 6


def test_what_is_known_of_datasets_comes_along(service: LiveService, tmp_path: Path) -> None:
    path = tmp_path / "described.log"
    for name in ("by features", "by id", "by nothing"):
        study = optuna.create_study(storage=journal(path), study_name=name, direction="maximize")
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    task = ok(service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 77.0}, "name": "kept"})
    tasks = {
        "by features": {"kind": "regression", "meta_features": {"n_rows": 50.0, "n_columns": 3.0}},
        "by id": {"task_id": task["task_id"]},
    }
    result = imported(service, path.read_bytes(), tasks=tasks, metric="score", kind="binary")
    found = {study["name"]: study for study in result["studies"]}
    described = ok(service, "GET", f"/v1/tasks/{found['by features']['task_id']}")
    assert (described["kind"], described["meta_features"]) == ("regression", {"n_rows": 50.0, "n_columns": 3.0})
    assert found["by id"]["task_id"] == task["task_id"]
    nameless = ok(service, "GET", f"/v1/tasks/{found['by nothing']['task_id']}")
    assert (nameless["name"], nameless["kind"], nameless["meta_features"]) == ("by nothing", "binary", {})
    # said later, it moves there: the same study, of a task that is known now
    tasks["by nothing"] = {"kind": "binary", "meta_features": {"n_rows": 9.0}}
    moved = imported(service, path.read_bytes(), tasks=tasks, metric="score", kind="binary")
    assert moved["n_studies"]["moved"] == 1
    assert service.http.get(f"/v1/tasks/{found['by nothing']['task_id']}").status_code == 404


def test_a_named_task_that_is_not_kept_refuses_its_study_only(service: LiveService, tmp_path: Path) -> None:
    content = recorded(tmp_path).read_bytes()
    result = imported(service, content, tasks={"toy": {"task_id": "task_0"}}, objective=0, kind="regression")
    assert [refused["name"] for refused in result["refused"]] == ["conditional"]
    assert {study["name"] for study in result["studies"]} == {"steps", "two objectives"}


def test_imported_tasks_without_meta_features_teach(service: LiveService, tmp_path: Path) -> None:
    path = tmp_path / "teach.log"
    storage = journal(path)
    for number in range(6):
        study = optuna.create_study(
            storage=storage,
            study_name=f"teaches {number}",
            direction="maximize",
            sampler=optuna.samplers.RandomSampler(seed=number),
        )
        study.optimize(lambda t: 1 - (t.suggest_float("where", 0, 1) - 0.3) ** 2, n_trials=12)
    result = imported(service, path.read_bytes(), kind="binary", metric="accuracy", register_as="taught")
    assert result["notes"] == []
    ok(service, "GET", "/v1/search-spaces/taught")
    body = {
        "task": {"kind": "binary", "meta_features": {"n_rows": 1000.0}},
        "search_space": "taught",
        "metric": "accuracy",
        "n_configurations": 1,
    }
    answer = ok(service, "POST", "/v1/recommendations", body)
    assert abs(answer["configurations"][0]["params"]["where"] - 0.3) < 0.1
    assert answer["strategy"] != "space_filling"
    refit = ended(service, ok(service, "POST", "/v1/models/refit", {"search_space": "taught", "kind": "binary"}))
    assert refit["state"] == "succeeded", refit


@pytest.mark.parametrize(
    ("content", "given", "what"),
    [
        (b"not a history", {}, "not recognised"),
        (b"\x80\x04K\x01.", {}, "pickle"),
        (b"", {}, "empty"),
        (RECORDED.read_bytes()[:-100], {}, "cut off"),
        (b"SQLite format 3\x00" + b"\x00" * 200, {}, "truncated|no SQLite|damaged|not Optuna"),
    ],
)
def test_a_hostile_file_fails_with_what_is_wrong(
    service: LiveService, content: bytes, given: dict[str, object], what: str
) -> None:
    import re

    before = state(service)
    job = ended(service, post(service, content, **given).json())
    assert job["state"] == "failed"
    assert re.search(what, job["failure"]["message"]), job["failure"]
    assert state(service) == before


def test_limits_are_reported(service: LiveService) -> None:
    problem = problem_in(post(service, b"x" * (2**20 + 1)))
    assert (problem.status, problem.limit) == (413, "1048576 bytes")


def test_a_dry_run_finds_out_whether_a_name_can_be_had(service: LiveService) -> None:
    before = state(service)
    taken = imported(service, RECORDED.read_bytes(), dry_run=True, register_as="svm_rbf")
    assert any("not registered as 'svm_rbf'" in note for note in taken["notes"]), taken["notes"]
    free = imported(service, RECORDED.read_bytes(), dry_run=True, register_as="free for all")
    assert not any("not registered" in note for note in free["notes"])
    assert state(service) == before
    assert service.http.get("/v1/search-spaces/free for all").status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"source": "optuna-pickle"}, "source"),
        ({"search_space": "no such space"}, "search_space"),
        ({"kind": "image"}, "kind"),
        ({"objective": -1}, "objective"),
        ({"unknown": 1}, "unknown"),
        ({"studies": []}, "studies"),
        ({"register_as": "two\nlines", "dry_run": True}, "register_as"),
        ({"register_as": "", "dry_run": True}, "register_as"),
        ({"tasks": {"a": {"meta_features": {"n": "many"}}}}, "tasks.a.meta_features.n"),
    ],
)
def test_a_wrong_request_is_refused_at_once(service: LiveService, given: dict[str, object], field: str) -> None:
    response = post(service, RECORDED.read_bytes(), **given)
    assert problem_in(response).field == field
    assert response.status_code in (404, 422)


def test_a_history_comes_as_a_file(service: LiveService) -> None:
    response = service.http.post("/v1/imports", json={})
    assert (problem_in(response).field, response.status_code) == ("file", 422)
    assert service.http.get("/v1/imports/import_0").status_code == 404


def test_an_import_leaves_no_file_behind(service: LiveService) -> None:
    imported(service, RECORDED.read_bytes(), dry_run=True)
    deadline = time.monotonic() + 20
    while left := list((service.database.parent / "jobs").glob("*")):  # removed right after the job has ended
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_history_many_times_at_once_is_taken_once(
    kind: str, journal_file: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'same.db'}" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    running = start_service(tmp_path / "service", database_url=url, job_workers="6", quick_job_workers="0")
    content = journal_file.read_bytes()
    with ThreadPoolExecutor(6) as senders:
        results = list(senders.map(lambda _: imported(running, content, kind="multiclass"), range(6)))
    assert sum(result["n_studies"]["new"] for result in results) == 6
    assert sum(result["n_trials"]["new"] for result in results) == 3 * 20 + 9
    assert sum(result["n_studies"]["unchanged"] for result in results) == 5 * 6
    assert running.stop() == 0


def test_what_reads_tables_is_loaded_once_where_tables_come_again(service: LiveService) -> None:
    rows = "".join(f"{n},{n / 7},{n / 9}\n" for n in range(8))
    for _ in range(3):
        imported(service, f"number,x,accuracy\n{rows}".encode(), dry_run=True, metric="accuracy", kind="binary")
    children = psutil.Process(service.process.pid).children()  # one that describes tables among them
    (waiting,) = (child for child in children if "service.imports.worker" in child.cmdline())
    assert any("libarrow" in mapped.path for mapped in waiting.memory_maps())
    assert waiting.num_threads() == 1  # a process of several is not to be forked
