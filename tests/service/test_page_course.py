"""A study's course: spread, time, learning curves and front, drawn and readable without scripts."""

import csv
import io
import itertools
import re
from pathlib import Path

import pytest

from service.pages.studies.course import MAX_BARS, MAX_LINES, MAX_POINTS, MAX_STEPS
from tests.service.driven_browser import browser
from tests.service.page_checks import DRAWN, HOSTILE, check_looks, new_study, report
from tests.serving import LiveService

METRICS = ["accuracy", HOSTILE[:150], "duration"]
DIRECTIONS = ["maximize", "minimize", "minimize"]


@pytest.fixture(scope="module")
def space(live_service: LiveService) -> dict[str, object]:
    low_high = {"low": 0.0, "high": 1.0, "step": None, "log": False}
    return {"parameters": {"x": {"name": "FloatDistribution", "attributes": low_high}}}


@pytest.fixture(scope="module")
def studied(live_service: LiveService, space: dict[str, object]) -> str:
    study_id = new_study(live_service, f"{HOSTILE} course", space, metric="accuracy")
    trials: list[dict[str, object]] = [
        {
            "number": n,
            "params": {"x": n / 100},
            "value": None if n % 10 == 9 else (n * 37 % 101) / 101,
            "state": "fail" if n % 10 == 9 else "pruned" if n % 10 == 4 else "complete",
            "duration_s": 0.5 + n,
            "intermediate_values": {str(step): 1.0 - 1.0 / (1 + step + n) for step in range(1, 151)} if n > 20 else {},
        }
        for n in range(100)
    ]
    report(live_service, study_id, trials)
    return study_id


@pytest.fixture(scope="module")
def several(live_service: LiveService, space: dict[str, object]) -> str:
    return with_several(live_service, space, "several objectives")


def with_several(live_service: LiveService, space: dict[str, object], name: str) -> str:
    study_id = new_study(live_service, name, space, metrics=METRICS, directions=DIRECTIONS)
    trials: list[dict[str, object]] = [
        {"number": n, "params": {"x": n / 10}, "state": "complete", "values": [n / 10, (n - 6) ** 2, 5.0]}
        for n in range(10)
    ]
    report(live_service, study_id, trials)
    return study_id


