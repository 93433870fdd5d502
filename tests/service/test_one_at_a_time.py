"""Recommendations are computed one at a time, and nothing else waits for them."""

from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings

SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}}}
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
ASKED = {"search_space": SPACE, "task": TASK}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=f"sqlite:///{tmp_path}/w.db", warm_up=False, run_jobs=False))


def test_a_recommendation_waits_for_the_one_that_is_computed(app: FastAPI) -> None:
    with TestClient(app, base_url="http://127.0.0.1") as http, ThreadPoolExecutor(1) as another:
        assert http.post("/v1/recommendations", json=ASKED).status_code == 200
        with app.state.services.recommending:
            waiting = another.submit(http.post, "/v1/recommendations", json=ASKED)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1.0)
            assert http.get("/v1/tasks").status_code == 200
        assert waiting.result(timeout=60.0).status_code == 200
