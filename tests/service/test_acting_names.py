"""Names in which a sign acts are refused wherever a name is made, on both databases; other scripts are welcome."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.service.asking import problem_in
from tests.serving import LiveService, start_service

GIVEN = "the-key-of-the-settings"
ACTING = {
    "nul": "\x00",
    "bell": "\x07",
    "tab": "\t",
    "line feed": "\n",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "control sequence": "\x9b",
    "arabic mark": "\u061c",
    "left mark": "\u200e",
    "right mark": "\u200f",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "embedding": "\u202a",
    "override": "\u202e",
    "isolate": "\u2066",
    "pop isolate": "\u2069",
    "soft hyphen": "\xad",
    "space without a width": "\u200b",
    "word joiner": "\u2060",
    "invisible times": "\u2062",
    "byte order mark": "\ufeff",
    "annotation": "\ufff9",
    "half a character": "\ud800",
    "the other half": "\udfff",
}
WELCOME = [
    "naïve",
    "数据 1",
    "👩‍🔬",
    "کتاب‌ها",
    "שלום",
    "a\u00a0b",
    "e\u0301",
    "\U0001f600",
    "%2e%2e",
    "<b>",
    "'; --",
    "$x^2$",
]
FLOAT = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    more = {}
    if request.param == "postgresql":
        more["database_url"] = str(request.getfixturevalue("postgres_url_of_module"))
    started = start_service(tmp_path_factory.mktemp(f"acting-{request.param}"), api_keys=GIVEN, **more)
    started.http.headers["Authorization"] = f"Bearer {GIVEN}"
    yield started
    assert started.stop() == 0


def post(service: LiveService, path: str, body: Any) -> httpx.Response:
    content = json.dumps(body)  # escapes of lone surrogates, too, which no client would send otherwise
    return service.http.post(path, content=content, headers={"Content-Type": "application/json"})


def makers(name: str, task_id: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Whatever makes a name, with it."""
    study = {"task_id": task_id, "search_space": "mlp"}
    space = {"parameters": {name: FLOAT}}
    return {
        "task": ("/v1/tasks", {"kind": "binary", "meta_features": {"n": 1.0}, "name": name}),
        "meta-feature": ("/v1/tasks", {"kind": "binary", "meta_features": {name: 1.0}}),
        "gap": ("/v1/tasks", {"kind": "binary", "meta_features": {"n": 1.0}, "gaps": {name: "none"}}),
        "version": ("/v1/tasks", {"kind": "binary", "meta_features": {"n": 1.0}, "version": name}),
        "study": ("/v1/studies", study | {"name": name}),
        "metric": ("/v1/studies", study | {"metric": name, "direction": "minimize"}),
        "creation key": ("/v1/studies", study | {"creation_key": name}),
        "metadata": ("/v1/studies", study | {"metadata": {name: 1}}),
        "parameter": ("/v1/studies", study | {"search_space": space}),
        "alias": ("/v1/studies", study | {"search_space": {"parameters": {"x": FLOAT}, "aliases": {"x": [name]}}}),
        "asked parameter": ("/v1/recommendations", {"task_id": task_id, "search_space": space}),
        "key": ("/v1/keys", {"name": name, "owner": "o"}),
        "owner": ("/v1/keys", {"name": "k", "owner": name}),
        "workspace": ("/v1/workspaces", {"name": name}),
        "share": ("/v1/shared-models", {"workspace": name, "search_space": "mlp", "kind": "binary"}),
        "training": ("/v1/neural/models", {"name": name, "search_space": "mlp", "kind": "binary"}),
    }


@pytest.fixture(scope="module")
def task_id(service: LiveService) -> str:
    return str(post(service, "/v1/tasks", {"kind": "binary", "meta_features": {"n": 1.0}}).json()["task_id"])


@pytest.mark.parametrize("sign", ACTING.values(), ids=ACTING)
def test_a_sign_that_acts_is_refused_wherever_a_name_is_made(service: LiveService, task_id: str, sign: str) -> None:
    wrong = []
    for name in (f"a{sign}b", sign, f"ab{sign}"):
        for what, (path, body) in makers(name, task_id).items():
            answer = post(service, path, body)
            if answer.status_code not in (400, 422) or sign.encode(errors="surrogatepass") in answer.content:
                wrong.append((what, name, answer.status_code, answer.text[:200]))
    assert wrong == []


@pytest.mark.parametrize("sign", [sign for sign in ACTING.values() if sign.isascii() or ord(sign) < 0xD800], ids=repr)
def test_a_name_in_an_address_is_refused_or_unknown(service: LiveService, sign: str) -> None:
    space = {"parameters": {"x": FLOAT}}
    name = f"/v1/search-spaces/{quote(f'a{sign}b')}"
    refused = service.http.put(name, json=space)
    assert refused.status_code in (404, 422), refused.text
    assert service.http.get(name).status_code in (404, 422)
    for path in ("/v1/tasks/", "/v1/studies/", "/v1/jobs/", "/v1/imports/", "/v1/neural/models/"):
        where = path + quote(f"a{sign}b")
        assert service.http.get(where).status_code in (404, 422), where
        assert service.http.delete(where).status_code in (404, 405, 422), where
    for asked in ({"search_space": f"a{sign}b"}, {"task_id": f"a{sign}b"}, {"cursor": f"a{sign}b"}):
        assert service.http.get("/v1/studies", params=asked).status_code in (200, 404, 422), asked


@pytest.mark.parametrize("name", WELCOME)
def test_names_of_any_script_are_kept_as_they_are(service: LiveService, task_id: str, name: str) -> None:
    features = {"kind": "binary", "meta_features": {"n": 2.0, name: 1.0}, "name": name}
    kept = post(service, "/v1/tasks", features)
    assert kept.status_code == 200, kept.text
    space = {"parameters": {name: FLOAT}}
    made = post(service, "/v1/studies", {"task_id": task_id, "search_space": space, "name": name})
    assert made.status_code == 201, made.text
    found = service.http.get(f"/v1/studies/{made.json()['study_id']}").json()
    assert found["name"] == name
    trials = [{"number": 0, "params": {name: 0.5}, "value": 0.5}]
    assert service.http.post(f"/v1/studies/{found['study_id']}/trials", json=trials).status_code == 200
    listed = service.http.get(f"/v1/studies/{found['study_id']}/trials").json()["items"]
    assert listed[0]["params"] == {name: 0.5}


def test_what_is_refused_names_the_sign(service: LiveService) -> None:
    answer = post(service, "/v1/tasks", {"kind": "binary", "meta_features": {"a\u202eb": 1.0}})
    problem = problem_in(answer)
    assert (problem.status, problem.field) == (422, "meta_features")
    assert "U+202E" in problem.detail
