"""Pages that run the service: forms write only with their token and the scope, and do what the API does."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service.driven_browser import browser
from tests.service.page_checks import HOSTILE, check_looks
from tests.serving import LiveService, start_service

KEY = "the-key-of-the-settings"
HISTORY = b"study,number,value,state,params_x\n" + b"".join(
    b"one,%d,0.%d,COMPLETE,%d\n" % (i, i + 1, i) for i in range(8)
)
FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/operations/refits", {"space": "knn", "kind": "binary"}),
    ("/operations/jobs/none/cancel", {}),
    ("/operations/models/none/activate", {}),
    ("/operations/keys", {"name": "n", "owner": "o", "scope": "read"}),
    ("/operations/keys/none/revoke", {}),
    ("/operations/imports", {"dry_run": "true"}),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("operations"), api_keys=KEY)
    yield started
    assert started.stop() == 0


@contextmanager
def signed_in(service: LiveService, scope: str = "admin") -> Iterator[tuple[httpx.Client, str]]:
    """A client with a session, and its pages' token."""
    with httpx.Client(base_url=service.url, timeout=60.0) as client:
        headers = {"Authorization": f"Bearer {KEY}"}
        body = {"name": f"{HOSTILE[:80]}", "owner": "tests", "scope": scope}
        key = client.post("/v1/keys", json=body, headers=headers).json()["key"]
        assert client.post("/sign-in", data={"key": key}).status_code == 303
        page = client.get("/operations").text
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
        yield client, token[1] if token else ""


def ended(client: httpx.Client, address: str) -> str:
    deadline = time.monotonic() + 120
    while True:
        page = client.get(address).text
        if re.search(r"<dt>State</dt><dd>(succeeded|failed|cancelled)", page):
            return page
        assert time.monotonic() < deadline, page
        time.sleep(0.2)


def send(client: httpx.Client, address: str, fields: dict[str, str]) -> httpx.Response:
    files = {"file": ("history.csv", HISTORY)} if address.endswith("/imports") else None
    return client.post(address, data=fields, files=files)


@pytest.mark.parametrize(("address", "fields"), FORMS)
def test_no_form_is_taken_without_its_own_token(service: LiveService, address: str, fields: dict[str, str]) -> None:
    with signed_in(service) as (client, token), signed_in(service) as (_, foreign):
        assert foreign != token != ""
        for given in ({}, {"form_token": ""}, {"form_token": foreign}, {"form_token": "ä\u202e"}):
            assert send(client, address, {**fields, **given}).status_code == 403, given
        stranger = httpx.post(f"{service.url}{address}", data={**fields, "form_token": token})
        assert stranger.status_code == 303
        assert stranger.headers["location"] == "/sign-in"
        elsewhere = client.post(address, data={"form_token": token}, headers={"Origin": "https://evil.example"})
        assert elsewhere.status_code == 403


@pytest.mark.parametrize(("address", "fields"), FORMS)
def test_keys_for_reading_see_no_forms_and_can_send_none(
    service: LiveService, address: str, fields: dict[str, str]
) -> None:
    with signed_in(service, "read") as (client, token):
        assert token == ""
        assert "Keys are shown to holders" in client.get("/operations").text
        from service.pages.access import form_token

        own = form_token(client.cookies["warmtune_session"])
        answer = send(client, address, {**fields, "form_token": own})
        assert answer.status_code == 403
        assert "for read only" in answer.text


def test_keys_for_writing_make_no_keys(service: LiveService) -> None:
    with signed_in(service, "write") as (client, token):
        fields = {"name": "n", "owner": "o", "scope": "admin", "form_token": token}
        assert client.post("/operations/keys", data=fields).status_code == 403
        assert client.post("/operations/keys/none/revoke", data={"form_token": token}).status_code == 403


def test_a_key_is_made_shown_once_and_revoked(service: LiveService) -> None:
    with signed_in(service) as (client, token):
        fields = {"name": "<b>nightly", "owner": "o", "scope": "read", "days": "3", "form_token": token}
        made = client.post("/operations/keys", data=fields)
        found = re.search(r"wt_[0-9a-f]{8}_[\w-]+", made.text)
        assert found is not None
        key_id = found[0][:11]
        assert httpx.get(f"{service.url}/v1/tasks", headers={"Authorization": f"Bearer {found[0]}"}).status_code == 200
        page = client.get("/operations").text
        assert key_id in page
        assert found[0] not in page
        assert "<b>nightly" not in page
        assert client.post(f"/operations/keys/{key_id}/revoke", data={"form_token": token}).status_code == 303
        assert httpx.get(f"{service.url}/v1/tasks", headers={"Authorization": f"Bearer {found[0]}"}).status_code == 401
        assert client.post("/operations/keys", data={**fields, "days": "99999"}).status_code == 422


def test_an_import_is_tried_and_then_done(service: LiveService) -> None:
    with signed_in(service, "write") as (client, token):
        fields = {"form_token": token, "metric": "accuracy", "kind": "binary"}
        tried = send(client, "/operations/imports", {**fields, "dry_run": "true"})
        assert tried.status_code == 303
        page = ended(client, tried.headers["location"])
        assert "<dt>dry_run</dt><dd><bdi>True" in page
        assert "new 8" in page
        assert "Nothing was imported yet" in client.get("/operations").text
        done = send(client, "/operations/imports", fields)
        assert "new 8" in ended(client, done.headers["location"])
        assert "history.csv" in client.get("/operations").text
        assert client.get("/studies?own=true&words=one").text.count('<th scope="row">') == 1
        empty = client.post("/operations/imports", data={"form_token": token}, files={"file": ("", b"")})
        assert empty.status_code == 422
        odd = client.post("/operations/imports", data={"form_token": token, "more": "x"}, files={"file": ("a", b"b")})
        assert odd.status_code == 400


def test_a_refit_is_queued_and_cancelled(service: LiveService) -> None:
    with signed_in(service, "write") as (client, token):
        fields = {"form_token": token, "space": "linear", "kind": "regression"}
        queued = client.post("/operations/refits", data=fields)
        assert queued.status_code == 303
        address = queued.headers["location"]
        assert "linear" in client.get(address).text
        assert client.post(f"{address}/cancel", data={"form_token": token}).status_code == 303
        assert re.search(r"<dt>State</dt><dd>(cancelled|succeeded)", ended(client, address))
        assert client.post("/operations/refits", data={**fields, "space": "nothing"}).status_code == 404
        assert client.post("/operations/refits", data={**fields, "kind": "mood"}).status_code == 422


def test_an_open_service_takes_forms_of_its_own_pages_only(live_service: LiveService, tmp_path: Path) -> None:
    fields = {"name": "n", "owner": "o", "scope": "read"}
    assert httpx.post(f"{live_service.url}/operations/keys", data=fields).status_code == 403
    assert httpx.post(f"{live_service.url}/operations/jobs/x/cancel", data={"form_token": "0" * 64}).status_code == 403
    with browser(tmp_path) as page:
        check_looks(page, f"{live_service.url}/operations")
        page.run("document.querySelector(\"form[action='/operations/refits'] [name=metric]\").value = 'nothing known'")
        page.run("document.querySelector(\"form[action='/operations/refits'] button\").click()")
        page.wait("document.title.startsWith('Something in the request is wrong')")
