"""Asking a live service."""

import json
from collections.abc import Mapping

import httpx

from tests.serving import LiveService
from warmtune.wire.base import Problem

REQUEST = {"target": "target", "search_space": "random_forest"}


def recommend_file(
    service: LiveService, content: bytes, request: Mapping[str, object] | str = REQUEST, *, filename: str = "data.csv"
) -> httpx.Response:
    """POST a file with a request."""
    text = request if isinstance(request, str) else json.dumps(request)
    return service.http.post("/v1/recommendations", files={"file": (filename, content)}, data={"request": text})


def problem_in(response: httpx.Response) -> Problem:
    """The problem that a response carries, checked for form."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(response.content)
    assert problem.status == response.status_code
    assert problem.type == f"urn:warmtune:problem:{problem.code}"
    assert problem.request_id == response.headers["x-request-id"]
    assert problem.detail
    return problem


def counts(service: LiveService) -> tuple[int, int]:
    """Stored tasks and studies, on their first pages."""
    tasks = service.http.get("/v1/tasks", params={"limit": 500}).json()["items"]
    studies = service.http.get("/v1/studies", params={"limit": 500}).json()["items"]
    return len(tasks), len(studies)


def post_raw(service: LiveService, path: str, text: str) -> httpx.Response:
    """POST text as JSON, sound or not."""
    return service.http.post(path, content=text.encode(), headers={"Content-Type": "application/json"})
