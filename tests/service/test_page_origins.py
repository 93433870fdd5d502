"""Pages about where recommendations and trials come from."""

import re
from pathlib import Path

from tests.service.driven_browser import browser
from tests.service.page_checks import HOSTILE, check_looks, learned_page, new_study, report
from tests.serving import LiveService


def shipped_task(service: LiveService) -> tuple[str, str]:
    items = service.http.get("/v1/tasks", params={"kind": "binary", "limit": 500}).json()["items"]
    return items[-1]["task_id"], items[-1]["name"]


def reported_study(service: LiveService) -> None:
    """A finished trial that the model in use has not been learned from."""
    task = {"kind": "binary", "meta_features": {"n_rows": 321.0}}
    task_id = service.http.post("/v1/tasks", json=task).json()["task_id"]
    asked = {"task_id": task_id, "search_space": "knn", "metric": "accuracy"}
    study_id = service.http.post("/v1/studies", json=asked).json()["study_id"]
    defaults = {"n_neighbors": 5, "weights": "uniform", "p": 2.0, "scaler": "standard"}
    report(service, study_id, [{"number": 0, "params": defaults, "value": 0.5}])


def test_a_recommendation_is_the_apis_and_tells_its_sources(live_service: LiveService, tmp_path: Path) -> None:
    task_id, _ = shipped_task(live_service)
    asked = {"task_id": task_id, "search_space": "knn", "n_configurations": 3}
    learned_page(live_service, "/origins", params={"task_id": task_id, "space": "knn", "n": 3})
    for _ in range(8):  # between the answer and the page, the model may be learned anew
        reported_study(live_service)
        answer = live_service.http.post("/v1/recommendations", json=asked).json()
        page = learned_page(live_service, "/origins", params={"task_id": task_id, "space": "knn", "n": 3})
        if "+" in answer["model_version"] and answer["model_version"] in page.text:
            break
    assert page.status_code == 200
    assert "+" in answer["model_version"], "it knows what was reported since it was learned"
    assert answer["model_version"] in page.text
    shown = re.sub(r"<[^>]+>", "", page.text)
    for ranked in answer["configurations"]:
        for name, value in ranked["params"].items():
            assert f"{name}={value:.4g}" in shown if isinstance(value, float) else f"{name}={value}" in shown
        assert all(source["task_name"] in page.text for source in ranked["sources"][:1])
    with browser(tmp_path) as seen:
        check_looks(seen, f"{live_service.url}/origins?task_id={task_id}&space=knn&n=3")
        seen.scripts(on=False)
        seen.open(f"{live_service.url}/origins?task_id={task_id}&space=knn&n=2")
        seen.scripts(on=True)
        assert seen.run("document.querySelectorAll('section.card table').length") == 2


def test_a_task_is_found_by_its_name(live_service: LiveService) -> None:
    study_id = new_study(live_service, f"{HOSTILE} origins")
    page = learned_page(live_service, "/origins", params={"words": "</svg>"}).text
    assert page.count('<th scope="row">') >= 1
    assert "<img src=x" not in page
    task_id = live_service.http.get(f"/v1/studies/{study_id}").json()["task_id"]
    assert f"task_id={task_id}" in page
    assert "No task matches" in learned_page(live_service, "/origins", params={"words": "_%_nothing"}).text


def test_what_cannot_be_recommended_is_reported_as_a_page(live_service: LiveService) -> None:
    task_id, _ = shipped_task(live_service)
    for asked, status in (
        ({"task_id": "none", "space": "knn"}, 404),
        ({"task_id": task_id, "space": "none"}, 404),
        ({"task_id": task_id, "space": "knn", "metric": "rmse"}, 422),
        ({"task_id": task_id, "space": "knn", "n": "21"}, 422),
    ):
        answer = learned_page(live_service, "/origins", params=asked)
        assert answer.status_code == status, asked
        assert answer.headers["content-type"].startswith("text/html")


def test_a_trial_tells_what_its_configuration_did_elsewhere(live_service: LiveService, tmp_path: Path) -> None:
    study_id = new_study(live_service, "a trial's origin")
    task_id, _ = shipped_task(live_service)
    asked = {"task_id": task_id, "search_space": "knn", "n_configurations": 1}
    answer = live_service.http.post("/v1/recommendations", json=asked).json()
    params = answer["configurations"][0]["params"]
    report(
        live_service,
        study_id,
        [
            {"number": 0, "params": params, "value": 0.8, "intermediate_values": {"1": 0.5, "2": 0.7}},
            {"number": 1, "params": {}, "state": "running", "value": None},
        ],
    )
    page = learned_page(live_service, f"/studies/{study_id}/trials/0").text
    n_tried = re.search(r"([\d,]+) other past tasks have tried exactly", page)
    assert n_tried is not None
    assert int(n_tried[1].replace(",", "")) >= 1
    assert "a trial</td>" in page
    assert "Intermediate values" in page
    assert "No past task is known" in learned_page(live_service, f"/studies/{study_id}/trials/1").text
    assert learned_page(live_service, f"/studies/{study_id}/trials/2").status_code == 404
    with browser(tmp_path) as seen:
        check_looks(seen, f"{live_service.url}/studies/{study_id}/trials/0")
