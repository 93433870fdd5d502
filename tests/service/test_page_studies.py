"""Pages of studies: lists, a study's curve and trials, its parameters; tens of thousands of trials; hostile names."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest

from service.pages.studies.parameters import chosen_numbers
from service.pages.studies.progress import MAX_POINTS, improvements, milestones, thinned
from store.study_tables import TrialValue
from tests.service.driven_browser import browser
from tests.service.page_checks import DRAWN, HOSTILE, check_looks, learned_page, new_study, report
from tests.serving import LiveService
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

OWN_SPACE = {
    "parameters": {
        HOSTILE: {"name": "FloatDistribution", "attributes": {"low": 0.001, "high": 1.0, "step": None, "log": True}},
        "depth": {"name": "IntDistribution", "attributes": {"low": 1, "high": 9, "step": 1, "log": False}},
        "kind": {"name": "CategoricalDistribution", "attributes": {"choices": [HOSTILE, None, "plain"]}},
    }
}


def own_trials(n: int) -> list[dict[str, object]]:
    choices = [HOSTILE, None, "plain"]
    return [
        {
            "number": i,
            "params": {HOSTILE: 0.001 * (1 + i % 900), "depth": 1 + i % 9, "kind": choices[i % 3]},
            "value": None if i % 50 == 49 else (i * 37 % 101) / 101,
            "state": "fail" if i % 50 == 49 else "complete",
            "duration_s": 0.5,
        }
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def hostile_study(live_service: LiveService) -> str:
    study_id = new_study(live_service, f"{HOSTILE} a", OWN_SPACE)
    report(live_service, study_id, own_trials(60))
    return study_id


@pytest.fixture(scope="module")
def large_study(live_service: LiveService) -> str:
    study_id = new_study(live_service, "a large one", OWN_SPACE)
    report(live_service, study_id, own_trials(50_000))
    return study_id


def test_studies_are_found_and_sorted(live_service: LiveService, hostile_study: str) -> None:
    def names(**asked: object) -> list[str]:
        text = live_service.http.get("/studies", params=asked).text  # type: ignore[arg-type]
        return re.findall(r'<th scope="row"><a href="/studies/([^"]+)"', text)

    assert names(words="</script> a", own=True) == [hostile_study]
    assert names(words="%") == []  # a word, no pattern
    assert names(words="nothing\x00like this") == []
    assert len(names()) == 50
    first, second = names(order="oldest"), names(order="oldest", offset=50)
    assert not set(first) & set(second)
    assert len(names(space="knn", offset=50)) == 50
    assert live_service.http.get("/studies?order=mood").status_code == 422
    assert live_service.http.get("/studies?offset=99999").status_code == 413


@pytest.mark.parametrize("blank", [" ", "\u00a0\u3000", "\u200d", "\u3164", "\u2800"])
def test_a_study_with_a_blank_name_can_be_clicked(live_service: LiveService, blank: str) -> None:
    study_id = new_study(live_service, blank, OWN_SPACE)
    text = live_service.http.get("/studies", params={"own": True}).text
    assert f'<a href="/studies/{study_id}"><bdi>{study_id[:14]}…</bdi></a>' in text
    assert f"<h1><bdi>{study_id[:14]}…</bdi></h1>" in live_service.http.get(f"/studies/{study_id}").text


def test_a_study_is_drawn_and_asks_nobody_else(live_service: LiveService, hostile_study: str, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        for part in ("", "/parameters"):
            check_looks(page, f"{live_service.url}/studies/{hostile_study}{part}")
        check_looks(page, f"{live_service.url}/studies?own=true")


def test_a_study_can_be_read_without_scripts(live_service: LiveService, hostile_study: str, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.scripts(on=False)
        for part, rows in (("", 20), ("/parameters", 3)):
            page.open(f"{live_service.url}/studies/{hostile_study}{part}")
            page.scripts(on=True)  # for asking only: the page's own have not run
            assert page.run("document.querySelectorAll('svg').length") == 0
            assert page.run("document.querySelectorAll('tbody th[scope=row]').length") >= rows
            assert page.run("[...document.querySelectorAll('.exports a')].every(a => a.href.endsWith('form=csv'))")
            page.scripts(on=False)


def test_names_do_nothing_in_pages_pictures_and_tables(
    live_service: LiveService, hostile_study: str, tmp_path: Path
) -> None:
    with browser(tmp_path) as page:
        page.open(f"{live_service.url}/studies/{hostile_study}/parameters", until=DRAWN)
        assert page.run("document.querySelectorAll('img[src=x], main script').length") == 0
        page.run("for (const b of document.querySelectorAll('button.svg')) b.click()")
        for picture in page.run("[...document.querySelectorAll('figure.chart')].map(f => f.dataset.saved)"):
            root = ElementTree.fromstring(picture)  # well-formed, whatever names hold
            tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
            assert not tags & {"script", "img", "foreignObject", "a"}, tags
            assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
            assert "var(" not in picture
        assert page.errors == []
    for name in ("parallel", "importance"):
        answer = live_service.http.get(f"/studies/{hostile_study}/figures/{name}?form=csv")
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert len(rows) > 3
        cells = [cell for row in rows for cell in row]
        assert any(cell.startswith("'=cmd") for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)
        assert "attachment" in answer.headers["content-disposition"]


def test_what_a_page_remembers_of_a_long_study_is_what_is_stored(live_service: LiveService) -> None:
    study_id = new_study(live_service, "long and growing", OWN_SPACE)
    report(live_service, study_id, own_trials(2_100))

    def states() -> list[str]:
        lines = live_service.http.get(f"/studies/{study_id}/trials.csv").text.splitlines()[1:]
        return [line.split(",")[1] for line in lines]

    def drawn() -> int:
        return len(live_service.http.get(f"/studies/{study_id}/figures/parallel").json()["rows"])

    n_drawn = drawn()
    assert len(states()) == 2_100
    assert 600 < n_drawn <= 1_200
    for state in ("waiting", "running", "complete"):
        value = 5.0 if state == "complete" else None
        one = {**own_trials(1)[0], "number": 2_100, "state": state, "value": value}
        report(live_service, study_id, [one])
        assert states()[2_100] == state
    best = live_service.http.get(f"/studies/{study_id}/figures/parallel").json()["rows"][-1]
    assert best[:2] == [2_100, 5.0]
    page = live_service.http.get(f"/studies/{study_id}/parameters").text
    assert "of its 2,059 complete trials" in page


def test_fifty_thousand_trials_are_thinned_on_the_way(
    live_service: LiveService, large_study: str, tmp_path: Path
) -> None:
    page = live_service.http.get(f"/studies/{large_study}")
    assert len(page.content) < 60_000
    assert "50,000" in page.text
    assert len(live_service.http.get(f"/studies/{large_study}/trials.csv").text.splitlines()) == 50_001
    figure = learned_page(live_service, f"/studies/{large_study}/figures/progress").json()
    drawn = [row for row in figure["rows"] if row[0] == "trial"]
    assert 1_000 < len(drawn) <= MAX_POINTS
    best = max(row[2] for row in drawn)
    assert best == max(row[2] for row in figure["rows"] if row[0] == "best so far") == pytest.approx(100 / 101)
    assert len(live_service.http.get(f"/studies/{large_study}/figures/parallel").json()["rows"]) <= 1_200
    with browser(tmp_path) as shown:
        for part in ("", "/parameters"):
            shown.open(f"{live_service.url}/studies/{large_study}{part}", until=DRAWN)
        assert shown.errors == []


def test_trials_are_ranked_among_all_and_equal_ones_share_their_rank(live_service: LiveService) -> None:
    axis = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
    space = {"parameters": {"value": axis, "trial": axis, "__proto__": axis}}
    study_id = new_study(live_service, "ranked", space, metric="log_loss")
    scores = [0.5, 0.1, None, 0.1, 9.0]
    report(
        live_service,
        study_id,
        [
            {
                "number": i,
                "params": {"value": i / 8, "trial": i / 16, "__proto__": i / 32},
                "state": "fail" if score is None else "complete",
                **({} if score is None else {"value": score}),
            }
            for i, score in enumerate(scores)
        ],
    )
    figure = learned_page(live_service, f"/studies/{study_id}/figures/rank").json()
    assert [row[:3] for row in figure["rows"]] == [[0, 3.0, 0.5], [1, 1.5, 0.1], [3, 1.5, 0.1], [4, 4.0, 9.0]]
    assert set(figure["columns"][3:]) == {"value (parameter)", "trial (parameter)", "__proto__"}
    assert {axis["name"] for axis in figure["options"]["axes"]} == set(figure["columns"][3:])
    assert figure["options"]["n_complete"] == 4
    text = live_service.http.get(f"/studies/{study_id}/figures/rank?form=csv").text
    assert text.splitlines()[0].startswith("trial,rank,value,")


def test_parameters_called_like_anything_are_drawn(live_service: LiveService, tmp_path: Path) -> None:
    axis = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
    words = {"name": "CategoricalDistribution", "attributes": {"choices": ["__proto__", "constructor", "value"]}}
    names = ("value", "trial", "rank", "__proto__", "constructor", "toString", "hasOwnProperty")
    space = {"parameters": {**dict.fromkeys(names, axis), "kind": words}}
    study_id = new_study(live_service, "names of JavaScript", space, metric="accuracy")
    choices = ["__proto__", "constructor", "value"]
    lines: list[dict[str, object]] = [
        {"number": i, "params": {**{n: (i * k % 13) / 13 for k, n in enumerate(names)}, "kind": choices[i % 3]}}
        for i in range(24)
    ]
    report(live_service, study_id, [{**line, "value": i / 24, "state": "complete"} for i, line in enumerate(lines)])
    with browser(tmp_path) as page:
        page.open(f"{live_service.url}/studies/{study_id}/parameters", until=DRAWN)
        assert page.errors == []
        assert page.run("[...document.querySelectorAll('[data-drawn]')].every(f => f.dataset.drawn === 'yes')")
        assert page.run("document.querySelectorAll('#rank .plot circle').length") == 24
        page.run(
            "{const s = document.querySelector('#rank select'); s.value = 'kind'; s.dispatchEvent(new Event('change'))}"
        )
        assert page.run("document.querySelectorAll('#rank .plot circle').length") == 24
        assert page.errors == []


def test_the_best_trials_come_first_and_failed_ones_last(live_service: LiveService, hostile_study: str) -> None:
    def column(order: str, offset: int = 0) -> list[str]:
        text = live_service.http.get(f"/studies/{hostile_study}", params={"order": order, "offset": offset}).text
        return re.findall(r'<td class="number">([-\d.]+|–)</td><td class="number">0.5 s', text)

    best = column("best")
    assert [float(value) for value in best] == sorted(map(float, best), reverse=True)
    assert column("best", 40)[-1] == "–"


def test_what_there_is_not_is_reported_as_a_page(live_service: LiveService) -> None:
    for address in ("/studies/nothing", f"/studies/{quote('<b>')}/parameters", "/studies/x/figures/progress"):
        answer = live_service.http.get(address)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "<b>" not in answer.text


def values(*given: float | None) -> list[TrialValue]:
    states = [TrialState.FAIL if value is None else TrialState.COMPLETE for value in given]
    return [TrialValue(i, state, value, None) for i, (state, value) in enumerate(zip(states, given, strict=True))]


def test_the_best_so_far_follows_the_direction() -> None:
    given = values(0.5, None, 0.4, 0.7, 0.7, 0.6)
    up = improvements(given, Direction.MAXIMIZE)
    assert [(one.n, one.number, one.value) for one in up] == [(1, 0, 0.5), (3, 3, 0.7)]
    assert [one.number for one in improvements(given, Direction.MINIMIZE)] == [0, 2]
    assert milestones(up, 5) == ((1, 0.5), (2, 0.5), (3, 0.7), (5, 0.7))
    assert improvements(values(None), Direction.MAXIMIZE) == ()


def test_thinning_keeps_what_stands_out() -> None:
    many = values(*[0.5 + 0.001 * (i % 7) for i in range(9_000)])
    many[4_321] = TrialValue(4_321, TrialState.COMPLETE, 9.0, None)
    many[77] = TrialValue(77, TrialState.COMPLETE, -9.0, None)
    kept = thinned(many, most=200)
    assert len(kept) <= 200
    assert {4_321, 77} <= {trial.number for trial in kept}
    assert [trial.number for trial in kept] == sorted(trial.number for trial in kept)
    best, even = chosen_numbers(many, Direction.MAXIMIZE, most=400)
    assert 4_321 in best
    assert len(best | even) <= 400


def test_what_is_drawn_of_many_is_spread_as_all_are() -> None:
    rng = np.random.default_rng(0)
    many = values(*np.where(np.arange(30_000) % 3 == 0, rng.normal(0.9, 0.01, 30_000), rng.normal(0.5, 0.1, 30_000)))
    drawn = [one.value for one in thinned(many, most=1_500)]
    _, even = chosen_numbers(many, Direction.MAXIMIZE, most=1_200)
    for shown in (drawn, [many[number].value for number in even]):
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            among_all = np.quantile([one.value for one in many if one.value is not None], share)
            assert np.mean([value <= among_all for value in shown if value is not None]) == pytest.approx(
                share, abs=0.05
            )


def test_importance_of_a_long_study_is_that_of_its_trials(live_service: LiveService) -> None:
    rng = np.random.default_rng(1)
    params = [{"a": float(a), "b": float(b)} for a, b in rng.random((6_000, 2))]
    axis = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
    shares = []
    for n in (600, 6_000):
        study_id = new_study(live_service, f"importance of {n}", {"parameters": {"a": axis, "b": axis}})
        scored = [{"number": i, "params": p, "value": p["a"] + 0.7 * p["b"]} for i, p in enumerate(params[:n])]
        report(live_service, study_id, scored)
        figure = learned_page(live_service, f"/studies/{study_id}/figures/importance").json()
        shares.append({row[0]: row[2] for row in figure["rows"] if row[1] == "this study"})
    assert shares[0]["a"] == pytest.approx(1 / 1.49, abs=0.05)
    assert shares[1] == pytest.approx(shares[0], abs=0.05)


def test_trials_are_listed_by_state_and_taken_away_with_their_configurations(live_service: LiveService) -> None:
    metrics = {"metrics": ["accuracy", "duration_s"], "directions": ["maximize", "minimize"]}
    note = {"metadata": {"team": f"risk {HOSTILE}"}}
    study_id = new_study(live_service, "filtered", OWN_SPACE, **metrics, **note)
    trials = [{**one, "value": None, "values": [0.5, 2.0]} for one in own_trials(6)]
    trials[2] = {**own_trials(3)[2], "value": None, "state": "fail"}
    trials[4]["constraints"] = [0.5]
    report(live_service, study_id, trials)

    def numbers(state: str) -> list[str]:
        text = live_service.http.get(f"/studies/{study_id}", params={"state": state}).text
        return re.findall(r'<th scope="row" class="number"><a [^>]*>(\d+)</a>', text)

    assert numbers("") == ["0", "1", "2", "3", "4", "5"]
    assert numbers("fail") == ["2"]
    assert numbers("pruned") == []
    assert live_service.http.get(f"/studies/{study_id}", params={"state": "mood"}).status_code == 422
    page = live_service.http.get(f"/studies/{study_id}").text
    assert "infeasible" in page
    assert "duration_s" in page
    assert "risk =cmd" in page
    assert "<img src=x" not in page
    rows = list(csv.DictReader(io.StringIO(live_service.http.get(f"/studies/{study_id}/trials.csv").text)))
    assert [row["number"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["feasible"] for row in rows] == ["True"] * 4 + ["False", "True"]
    assert (rows[1]["values_accuracy"], rows[1]["values_duration_s"], rows[2]["values_accuracy"]) == ("0.5", "2.0", "")
    assert [row["params_depth"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[2]["params_kind"] == "plain"
    assert live_service.http.get("/studies/nothing/trials.csv").status_code == 404


def test_a_trial_leads_to_those_beside_it(live_service: LiveService) -> None:
    study_id = new_study(live_service, "beside", OWN_SPACE)
    report(live_service, study_id, [{**own_trials(1)[0], "number": n} for n in (3, 8, 20)])

    def beside(number: int) -> list[str]:
        text = live_service.http.get(f"/studies/{study_id}/trials/{number}").text
        return re.findall(rf'rel="(?:prev|next)" href="/studies/{study_id}/trials/(\d+)"', text)

    assert [beside(number) for number in (3, 8, 20)] == [["8"], ["3", "20"], ["8"]]


def test_right_to_left_names_change_no_order(live_service: LiveService) -> None:
    space = {"parameters": {"مُعَدَّل": OWN_SPACE["parameters"]["depth"]}}
    study_id = new_study(live_service, "right to left", space)
    report(live_service, study_id, [{"number": 0, "params": {"مُعَدَّل": 4}, "value": 0.5}])
    page = live_service.http.get(f"/studies/{study_id}").text
    assert "<bdi>مُعَدَّل</bdi>=<bdi>4</bdi>" in page
    assert "<bdi>&#39;مُعَدَّل&#39;</bdi>: <bdi>4</bdi>," in page