def rows(service: LiveService, study_id: str, name: str) -> list[list[str]]:
    answer = service.http.get(f"/studies/{study_id}/figures/{name}", params={"form": "csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_it_is_drawn_at_every_width_and_asks_nobody_else(
    live_service: LiveService, studied: str, several: str, tmp_path: Path
) -> None:
    with browser(tmp_path) as page:
        for study_id, n_figures in ((studied, 3), (several, 3)):
            check_looks(page, f"{live_service.url}/studies/{study_id}/course")
            assert page.run("document.querySelectorAll('figure[data-source] svg').length") >= n_figures - 1


def test_every_figure_is_saved_as_svg(live_service: LiveService, studied: str, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.size(1280)
        page.open(f"{live_service.url}/studies/{studied}/course", until=DRAWN)
        for name in ("edf", "timeline", "steps"):
            page.run(f"document.querySelector('#{name} button.svg').click()")
            saved = page.run(f"document.querySelector('#{name}').dataset.saved")
            assert saved.startswith("<svg")
            assert "var(" not in re.sub(r"aria-[a-z]+=\"[^\"]*\"", "", saved)


def test_the_spread_is_that_of_complete_trials_beside_other_studies(
    live_service: LiveService, studied: str, space: dict[str, object]
) -> None:
    task = live_service.http.get(f"/v1/studies/{studied}").json()["task_id"]
    body = {"task_id": task, "search_space": space, "metric": "accuracy", "name": "another"}
    other = live_service.http.post("/v1/studies", json=body).json()["study_id"]
    report(live_service, other, [{"number": 0, "params": {"x": 0.5}, "value": 0.25}])
    found = rows(live_service, studied, "edf")
    assert found[0] == ["study", "value", "share"]
    mine = [(float(value), float(share)) for study, value, share in found[1:] if study == "this study"]
    assert len(mine) == 80
    assert mine == sorted(mine)
    assert mine[-1][1] == 1.0
    beside = [row for row in found[1:] if row[0] != "this study"]
    assert beside == [[f"another ({other[-8:]})", "0.25", "1.0"]]
    text = live_service.http.get(f"/studies/{studied}/course").text
    assert f"another ({other[-8:]})" in text
    assert HOSTILE not in text


def test_the_hypervolume_of_several_objectives_grows(
    live_service: LiveService, space: dict[str, object], studied: str
) -> None:
    several = with_several(live_service, space, "growing front")
    found = rows(live_service, several, "volume")
    assert found[0] == ["complete", "trial", "hypervolume"]
    assert [(int(row[0]), int(row[1])) for row in found[1:]] == [(n + 1, n) for n in range(10)]
    volumes = [float(row[2]) for row in found[1:]]
    assert volumes == sorted(volumes)
    # of trial 0: accuracy 0 and 36, from a reference of -.09 and 39.6 to the best, .9 and 0; the constant says nothing
    assert volumes[0] == pytest.approx(0.09 * 3.6 / (0.99 * 39.6))
    text = live_service.http.get(f"/studies/{several}/course").text
    assert "Hypervolume over trials" in text
    assert HOSTILE[:150] not in text
    assert re.search(r'accuracy</bdi>, maximize</th><td class="number">-0\.09</td><td class="number">0\.9</td>', text)
    report(
        live_service, several, [{"number": 10, "params": {"x": 1.0}, "state": "complete", "values": [2.0, 0.0, 5.0]}]
    )
    again = rows(live_service, several, "volume")[1:]
    assert float(again[-1][2]) == pytest.approx(1.0)  # the new trial is best in everything
    assert rows(live_service, studied, "volume")[1:] == []
    assert "Hypervolume" not in live_service.http.get(f"/studies/{studied}/course").text


def test_time_adds_up(live_service: LiveService, studied: str) -> None:
    found = rows(live_service, studied, "timeline")[1:]
    ends = [(float(start), float(end)) for _, _, _, start, end in found]
    assert ends[0][0] == 0.0
    assert all(one[1] == other[0] for one, other in itertools.pairwise(ends))
    assert ends[-1][1] == pytest.approx(sum(0.5 + n for n in range(100)))
    assert sum(int(row[1]) for row in found) == 100
    text = live_service.http.get(f"/studies/{studied}/course").text
    assert re.search(r"pruned</th><td class=\"number\">10</td>", text)


def test_curves_are_those_of_the_last_trials_and_are_thinned(live_service: LiveService, studied: str) -> None:
    found = rows(live_service, studied, "steps")[1:]
    numbers = sorted({int(row[0]) for row in found})
    assert numbers == list(range(100 - MAX_LINES, 100))
    one = [int(row[2]) for row in found if row[0] == "99"]
    assert len(one) <= MAX_STEPS
    assert (one[0], one[-1]) == (1, 150)


def test_the_front_is_shown_with_its_trials(live_service: LiveService, several: str) -> None:
    found = rows(live_service, several, "front")
    assert len(found) == 11
    on_front = {int(row[0]) for row in found[1:] if row[1] == "front"}
    assert on_front == {6, 7, 8, 9}  # more accuracy at a higher price; before 6 both are worse
    text = live_service.http.get(f"/studies/{several}/course").text
    assert all(f'/trials/{number}">' in text for number in on_front)
    assert '/trials/3">' not in text
    assert "<script>alert" not in text


def test_a_study_without_trials_has_an_empty_course(live_service: LiveService, space: dict[str, object]) -> None:
    study_id = new_study(live_service, "empty course", space)
    text = live_service.http.get(f"/studies/{study_id}/course").text
    assert text.count("No trial has been reported yet") == 1
    assert f'href="/studies/{study_id}#code"' in text
    for name in ("edf", "timeline", "steps", "front"):
        assert len(rows(live_service, study_id, name)) == 1
    assert live_service.http.get("/studies/study_of_nobody/course").status_code == 404


def test_fifty_thousand_trials_are_thinned(live_service: LiveService, space: dict[str, object]) -> None:
    study_id = new_study(live_service, "large course", space, metrics=["accuracy", "f1"])
    trials: list[dict[str, object]] = [
        {
            "number": n,
            "params": {"x": 0.5},
            "values": [(n * 37 % 10_007) / 10_007, (n * 101 % 9_973) / 9_973],
            "duration_s": 1.0,
        }
        for n in range(50_000)
    ]
    report(live_service, study_id, trials)
    assert live_service.http.get(f"/studies/{study_id}/course").status_code == 200
    assert len(rows(live_service, study_id, "timeline")) <= 1 + MAX_BARS * 2
    assert len(rows(live_service, study_id, "edf")) <= 1 + 2 * 200
    assert len(rows(live_service, study_id, "front")) <= 1 + MAX_POINTS
