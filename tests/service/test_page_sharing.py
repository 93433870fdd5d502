"""The page of shared models: both ends see theirs, admins alone, and a button ends a share at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.pages.access import form_token
from tests.service.driven_browser import browser
from tests.service.page_checks import HOSTILE, check_looks
from tests.service.past_studies import LINE, peak_at, random_lines
from tests.serving import LiveService, start_service

KEY = "the-key-of-the-settings"
PAGE = "/operations/shared-models"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("sharing"), api_keys=KEY)
    for name in ("giving", "taking"):
        ask(started, KEY, "/v1/workspaces", {"name": name})
    giver = new_key(started, "giving")
    headers = {"Authorization": f"Bearer {giver}"}
    assert started.http.put("/v1/search-spaces/line", json=LINE.to_json(), headers=headers).status_code == 201
    for number in range(6):
        features = {"n_rows": 100.0 + 10 * number, "n_columns": 5.0}
        task = ask(started, giver, "/v1/tasks", {"kind": "binary", "meta_features": features, "name": f"n{number}"})
        about = {"task_id": task["task_id"], "search_space": "line", "metric": "accuracy"}
        study = ask(started, giver, "/v1/studies", about)
        score = peak_at(0.3)
        lines = [{"number": i, "params": p, "value": score(p)} for i, p in enumerate(random_lines(6)(number))]
        ask(started, giver, f"/v1/studies/{study['study_id']}/trials", lines)
    yield started
    assert started.stop() == 0


def ask(service: LiveService, key: str, path: str, body: object) -> Any:
    answer = service.http.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
    assert answer.is_success, answer.text
    return answer.json()


def new_key(service: LiveService, workspace: str, scope: str = "admin", name: str = "tests") -> str:
    body = {"name": name, "owner": "tests", "scope": scope, "workspace": workspace}
    return str(ask(service, KEY, "/v1/keys", body)["key"])


@contextmanager
def signed_in(service: LiveService, workspace: str, scope: str = "admin") -> Iterator[tuple[httpx.Client, str]]:
    """A client with a session, and its forms' token."""
    with httpx.Client(base_url=service.url, timeout=60.0) as client:
        key = new_key(service, workspace, scope, name=HOSTILE[:60])
        assert client.post("/sign-in", data={"key": key}).status_code == 303
        yield client, form_token(client.cookies["warmtune_session"])


def give(client: httpx.Client, token: str, **more: str) -> httpx.Response:
    fields = {"form_token": token, "workspace": "taking", "space": "line", "kind": "binary", **more}
    return client.post(PAGE, data=fields)


def shares_in(page: str) -> list[str]:
    return re.findall(rf'action="{PAGE}/(share_[0-9a-f]+)/end"', page)


def test_a_share_is_given_accepted_and_ended_from_its_page(service: LiveService) -> None:
    with signed_in(service, "giving") as (giver, token), signed_in(service, "taking") as (taker, its_token):
        assert "Nothing is shared with others" in giver.get(PAGE).text
        assert "No workspace offers you a model" in taker.get(PAGE).text
        assert give(giver, token).status_code == 303
        given = giver.get(PAGE).text
        (share_id,) = shares_in(given)
        assert "not accepted yet" in given
        assert re.search(r"<code>wt_[0-9a-f]{8}</code> <span class=\"faint\"><bdi>=cmd", given)
        assert "<img" not in given.partition("<main")[2]
        offered = taker.get(PAGE).text
        assert "1 model waits" in offered
        assert not re.search(r"<code>wt_", offered)  # the giver's key is not the receiver's business
        assert taker.post(f"{PAGE}/{share_id}/accept", data={"form_token": its_token}).status_code == 303
        accepted = taker.get(PAGE).text
        assert "waits" not in accepted
        assert re.search(r"<code>wt_[0-9a-f]{8}</code>", accepted)
        assert "not accepted yet" not in giver.get(PAGE).text
        assert giver.post(f"{PAGE}/{share_id}/end", data={"form_token": token}).status_code == 303
        assert shares_in(giver.get(PAGE).text) == shares_in(taker.get(PAGE).text) == []
        assert taker.post(f"{PAGE}/{share_id}/end", data={"form_token": its_token}).status_code == 404
        assert give(giver, token, workspace="giving").status_code == 409
        assert give(giver, token, workspace="no\u202ename").status_code == 422
        assert give(giver, token, space="nothing").status_code == 404


def test_others_than_admins_see_nothing_and_can_do_nothing(service: LiveService) -> None:
    with signed_in(service, "giving") as (giver, token):
        give(giver, token)
        (share_id,) = shares_in(giver.get(PAGE).text)
        for scope in ("read", "write"):
            with signed_in(service, "giving", scope) as (client, own):
                page = client.get(PAGE).text
                assert "shown to holders of a key with the scope admin" in page
                assert "taking" not in page
                for address in (PAGE, f"{PAGE}/{share_id}/end", f"{PAGE}/{share_id}/accept"):
                    fields = {"form_token": own, "workspace": "taking", "space": "line", "kind": "binary"}
                    assert client.post(address, data=fields).status_code == 403
        with signed_in(service, "default") as (stranger, its):
            assert share_id not in stranger.get(PAGE).text
            assert stranger.post(f"{PAGE}/{share_id}/end", data={"form_token": its}).status_code == 404
        assert giver.post(f"{PAGE}/{share_id}/end", data={"form_token": "0" * 64}).status_code == 403
        assert shares_in(giver.get(PAGE).text) == [share_id]
        giver.post(f"{PAGE}/{share_id}/end", data={"form_token": token})


def test_the_page_looks_well_with_and_without_shares(service: LiveService, tmp_path: Path) -> None:
    with signed_in(service, "giving") as (giver, token), browser(tmp_path) as page:
        page.open(f"{service.url}/sign-in")
        page.run(f"document.querySelector('[name=key]').value = '{KEY}'")
        page.run("document.querySelector('main form').submit()")
        page.wait("location.pathname === '/'")
        check_looks(page, f"{service.url}{PAGE}")
        give(giver, token, workspace="default")
        check_looks(page, f"{service.url}{PAGE}")
        assert page.run("document.querySelectorAll('form[data-sure]').length") == 1


@pytest.mark.parametrize("days", ["-5", "1.5", "soon", "1e3"])
def test_days_that_are_no_number_make_no_key_that_lives_for_ever(service: LiveService, days: str) -> None:
    with signed_in(service, "giving") as (client, token):
        fields = {"form_token": token, "name": "n", "owner": "o", "scope": "read", "days": days}
        assert client.post("/operations/keys", data=fields).status_code == 422
