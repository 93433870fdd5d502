"""Pages of a service with API keys: who sees them, what the browser holds, how it ends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service.driven_browser import browser
from tests.serving import LiveService, start_service

KEY = "the-key-of-the-settings"
PAGES = ("/", "/studies", "/origins", "/tasks", "/transfer", "/operations")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("sign-in"), api_keys=KEY)
    yield started
    assert started.stop() == 0


def made_key(service: LiveService, scope: str) -> tuple[str, str]:
    body = {"name": scope, "owner": "tests", "scope": scope}
    made = service.http.post("/v1/keys", json=body, headers={"Authorization": f"Bearer {KEY}"}).json()
    return made["key"], made["made"]["key_id"]


@contextmanager
def signed_in(service: LiveService, key: str = KEY) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60.0) as client:
        answer = client.post("/sign-in", data={"key": key})
        assert answer.status_code == 303, answer.text
        yield client


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_shown_to_strangers(service: LiveService, address: str) -> None:
    answer = service.http.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert service.http.get(address, headers={"Cookie": "warmtune_session=made-up"}).status_code == 303


@pytest.mark.parametrize("address", PAGES)
def test_whoever_has_a_key_sees_the_pages(service: LiveService, address: str) -> None:
    with signed_in(service, made_key(service, "read")[0]) as client:
        answer = client.get(address)
        assert answer.status_code in (200, 202)  # 202 while a model is learned for the page
        assert answer.headers["cache-control"] == "no-store"


def test_no_page_links_to_what_a_session_does_not_open(service: LiveService) -> None:
    with signed_in(service, made_key(service, "read")[0]) as client:
        linked = {link for page in PAGES for link in re.findall(r'href="(/[^"#?]*)"', client.get(page).text)}
        assert {"/readyz", "/openapi.json", *PAGES} <= linked
        answers = {link: client.get(link).status_code for link in linked}
    assert {link: status for link, status in answers.items() if status >= 400} == {}


def test_the_browser_gets_a_token_that_scripts_and_other_sites_cannot_use(service: LiveService) -> None:
    answer = service.http.post("/sign-in", data={"key": KEY, "then": "/"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert KEY not in str(answer.headers)
    token = cookie.split("warmtune_session=")[1].split(";")[0]
    for left in service.database.parent.glob("warmtune.db*"):
        content = left.read_bytes()
        assert KEY.encode() not in content
        assert token.encode() not in content.lower()
    assert KEY not in service.log.read_text()
    service.http.cookies.clear()


def test_a_session_ends_for_good_when_its_owner_signs_out(service: LiveService) -> None:
    with signed_in(service) as client:
        session = client.cookies["warmtune_session"]
        assert client.get("/").status_code == 200
        assert client.post("/sign-out").status_code == 303
        assert "warmtune_session" not in client.cookies
    stolen = httpx.get(f"{service.url}/", headers={"Cookie": f"warmtune_session={session}"})
    assert stolen.status_code == 303


def test_a_session_ends_with_its_key(service: LiveService) -> None:
    key, key_id = made_key(service, "write")
    with signed_in(service, key) as client:
        assert client.get("/").status_code == 200
        service.http.delete(f"/v1/keys/{key_id}", headers={"Authorization": f"Bearer {KEY}"})
        assert client.get("/").status_code == 303


def test_a_session_is_no_key_of_the_api(service: LiveService) -> None:
    with signed_in(service) as client:
        assert client.get("/v1/tasks").status_code == 401


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", ""])
def test_signing_in_leads_nowhere_else(service: LiveService, address: str) -> None:
    answer = httpx.post(f"{service.url}/sign-in", data={"key": KEY, "then": address})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_wrong_key_is_refused_and_not_repeated(service: LiveService) -> None:
    answer = service.http.post("/sign-in", data={"key": "wrong-key-<b>"})
    assert answer.status_code == 401
    assert "wrong-key" not in answer.text
    assert "set-cookie" not in answer.headers
    foreign = service.http.post("/sign-in", data={"key": KEY}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_people_sign_in_with_the_form_and_come_to_where_they_wanted(service: LiveService, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.open(f"{service.url}/studies?words=wanted")
        page.wait("location.pathname === '/sign-in'")
        assert page.accessibility() == []
        page.run("document.getElementById('key').focus()")
        page.call("Input.insertText", text=KEY)
        page.press("Enter", 13)
        page.wait("location.pathname + location.search === '/studies?words=wanted'")
        assert page.run("document.cookie") == ""
        page.run("document.querySelector(\"form[action='/sign-out'] button\").click()")
        page.wait("location.pathname === '/sign-in'")
        page.open(f"{service.url}/", until="location.pathname === '/sign-in'")
        assert page.errors == []
