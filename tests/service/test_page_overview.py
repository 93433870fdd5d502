"""The start page: what it counts, and that names on it do nothing."""

import re
from pathlib import Path

from service.pages.inert import csv_of
from service.pages.overview.savings import Step, saved_by, total
from store.model_keys import KindGroup, ModelKey
from store.totals import StudySize
from tests.service.driven_browser import browser
from tests.serving import LiveService
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.text import inert

HOSTILE = "<script>alert(1)</script>\u202e=cmd\u2066"


def test_the_start_page_shows_what_is_there_and_asks_nobody_else(live_service: LiveService, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        for width in (360, 768, 1280):
            for theme in ("light", "dark"):
                page.size(width)
                page.theme(theme)
                page.open(f"{live_service.url}/")
                assert page.run("document.documentElement.scrollWidth") <= width, width
                assert page.accessibility() == []
        assert page.errors == []
        assert all(url.startswith(f"{live_service.url}/") for url in page.requests), page.requests
        for label in ("Tasks", "Studies", "Trials", "Search spaces"):
            term = f"[...document.querySelectorAll('dt')].find(term => term.textContent === '{label}')"
            found = page.run(f"{term}.nextElementSibling.textContent")
            assert int(found.replace(",", "")) > 0


def test_the_start_page_is_whole_without_scripts(live_service: LiveService, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.scripts(on=False)
        page.open(f"{live_service.url}/")
        page.scripts(on=True)  # for asking only: the page's own have not run
        assert page.run("document.getElementById('theme').hidden")
        assert page.run("document.querySelectorAll('tbody tr').length") > 10
        assert "client.warm_start" in page.run("document.body.innerText")


def test_the_theme_is_chosen_by_keyboard_and_kept(live_service: LiveService, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.theme("light")
        page.open(f"{live_service.url}/")
        light = page.run("getComputedStyle(document.body).backgroundColor")
        page.run("document.getElementById('theme').focus()")
        for _ in range(2):  # system, light, dark
            page.press("Enter", 13)
        page.wait("document.documentElement.dataset.theme === 'dark'")
        assert page.run("getComputedStyle(document.body).backgroundColor") != light
        page.open(f"{live_service.url}/?again")
        page.wait("document.documentElement.dataset.theme === 'dark'")


def test_the_first_tab_leads_past_the_navigation(live_service: LiveService, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.open(f"{live_service.url}/")
        page.press("Tab", 9)
        assert page.run("document.activeElement.className") == "skip"
        page.press("Enter", 13)
        page.wait("location.hash === '#main'")


def test_names_on_the_start_page_are_text(live_service: LiveService) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": 77.0}, "name": HOSTILE}
    answer = live_service.http.post("/v1/tasks", json=task)
    if answer.status_code == 422:  # where the border refuses marks of direction, the rest of the name is tried
        task["name"] = "<script>alert(1)</script>=cmd"
        answer = live_service.http.post("/v1/tasks", json=task)
    body = {"task_id": answer.json()["task_id"], "search_space": "mlp", "name": task["name"]}
    assert live_service.http.post("/v1/studies", json=body).status_code == 201
    page = live_service.http.get("/").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;") >= 2
    assert re.search("[\u202a-\u202e\u2066-\u2069]", page) is None


def test_signs_that_act_are_shown_as_what_they_are() -> None:
    assert inert("a\u202eb\x00c\nd\ud800e\x9b") == "a\\u202eb\\x00c\\x0ad\\ud800e\\x9b"
    assert inert("naïve 数据 👩‍🔬 کتاب‌ها") == "naïve 数据 👩‍🔬 کتاب‌ها"


def test_tables_hold_no_formula() -> None:
    rows = [("=cmd|' /C calc'!A0", 1), ("  +1", -2.5), ("@x", None), ("\t=1", True), ("＝1", 0), ('a,b\n"c"', 1e-300)]
    text = csv_of(("=name", "value"), rows).decode()
    assert text.splitlines() == [
        "'=name,value",
        "'=cmd|' /C calc'!A0,1",
        "'  +1,-2.5",
        "'@x,",
        "\\x09=1,True",
        "'＝1,0",
        '"a,b\\x0a""c""",1e-300',
    ]


def test_a_study_has_saved_what_its_last_step_tells() -> None:
    key = ModelKey("space", KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
    steps = {key: (Step(needed=2, after=5, low=1, high=4), Step(needed=6, after=20, low=4, high=None))}
    sizes = [
        StudySize(1, key, "svm", 1, 10.0),  # too short for any step
        StudySize(2, key, "svm", 5, 3_600.0),
        StudySize(3, key, "svm", 60, None),
        StudySize(4, ModelKey("other", key.kind_group, key.metric, key.direction), "mlp", 60, 10.0),
    ]
    (found,) = saved_by(sizes, steps)
    assert (found.name, found.n_studies) == ("svm", 2)
    assert found.trials == (3.0 + 14.0, 1.0 + 0.0, 4.0 + 16.0)
    assert found.hours == (3.0, 1.0, 4.0)
    assert total([found, found]).trials == (34.0, 2.0, 40.0)
    assert total([]).trials == (0, 0, 0)
