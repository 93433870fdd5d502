"""How many transactions of SQLite a request takes: a further one may see another state of the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event

from service.app import create_app
from service.settings import Settings

SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}}}


@contextmanager
def transactions(engine: Engine) -> Iterator[list[str]]:
    """Those that begin within the block, `read` or `write`; what goes on in the background is left out."""
    begun: list[str] = []

    def note(connection: Connection) -> None:
        if not threading.current_thread().name.startswith("warmtune-"):
            is_writing = "warmtune_patience_s" in connection.get_execution_options()
            begun.append("write" if is_writing else "read")

    event.listen(engine, "begin", note)
    try:
        yield begun
    finally:
        event.remove(engine, "begin", note)


def ok(http: TestClient, path: str, body: object) -> dict[str, object]:
    answer = http.post(path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, object] = answer.json()
    return found


def study_of(http: TestClient, n_rows: float) -> str:
    """A study of a task of its own, with trials."""
    task = ok(http, "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": n_rows}})["task_id"]
    study = ok(http, "/v1/studies", {"task_id": task, "search_space": SPACE, "metric": "accuracy"})["study_id"]
    trials = [{"number": i, "params": {"x": x}, "value": 1.0 - (x - 0.3) ** 2} for i, x in enumerate((0.1, 0.4, 0.9))]
    ok(http, f"/v1/studies/{study}/trials", trials)
    return str(study)


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=f"sqlite:///{tmp_path}/w.db", warm_up=False, run_jobs=False))


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_a_suggestion_after_a_report_reads_in_one_transaction(app: FastAPI, http: TestClient) -> None:
    study = [study_of(http, 100.0 + n) for n in range(3)][-1]
    ok(http, f"/v1/studies/{study}/suggestions", {"n": 1})  # the model is learned
    engine = app.state.services.database.engine
    for number in (3, 4):
        with transactions(engine) as reporting:
            ok(http, f"/v1/studies/{study}/trials", [{"number": number, "params": {"x": 0.5}, "value": 0.8}])
        with transactions(engine) as suggesting:
            ok(http, f"/v1/studies/{study}/suggestions", {"n": 1})
        assert reporting == ["read", "write"]
        assert suggesting == ["read"]


def test_a_recommendation_after_a_report_reads_in_one_transaction(app: FastAPI, http: TestClient) -> None:
    study = [study_of(http, 100.0 + n) for n in range(3)][-1]
    asked = {"task": {"kind": "binary", "meta_features": {"n_rows": 9.0}}, "search_space": SPACE, "metric": "accuracy"}
    ok(http, "/v1/recommendations", asked)
    ok(http, f"/v1/studies/{study}/trials", [{"number": 3, "params": {"x": 0.5}, "value": 0.8}])
    with transactions(app.state.services.database.engine) as begun:
        ok(http, "/v1/recommendations", asked)
    assert begun == ["read"]


def test_what_ships_answers_after_one_transaction(app: FastAPI, http: TestClient) -> None:
    asked = {"task": {"kind": "binary", "meta_features": {"n_rows": 9.0}}, "search_space": "svm_rbf"}
    ok(http, "/v1/recommendations", asked)
    with transactions(app.state.services.database.engine) as begun:
        ok(http, "/v1/recommendations", asked)
    assert begun == ["read"]


def test_a_model_is_learned_outside_of_any_transaction(app: FastAPI, http: TestClient) -> None:
    studies = [study_of(http, 100.0 + n) for n in range(3)]
    with transactions(app.state.services.database.engine) as begun:
        ok(http, f"/v1/studies/{studies[0]}/suggestions", {"n": 1})
    assert set(begun) == {"read"}
    assert len(begun) > 1  # the request's own had ended before
