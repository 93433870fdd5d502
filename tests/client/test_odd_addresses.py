"""Addresses that no network can find: refused when they are given, with what to write instead."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.client.fronts import front
from warmtune.cli.app import app
from warmtune.client import AsyncClient, Client
from warmtune.histories.mlflow_server import fetch_runs
from warmtune.histories.optuna_storage import copy_storage
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError, UnavailableError

ONCE = Retry(attempts=1)
FAR = "http://warmtune.example:8000"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "WARMTUNE_URL", "WARMTUNE_API_KEY")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a..b", "single dots"),
        ("http://.example", "single dots"),
        ("http://" + "a" * 70 + ".example", "has 70 characters"),
        ("http://example" + ".example" * 32, "no name has more than 253"),
        ("http://" + "ü" * 60 + ".example", "at most 63"),
        ("http://xn--zzzzzz.example", "in ASCII"),
        ("http://ａ.example", "in ASCII"),
        ("http://a℀b.example", "in ASCII"),
        ("http://😀.example", "in ASCII"),
        ("http://256.1.1.1", "four numbers from 0 to 255"),
        ("http://1.2.3.4.5", "four numbers from 0 to 255"),
        ("http://a%20b", "'%'"),
        ("http://localhost,8000", "','"),
        ("http://a\\b", "letters, digits"),
        ("http://a\u00adb.example", r"U\+00AD"),
        ("http://exa mple", r"U\+0020"),
        ("http://[::1", "brackets"),
        ("http://[::g]:8000", "brackets"),
        ("http://[]:8000", "brackets"),
        ("http://::1:8000", "stands in brackets"),
        ("http://[v1.a]", "write http://host:port"),
        ("http://[fe80::1%25eth0]", r"write \[fe80::1%eth0\]"),
        ("http://localhost:0", "none of 1 to 65535"),
        ("http://localhost:65536", "none of 1 to 65535"),
        ("http://localhost:-1", "none of 1 to 65535"),
        ("http://localhost:", "no colon"),
        ("http://:8000", "names no host"),
        ("http://http://localhost:8000", "scheme twice"),
        ("http:/localhost:8000", "did you mean http://localhost:8000"),
        ("HTTPS:host.example/x", "did you mean https://host.example/x"),
        ("//localhost:8000", "did you mean http://localhost:8000"),
        ("ftp://localhost", "write http://host:port"),
        (" ", "or leave it out"),
    ],
)
def test_refusals_of_addresses_say_what_to_write_instead(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for opened in (lambda: Client(url), lambda: AsyncClient(url), lambda: WarmtuneSampler(url, "task_x")):
        with pytest.raises(InvalidInputError, match=said) as caught:
            opened()
        assert (caught.value.field, caught.value.limit) == ("url", "http://host:port")
    if url.isspace():
        return
    monkeypatch.setenv("WARMTUNE_URL", url)
    with pytest.raises(InvalidInputError, match=said) as caught:
        Client()
    assert caught.value.field == "WARMTUNE_URL"
    done = CliRunner().invoke(app, ["spaces"])
    assert done.exit_code == 2
    assert "WARMTUNE_URL" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://münchen.example",
        "http://a_b.example:8000",
        "http://warmtune.example.",
        "http://[fe80::1%eth0]:8000",
        "http://[::ffff:127.0.0.1]",
        "HTTP://LOCALHOST:00080",
        "http://xn--mnchen-3ya.example",
        "http://warmtune",
    ],
)
def test_hosts_that_a_network_may_find_are_taken(url: str) -> None:
    Client(url).close()


def test_a_name_that_no_network_knows_is_said_to_be_unknown() -> None:
    with Client("http://warmtune.invalid", retry=ONCE) as client, pytest.raises(UnavailableError) as caught:
        client.list_search_spaces()
    assert "check its spelling" in str(caught.value)


@pytest.mark.parametrize("value", ["http://a..b:3128", "http://proxy.example:0", "http://proxy.example:99999"])
def test_odd_hosts_of_proxies_are_refused_too(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", value)
    with pytest.raises(InvalidInputError, match=r"single dots|1 to 65535") as caught:
        Client(FAR)
    assert caught.value.field == "HTTP_PROXY"


@pytest.mark.parametrize("source", ["http://a..b", "http://[::1", "https://u:hunter2@x:99999", "http://u:hunter2@[::1"])
def test_odd_addresses_of_tracking_servers_are_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        fetch_runs(source, tmp_path / "runs.json")
    assert caught.value.field == "source"
    assert "hunter2" not in f"{caught.value} {caught.value.value}"


def test_a_password_of_a_tracking_server_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        fetch_runs("http://user:hunter2@127.0.0.1:9", tmp_path / "runs.json")
    assert "hunter2" not in f"{caught.value} {caught.value.value}"
    monkeypatch.setenv("HTTP_PROXY", "gopher://x")
    with pytest.raises(InvalidInputError, match="HTTP_PROXY"):
        fetch_runs("http://mlflow.example", tmp_path / "runs.json")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@[::1/x",
        "postgresql://u:hunter2@localhost:99999/x",
        "ftp://u:hunter2@localhost/x",
        "mysql+nodriver://u:hunter2@localhost/x",
    ],
)
def test_odd_addresses_of_storages_are_refused_without_their_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((InvalidInputError, MissingExtraError)) as caught:
        copy_storage(url, tmp_path / "copy.log")
    assert "hunter2" not in f"{caught.value} {caught.value.value}"
    assert "check its address" in str(caught.value) or "install it" in str(caught.value)


def test_what_is_no_tracking_server_is_named(tmp_path: Path) -> None:
    for body in (b"[]", b"<html>", b'{"experiments": [1]}', b'{"experiments": 7}'):
        with front(200, body) as server, pytest.raises(InvalidInputError, match="MLFLOW_TRACKING_URI"):
            fetch_runs(f"http://127.0.0.1:{server.port}", tmp_path / "runs.json")


def test_a_key_in_a_variable_is_not_sent_to_another_service_by_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_URL", FAR)
    monkeypatch.setenv("WARMTUNE_API_KEY", "secret-key")
    with front(200, b"[]") as server:
        CliRunner().invoke(app, ["spaces", "--url", f"http://127.0.0.1:{server.port}"])
        assert server.requests
        assert "secret-key" not in str(server.requests)
