"""The map of tasks: who is where, who is alike and why."""

from pathlib import Path

from tests.service.driven_browser import browser
from tests.service.page_checks import DRAWN, HOSTILE, check_looks, learned_page
from tests.serving import LiveService


def test_the_map_has_every_past_task_and_marks_the_chosen_one(live_service: LiveService, tmp_path: Path) -> None:
    asked = {"space": "knn", "kind": "binary"}
    for _ in range(5):  # a model that takes another test's tasks in may come between the two
        page = learned_page(live_service, "/tasks", params=asked)
        assert page.status_code == 200
        figure = learned_page(live_service, "/tasks/figures/map", params=asked).json()
        if f"{len(figure['rows'])} past tasks" in page.text:
            break
    assert len(figure["rows"]) > 100
    assert f"{len(figure['rows'])} past tasks" in page.text
    names = {row[0] for row in figure["rows"]}
    assert "adult" in names
    task_id = next(
        item["task_id"]
        for item in live_service.http.get("/v1/tasks", params={"kind": "binary", "limit": 500}).json()["items"]
        if item["name"] == "adult"
    )
    chosen = learned_page(live_service, "/tasks/figures/map", params={**asked, "task_id": task_id}).json()
    marks = {row[0]: row[5] for row in chosen["rows"]}
    assert marks["adult"] == "chosen"
    assert sum(mark == "alike" for mark in marks.values()) == 10
    asked_page = learned_page(live_service, "/tasks", params={**asked, "task_id": task_id}).text
    alike = asked_page[asked_page.index("Most like") : asked_page.index("What drives likeness")]
    for name in (name for name, mark in marks.items() if mark == "alike"):
        assert name in alike
    with browser(tmp_path) as seen:
        check_looks(seen, f"{live_service.url}/tasks?space=knn&task_id={task_id}&words=credit")
        seen.scripts(on=False)
        seen.open(f"{live_service.url}/tasks?space=knn&task_id={task_id}")
        seen.scripts(on=True)
        assert seen.run("document.querySelectorAll('svg').length") == 0
        assert seen.run("document.querySelectorAll('tbody tr').length") > 100


def test_of_a_task_that_shares_nothing_known_none_is_shown_as_alike(live_service: LiveService) -> None:
    body = {"kind": "binary", "name": "foreign", "meta_features": {"nobody_knows_this": 1.0}}
    asked = {
        "space": "knn",
        "kind": "binary",
        "task_id": live_service.http.post("/v1/tasks", json=body).json()["task_id"],
    }
    page = learned_page(live_service, "/tasks", params=asked).text
    assert "this task has none of the meta-features that describe past tasks" in page
    assert "No past task is known to be like it." in page
    figure = learned_page(live_service, "/tasks/figures/map", params=asked).json()
    assert "alike" not in {row[5] for row in figure["rows"]}


def test_tasks_are_searched_by_name_and_names_do_nothing(live_service: LiveService, tmp_path: Path) -> None:
    task = {"kind": "binary", "name": HOSTILE, "meta_features": {"n_rows": 4321.0}}
    task_id = live_service.http.post("/v1/tasks", json=task).json()["task_id"]
    body = {"task_id": task_id, "search_space": "knn", "name": "mapped", "metric": "my own"}
    study_id = live_service.http.post("/v1/studies", json={**body, "direction": "maximize"}).json()["study_id"]
    space = live_service.http.get("/v1/search-spaces/knn", params={"kind": "binary"}).json()["search_space"]
    trial = {"number": 0, "params": space["defaults"], "value": 0.5, "state": "complete"}
    answer = live_service.http.post(f"/v1/studies/{study_id}/trials", json=[trial])
    assert answer.status_code == 200, answer.text
    metric = live_service.http.get(f"/v1/studies/{study_id}").json()["metric"]
    asked = {"space": "knn", "kind": "binary", "metric": metric, "direction": "maximize", "words": "CMD|"}
    page = learned_page(live_service, "/tasks", params=asked).text
    assert "<img src=x" not in page
    assert "They are too few to learn likeness from" in page
    assert f"task_id={task_id}" in page
    with browser(tmp_path) as seen:
        seen.open(f"{live_service.url}/tasks?space=knn&metric=my+own&direction=maximize&task_id={task_id}", until=DRAWN)
        assert seen.errors == []
        assert seen.run("document.querySelectorAll('img[src=x]').length") == 0
    assert learned_page(live_service, "/tasks", params={**asked, "direction": ""}).status_code == 422
    origins = {"task_id": task_id, "space": "knn", "metric": metric, "direction": "maximize"}
    assert learned_page(live_service, "/origins", params=origins).status_code == 200
    assert learned_page(live_service, "/tasks", params={"space": "nothing"}).status_code == 404
    assert learned_page(live_service, "/tasks", params={"space": "knn", "kind": "mood"}).status_code == 422
