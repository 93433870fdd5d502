"""What a page's address asks for in vain is named in words, and the rest of it holds; HEAD is GET without a body."""

import re
from html import unescape

import httpx
import pytest

from tests.service.page_checks import HOSTILE, learned_page, new_study, report
from tests.serving import LiveService

SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0}}}}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def study_id(live_service: LiveService) -> str:
    """Of two objectives and a constraint, so that nothing on its page is simply the best."""
    asked = {"metrics": ["accuracy", "duration"], "directions": ["maximize", "minimize"]}
    study_id = new_study(live_service, "asked by address", SPACE, **asked)
    trials: list[dict[str, object]] = [
        {"number": n, "params": {"x": n / 10}, "values": [n / 10, float(n)], "constraints": [n - 6.0]} for n in range(9)
    ]
    trials.append({"number": 9, "params": {"x": 0.9}, "state": "pruned", "constraints": [1.0]})
    trials.append({"number": 10, "params": {"x": 1.0}, "state": "fail"})
    report(live_service, study_id, trials)
    return study_id


def note_of(page: httpx.Response) -> list[str]:
    """What a page says it left out."""
    assert page.headers["content-type"].startswith("text/html")
    found = re.search(r'<div class="refused" role="alert">(.*?)</div>', page.text, re.DOTALL)
    items = re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL) if found else []
    return [unescape(re.sub(r"<[^>]+>", "", item)) for item in items]


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("order=mood", ["order “mood”: has to be one of 'newest', 'oldest', "]),
        (
            "sort=name",
            ["sort “name”: the page can't be asked for this; it can be for words, space, own, order, offset."],
        ),
        ("offset=first", ["offset “first”: has to be a whole number."]),
        ("offset=1.5", ["offset “1.5”: has to be a whole number."]),
        ("offset=-1", ["offset “-1”: has to be at least 0."]),
        ("offset=1000000", ["offset “1000000”: has to be at most 100000."]),
        (f"offset={'9' * 5_000}", ["offset “999"]),
        ("own=perhaps", ["own “perhaps”: has to be true or false."]),
        (f"space={'s' * 300}", ["space “sss"]),
        ("order=name&order=task", ["order “name and task”: may be given once."]),
        ("order=mood&sort=name&offset=x", ["sort “name”", "offset “x”", "order “mood”"]),
        ("=&sort", ["“”", "sort “”"]),
    ],
)
def test_what_a_page_cannot_be_asked_for_is_named_and_the_rest_holds(
    live_service: LiveService, study_id: str, query: str, notes: list[str]
) -> None:
    page = live_service.http.get(f"/studies?words=asked+by+address&{query}")
    assert page.status_code == 422
    found = note_of(page)
    assert len(found) == len(notes)
    for note in notes:
        assert any(note in one for one in found), found
    assert "pydantic" not in page.text
    assert re.findall(r'<th scope="row"><a href="/studies/([^"]+)"', page.text) == [study_id]
    assert 'value="asked by address"' in page.text  # the form still holds it


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "words"),
        ("/origins?n=99", "n"),
        ("/origins?task=1", "task"),
        ("/tasks?kind=mood", "kind"),
        ("/transfer?direction=sideways", "direction"),
        ("/transfer?sort=foo", "sort"),
        ("/operations?state=failed", "state"),
        ("/operations/shared-models?page=2", "page"),
        ("/sign-in?next=/", "next"),
    ],
)
def test_every_page_names_it(live_service: LiveService, path: str, name: str) -> None:
    asked = path if "?" in path else f"{path}?{name}=x"
    page = live_service.http.get(asked)
    assert page.status_code in (202, 422), page.text  # a model may have to be learned first; then the page comes again
    if page.status_code == 422:
        assert [one.split(" ")[0] for one in note_of(page)] == [name]


def test_names_and_values_do_nothing(live_service: LiveService) -> None:
    page = live_service.http.get("/studies", params={HOSTILE[:50]: HOSTILE[:50], "order": f"\u202e{HOSTILE}"})
    assert page.status_code == 422
    assert len(note_of(page)) == 2
    assert "<img src=x" not in page.text
    assert "\u202e" not in page.text


