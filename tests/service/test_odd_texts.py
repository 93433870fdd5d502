"""Choices and metadata may hold any text, as separators do; wherever they are shown, they are escaped."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT, LiveService, start_service

SIGNS = "\x00\t\n\r\x1b\x7f\x9b\xad\u061c\u200b\u200e\u2028\u202e\u2060\u2066\ufeff"
ODD = [f"a{sign}b" for sign in SIGNS]
SPACE = {
    "parameters": {
        "separator": {"name": "CategoricalDistribution", "attributes": {"choices": ODD}},
        "x": {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}},
    }
}
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}, "name": "odd texts"}
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    more = {}
    if request.param == "postgresql":
        more["database_url"] = str(request.getfixturevalue("postgres_url_of_module"))
    started = start_service(tmp_path_factory.mktemp(f"odd-{request.param}"), **more)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def study(service: LiveService) -> dict[str, Any]:
    task_id = service.http.post("/v1/tasks", json=TASK).raise_for_status().json()["task_id"]
    body = {"task_id": task_id, "search_space": SPACE, "metric": "accuracy", "name": "odd"}
    body["metadata"] = {f"key {number}": text for number, text in enumerate(ODD)}
    made: dict[str, Any] = service.http.post("/v1/studies", json=body).raise_for_status().json()
    trials = [
        {"number": n, "params": {"separator": text, "x": n / 50}, "value": n / 50} for n, text in enumerate(ODD * 2)
    ]
    service.http.post(f"/v1/studies/{made['study_id']}/trials", json=trials).raise_for_status()
    return made


def test_they_come_back_as_they_were(service: LiveService, study: dict[str, Any]) -> None:
    found = service.http.get(f"/v1/studies/{study['study_id']}").json()
    assert list(found["metadata"].values()) == ODD
    trials = service.http.get(f"/v1/studies/{study['study_id']}/trials", params={"limit": 100}).json()["items"]
    assert [trial["params"]["separator"] for trial in trials] == ODD * 2


def test_pages_and_tables_escape_them(service: LiveService, study: dict[str, Any]) -> None:
    first = f"/studies/{study['study_id']}"
    seen, left = {}, [first]
    while left:
        path = left.pop()
        answer = service.http.get(path, headers={"Accept": "*/*"})
        assert answer.status_code == 200, path
        seen[path] = answer
        found = re.findall(rf'(?:href|src|action)="({first}[^"#]*)', answer.text)
        left += [one.replace("&amp;", "&") for one in found if one.replace("&amp;", "&") not in {*seen, *left}]
    kinds = {answer.headers["content-type"].split(";")[0] for answer in seen.values()}
    assert kinds >= {"text/html", "text/csv"}
    shown = "".join(answer.text for answer in seen.values())
    assert r"a\x1bb" in shown
    for path, answer in seen.items():
        if not answer.headers["content-type"].startswith("application/json"):
            text = answer.text.replace("\r\n", "\n").removeprefix("\ufeff")  # line ends and beginning of a CSV file
            assert not ACTS.search(text), path


@pytest.mark.parametrize("form", ["table", "json"])
def test_commands_escape_them(service: LiveService, study: dict[str, Any], tmp_path: Path, form: str) -> None:
    assert study["name"] == "odd"
    (tmp_path / "space.json").write_text(json.dumps(SPACE))
    rows = "\n".join(f"{row},{row % 7},{row % 2}" for row in range(60))
    (tmp_path / "table.csv").write_text(f"a,b,y\n{rows}\n")
    asked = ["recommend", "table.csv", "--target", "y", "--search-space", "space.json", "--n", "16"]
    done = subprocess.run(
        [sys.executable, "-m", "warmtune", *asked, "--format", form],
        cwd=tmp_path,
        env={**os.environ, "WARMTUNE_URL": service.url, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not ACTS.search(done.stdout + done.stderr)
    if form == "json":
        chosen = [one["params"]["separator"] for one in json.loads(done.stdout)["configurations"]]
        assert chosen
        assert set(chosen) <= set(ODD)
    else:
        assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_log_escapes_them(service: LiveService, study: dict[str, Any]) -> None:
    wrong = {"number": 99, "params": {"separator": "no\x1b\u202echoice", "x": 0.5}, "value": 0.5}
    assert service.http.post(f"/v1/studies/{study['study_id']}/trials", json=[wrong]).status_code == 422
    assert not ACTS.search(service.log.read_text())
