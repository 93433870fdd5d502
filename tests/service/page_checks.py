"""What every page is checked for, and studies to look at."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from tests.service.driven_browser import Browser
from tests.serving import LiveService

DRAWN = (
    "document.readyState === 'complete' && !document.querySelector("
    "'figure[data-source]:not([data-drawn]), [data-drawn=later], [data-learning]')"
)
HOSTILE = "=cmd|'/C calc'!A0<img src=x onerror=alert(1)></svg><script>alert(2)</script>"


def new_study(service: LiveService, name: str, space: Any = "knn", **more: object) -> str:
    """A study of a task of its own."""
    rows = 100.0 + sum(map(ord, name))
    task = {"kind": "binary", "name": f"task of {name}", "meta_features": {"n_rows": rows, "n_columns": 3.0}}
    task_id = service.http.post("/v1/tasks", json=task).json()["task_id"]
    body = {"task_id": task_id, "search_space": space, "name": name, **more}
    answer = service.http.post("/v1/studies", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["study_id"])


def report(service: LiveService, study_id: str, trials: list[dict[str, object]]) -> None:
    for start in range(0, len(trials), 5_000):
        answer = service.http.post(f"/v1/studies/{study_id}/trials", json=trials[start : start + 5_000])
        assert answer.status_code == 200, answer.text


def learned_page(service: LiveService, path: str, *, params: Mapping[str, Any] | None = None) -> httpx.Response:
    """A page, or the data of a figure, once the models that it needs are learned."""
    deadline = time.monotonic() + 120.0
    while True:
        answer = service.http.get(path, params=params)
        if answer.status_code != 202 and not any(sign in answer.text for sign in ("data-learning", '"learning":true')):
            return answer
        assert time.monotonic() < deadline
        time.sleep(0.1)


def check_looks(page: Browser, url: str) -> None:
    """A page fits every width, in both themes, has no finding of axe, no error, and asks nobody else."""
    for width in (360, 768, 1280):
        for theme in ("light", "dark"):
            page.size(width)
            page.theme(theme)
            page.open(url, until=DRAWN)
            # not innerWidth: a phone shows a page that is too wide in small
            assert page.run("document.documentElement.scrollWidth") <= width, (url, width)
            findings = page.accessibility()
            assert findings == [], (url, width, theme, findings)
    assert page.run("[...document.querySelectorAll('[data-drawn]')].map(f => f.dataset.drawn).includes('no')") is False
    assert page.errors == []
    origin = "/".join(url.split("/")[:3])
    assert all(asked.startswith((f"{origin}/", "data:", "blob:")) for asked in page.requests), page.requests