def test_data_are_refused_as_a_whole(live_service: LiveService, study_id: str) -> None:
    figure = f"/studies/{study_id}/figures/progress"
    for path, words in (
        (f"{figure}?form=pdf", "form has to be one of 'json' or 'csv'"),
        (f"{figure}?form=csv&order=best", "order the page can't be asked for this; it can be for form"),
        (f"/studies/{study_id}/trials.csv?state=fail", "state the page can't be asked for this; it can be for nothing"),
        ("/origins/figures/weights?space=knn", "task_id is needed"),
    ):
        page = live_service.http.get(path)
        assert page.status_code == 422, path
        assert words in unescape(page.text)
        answer = live_service.http.get(path, headers=SCRIPT)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    assert live_service.http.get("/origins/figures/weights?space=knn", headers=SCRIPT).json()["field"] == "task_id"


def test_a_limit_beyond_the_form_leads_back_to_what_holds(live_service: LiveService) -> None:
    page = live_service.http.get("/studies?words=a+b&offset=99999&own=true")
    assert page.status_code == 413
    for text in ("<dd><bdi>offset</bdi></dd>", "<dd><bdi>99999</bdi></dd>", "<dd><bdi>100000</bdi></dd>"):
        assert text in page.text
    assert 'href="/studies?words=a+b&amp;own=true"' in page.text
    unknown = live_service.http.get("/transfer?space=nowhere&kind=regression")
    assert unknown.status_code == 404
    assert 'href="/transfer?kind=regression"' in unknown.text
    number = live_service.http.get("/studies/x/trials/first")
    assert number.status_code == 422
    assert "number has to be a whole number" in number.text


def test_trials_that_break_a_constraint_are_found(live_service: LiveService, study_id: str) -> None:
    def numbers(state: str) -> list[int]:
        text = live_service.http.get(f"/studies/{study_id}", params={"state": state}).text
        return [int(n) for n in re.findall(r'<th scope="row" class="number"><a [^>]*>(\d+)</a>', text)]

    assert numbers("infeasible") == [7, 8, 9]
    assert numbers("feasible") == [0, 1, 2, 3, 4, 5, 6]
    assert numbers("complete") == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    text = live_service.http.get(f"/studies/{study_id}").text
    assert "infeasible (3)" in text
    assert "feasible (7)" in text
    plain = new_study(live_service, "without constraints", SPACE)
    report(live_service, plain, [{"number": 0, "params": {"x": 0.5}, "value": 0.5}])
    assert "feasible" not in live_service.http.get(f"/studies/{plain}").text


def test_a_best_of_several_objectives_says_by_which(live_service: LiveService, study_id: str) -> None:
    for path in ("/studies?words=asked+by+address", "/"):
        text = live_service.http.get(path).text
        row = next(row for row in text.split("<tr>") if study_id in row)
        assert re.search(r'0\.6 <span class="faint">by <bdi>accuracy</bdi></span>', row)
    text = live_service.http.get(f"/studies/{study_id}").text
    assert "<dt>Best by <bdi>accuracy</bdi></dt>" in text
    assert '<span class="tag">best by accuracy</span>' in text
    assert '<span class="tag">best</span>' not in text
    assert "Best so far by <bdi>accuracy</bdi>" in text
    assert "The best configuration by accuracy, trial 6" in text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/studies?order=name",
        "/studies?order=mood",
        "/studies/{study}",
        "/studies/{study}/course",
        "/studies/{study}/figures/progress?form=csv",
        "/studies/{study}/trials.csv",
        "/studies/none",
        "/operations",
        "/sign-in",
        "/docs",
        "/redoc",
        "/favicon.ico",
        "/static/pages/pages.css",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/studies/{study}",
        "/v1/search-spaces",
        "/v1/nowhere",
    ],
)
def test_head_is_get_without_a_body(live_service: LiveService, study_id: str, path: str) -> None:
    address = path.format(study=study_id)
    got, head = learned_page(live_service, address), live_service.http.head(address)
    assert head.status_code == got.status_code
    assert head.content == b""
    differing = {"date", "x-request-id", "transfer-encoding"}
    if path == "/metrics":
        differing.add("content-length")  # the request before has been counted
    kept = [{name: value for name, value in one.headers.items() if name not in differing} for one in (got, head)]
    assert kept[0].keys() == kept[1].keys()
    assert kept[0].get("content-length") == kept[1].get("content-length")
    assert kept[0].get("content-type") == kept[1].get("content-type")


def test_head_writes_nothing_and_is_named_where_it_is_taken(live_service: LiveService) -> None:
    assert live_service.http.head("/v1/recommendations").status_code == 405
    assert live_service.http.head("/sign-out").status_code == 405
    refused = live_service.http.delete("/studies")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"
    assert live_service.http.head("/healthz").status_code == 200
    counted = live_service.http.get("/metrics").text
    assert 'warmtune_requests_total{method="HEAD",route="/healthz",status="200"}' in counted
