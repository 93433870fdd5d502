"""Refits behind a backtest, versions, going back."""

from collections.abc import Iterator

import pytest

from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ended, keep_studies, ok, peak_at, random_lines
from tests.serving import LiveService, start_service

TASK = {"kind": "binary", "meta_features": {"n_rows": 123.0, "n_columns": 5.0, "salt": 7.0}}
REFIT = {"search_space": "line", "kind": "binary", "metric": "accuracy", "surrogate": "none"}
GOOD = [f"good {n}" for n in range(8)]
LIARS = [f"liar {n}" for n in range(24)]


def refit(service: LiveService, **change: object) -> dict[str, object]:
    job = ended(service, ok(service, "POST", "/v1/models/refit", {**REFIT, **change}))
    assert job["state"] == "succeeded", job
    result = job["result"]
    assert isinstance(result, dict)
    return result


def first_x(service: LiveService) -> tuple[float, str]:
    """Where the first recommendation is, and who made it."""
    body = {"task": TASK, "search_space": "line", "metric": "accuracy", "n_configurations": 1}
    answer = ok(service, "POST", "/v1/recommendations", body)
    return answer["configurations"][0]["params"]["x"], str(answer["model_version"])


def version(service: LiveService, name: object) -> dict[str, object]:
    items = ok(service, "GET", "/v1/models", search_space="line", metric="accuracy")["items"]
    return next(item for item in items if item["version"] == name)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(
        tmp_path_factory.mktemp("models"), backtest_folds="2", backtest_trials="6", mapping_until_tasks="0"
    )
    ok(started, "PUT", "/v1/search-spaces/line", LINE.to_json())
    yield started
    assert started.stop() == 0


def test_a_model_lives_through_refits_and_going_back(service: LiveService) -> None:
    """One story, since each step needs the one before."""
    missing = ended(service, ok(service, "POST", "/v1/models/refit", REFIT))
    assert (missing["state"], missing["failure"]["field"]) == ("failed", "search_space")
    assert problem_in(service.http.get("/v1/search-spaces/line/backtest?kind=binary")).status == 404

    keep_studies(service, "line", random_lines(12), peak_at(0.2), names=GOOD)
    first = refit(service)
    assert (first["state"], first["n_tasks"], first["n_trials"]) == ("active", 8, 96)
    assert refit(service)["version"] == first["version"]
    where, who = first_x(service)
    assert (abs(where - 0.2) < 0.15, who) == (True, first["version"])

    n_fits = service.log.read_text().count("model_fitted")
    ok(service, "PUT", "/v1/search-spaces/line", LINE.to_json())  # the same again
    assert first_x(service) == (where, who)
    assert service.log.read_text().count("model_fitted") == n_fits
    ok(service, "PUT", "/v1/search-spaces/line", LINE.to_json() | {"defaults": {"x": 0.4, "y": 0.5}})
    first_x(service)
    assert service.log.read_text().count("model_fitted") == n_fits + 1
    ok(service, "PUT", "/v1/search-spaces/line", LINE.to_json())

    found = ok(service, "GET", "/v1/search-spaces/line/backtest", kind="binary", metric="accuracy")
    assert (found["version"], found["n_tasks"]) == (first["version"], 8)
    assert found["summary"]["adaptive"]["1"]["mean"] < found["summary"]["random"]["1"]["mean"]
    assert len(found["regret"]["cold TPE"]) == 4
    saved = {one["baseline"]: one for one in found["trials_saved"]}
    assert saved["random"]["needed"] < saved["random"]["after"]
    picture = service.http.get("/v1/search-spaces/line/backtest?kind=binary", headers={"Accept": "image/png"})
    assert (picture.headers["content-type"], picture.content[:4]) == ("image/png", b"\x89PNG")

    keep_studies(
        service, "line", random_lines(4, seed=1), peak_at(0.95), names=LIARS
    )  # known, but too few to be targets
    second = refit(service)
    assert second["state"] == "rejected", second
    kept = version(service, second["version"])
    assert kept["comparison"]["other"] == first["version"]  # type: ignore[index]
    assert kept["comparison"]["low"] > kept["comparison"]["margin"]  # type: ignore[index]
    assert version(service, first["version"])["pinned"]
    assert first_x(service)[1] == first["version"]  # the liars are not learned from

    path = f"/v1/models/{second['version']}/activate"
    refused = problem_in(service.http.post(path, json={}))
    assert (refused.status, refused.field) == (409, "force")
    assert "mean regret +" in refused.detail
    forced = ok(service, "POST", path, {"force": True})
    assert (forced["state"], forced["pinned"]) == ("active", False)
    assert version(service, first["version"])["state"] == "retired"
    assert first_x(service)[1] == second["version"]

    back = service.http.post(f"/v1/models/{first['version']}/activate")
    assert (back.status_code, back.json()["state"], back.json()["pinned"]) == (200, "active", True)
    assert first_x(service) == (where, first["version"])

    candidate = refit(service, activate=False)
    assert (candidate["version"], candidate["state"]) == (second["version"], "candidate")
    assert first_x(service)[1] == first["version"]


def test_what_is_wrong_is_named(service: LiveService) -> None:
    for body, field in [
        ({**REFIT, "search_space": "nothing"}, "search_space"),
        ({**REFIT, "kind": "clustering"}, "kind"),
        ({**REFIT, "metric": "r2"}, "metric"),
        ({**REFIT, "surrogate": "oracle"}, "surrogate"),
        ({"search_space": "line"}, "kind"),
    ]:
        assert problem_in(service.http.post("/v1/models/refit", json=body)).field == field
    assert problem_in(service.http.post("/v1/models/engine-0/activate", json={})).status == 404
    assert problem_in(service.http.get("/v1/models", params={"search_space": "nothing"})).field == "search_space"
    assert problem_in(service.http.get("/v1/search-spaces/nothing/backtest?kind=binary")).field == "name"
    assert problem_in(service.http.get("/v1/search-spaces/line/backtest")).field == "kind"
