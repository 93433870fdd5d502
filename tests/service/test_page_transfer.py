"""The page about the health of transfer: alarm, influence, coverage."""

from pathlib import Path
from typing import Any

import pytest

from service.pages.transfer.usecases import _MAX_SPOTS
from tests.service.driven_browser import browser
from tests.service.page_checks import check_looks, learned_page, report
from tests.serving import LiveService

ASKED = {"space": "knn", "kind": "binary", "metric": "harm of a test", "direction": "maximize"}


@pytest.fixture(scope="module")
def studies(live_service: LiveService) -> list[str]:
    """Five studies whose first trial is worse than the default, which they try next."""
    space = live_service.http.get("/v1/search-spaces/knn", params={"kind": "binary"}).json()["search_space"]
    default: dict[str, Any] = space["defaults"]
    whole = {name: default[name] for name in space["parameters"] if name in default}
    neighbours = next(name for name in whole if "neighbors" in name)
    made = []
    for number in range(5):
        task = {"kind": "binary", "name": f"harmed {number}", "meta_features": {"n_rows": 10.0 + number, "q": 1.0}}
        task_id = live_service.http.post("/v1/tasks", json=task).json()["task_id"]
        body = {"task_id": task_id, "search_space": "knn", "metric": ASKED["metric"], "direction": "maximize"}
        study_id = live_service.http.post("/v1/studies", json={**body, "name": f"harmed {number}"}).json()["study_id"]
        trials: list[dict[str, object]] = [
            {"number": 0, "params": {**whole, neighbours: 41 + number}, "value": 0.6},
            {"number": 1, "params": whole, "value": 0.8},
            {"number": 2, "params": {**whole, neighbours: 7}, "value": 0.82},
        ]
        report(live_service, study_id, trials)
        made.append(study_id)
    return made


def test_harm_raises_the_alarm(live_service: LiveService, studies: list[str]) -> None:
    page = learned_page(live_service, "/transfer", params=ASKED)
    assert page.status_code == 200
    assert "Negative transfer: 5 of 5 studies" in page.text
    assert page.text.count("a trial</td>") == 5
    assert all(study_id in page.text for study_id in studies)
    quiet = learned_page(live_service, "/transfer", params={**ASKED, "metric": "accuracy", "direction": ""}).text
    assert "Negative transfer" not in quiet


def test_influence_is_shared_among_the_past_and_the_study(live_service: LiveService, studies: list[str]) -> None:
    figure = learned_page(live_service, f"/studies/{studies[0]}/influence").json()
    by_trials: dict[int, list[tuple[str, float]]] = {}
    for n, source, share in figure["rows"]:
        by_trials.setdefault(n, []).append((source, share))
    assert set(by_trials) == {1, 2, 3}
    for shares in by_trials.values():
        assert sum(share for _, share in shares) == pytest.approx(1.0, abs=1e-6)
        names = {name for name, _ in shares}
        assert {"the study alone", "other past tasks", "harmed 1"} <= names
        assert "harmed 0" not in names  # its own task has no effect beside its trials
    assert learned_page(live_service, "/studies/nothing/influence").status_code == 404


def test_parameters_over_all_past_tasks_are_shown_without_scripts(live_service: LiveService) -> None:
    asked = {**ASKED, "metric": "accuracy", "direction": ""}
    figure = learned_page(live_service, "/transfer/figures/importance", params=asked).json()
    shares = {name: mean for name, _, mean, _, _ in figure["rows"]}
    space = live_service.http.get("/v1/search-spaces/knn", params={"kind": "binary"}).json()["search_space"]
    assert set(shares) == set(space["parameters"])
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert all(0.0 <= low <= mean <= high <= 1.0 for _, _, mean, low, high in figure["rows"])
    text = learned_page(live_service, "/transfer", params=asked).text
    table = text[text.index('aria-label="Importance and suggested ranges over past tasks"') :]
    assert all(f"<bdi>{name}</bdi>" in table for name in shares)
    assert "Suggested ranges hold nine tenths" in table
    saved = learned_page(live_service, "/transfer/figures/importance", params={**asked, "form": "csv"}).text
    assert len(saved.splitlines()) == 1 + len(shares)


def test_coverage_names_tasks_without_trials(live_service: LiveService, studies: list[str]) -> None:
    lonely = {"kind": "multiclass", "name": "a lonely task", "meta_features": {"n_rows": 10.0**8, "q": 900.0}}
    assert live_service.http.post("/v1/tasks", json=lonely).status_code == 200
    page = learned_page(live_service, "/transfer", params=ASKED).text
    listed = page[page.index("Run next") :].partition("</tbody>")[0]
    n_listed = listed.count('<th scope="row">')
    assert "a lonely task" in listed or n_listed == _MAX_SPOTS  # other tests' tasks may be lonelier
    assert 1 <= n_listed <= _MAX_SPOTS


def test_the_page_can_be_seen_and_read_by_everyone(
    live_service: LiveService, studies: list[str], tmp_path: Path
) -> None:
    address = f"{live_service.url}/transfer?space=knn&metric=harm+of+a+test&direction=maximize&study_id={studies[1]}"
    with browser(tmp_path) as page:
        check_looks(page, address)
        page.scripts(on=False)
        page.open(address)
        page.scripts(on=True)
        assert page.run("document.querySelectorAll('svg').length") == 0
        assert page.run("document.querySelector('[role=alert]').textContent.includes('Negative transfer')")
    missing = {**ASKED, "direction": "sideways"}
    assert learned_page(live_service, "/transfer", params=missing).status_code == 422
    assert learned_page(live_service, "/transfer/figures/backtest", params=ASKED).status_code == 404
