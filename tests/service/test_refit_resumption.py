"""A killed service goes on with its refits: from the groups of tasks that were measured, and from the same trials."""

import time
from pathlib import Path

from tests.service.past_studies import LINE, ended, keep_studies, ok, peak_at, random_lines, with_line_studies
from tests.serving import LiveService, start_service

ASKED = {"search_space": "line", "kind": "binary", "metric": "accuracy", "surrogate": "none"}


def wait_for_a_group(directory: Path) -> None:
    """Return once one group of left-out tasks has been kept."""
    deadline = time.monotonic() + 120.0
    while not list((directory / "jobs").rglob("kept-*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def backtest_of(service: LiveService, version: str) -> dict[str, object]:
    """The backtest of the active version, but for when it was made."""
    found = ok(service, "GET", "/v1/search-spaces/line/backtest", kind="binary", metric="accuracy")
    assert found["version"] == version
    return {**found, "created_at": None}


def test_a_killed_service_goes_on_with_a_refit_to_the_same_version(tmp_path: Path) -> None:
    slow = {"backtest_trials": "40", "backtest_folds": "8"}
    service = with_line_studies(start_service(tmp_path, **slow))
    job = ok(service, "POST", "/v1/models/refit", ASKED)
    wait_for_a_group(tmp_path)
    service.kill()

    service = start_service(tmp_path, **slow)
    again = ended(service, job)
    assert (again["state"], again["attempt"]) == ("succeeded", 2), again
    assert 1 <= again["result"]["n_resumed"] < 8
    found = backtest_of(service, again["result"]["version"])
    whole = ended(service, ok(service, "POST", "/v1/models/refit", ASKED))["result"]
    assert (whole["version"], whole["n_resumed"]) == (again["result"]["version"], 0)
    assert backtest_of(service, whole["version"]) == found
    assert service.stop() == 0


def test_trials_that_come_in_between_are_the_next_refits(tmp_path: Path) -> None:
    slow = {"backtest_trials": "40", "backtest_folds": "8"}
    service = with_line_studies(start_service(tmp_path, **slow))
    job = ok(service, "POST", "/v1/models/refit", ASKED)
    wait_for_a_group(tmp_path)
    keep_studies(service, LINE.to_json(), random_lines(16, seed=1), peak_at(0.3), names=["came later"])
    service.kill()

    service = start_service(tmp_path, **slow)
    result = ended(service, job)["result"]
    assert (result["n_tasks"], result["n_trials"]) == (8, 8 * 16)
    assert result["n_resumed"] >= 1
    following = ended(service, ok(service, "POST", "/v1/models/refit", ASKED))["result"]
    assert (following["n_tasks"], following["n_trials"], following["n_resumed"]) == (9, 9 * 16, 0)
    assert service.stop() == 0
