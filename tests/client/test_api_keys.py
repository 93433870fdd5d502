"""API keys are checked when given, and stand in no message, log line, repr or traceback."""

import logging
import pickle
import traceback

import pytest
from pydantic import SecretStr

from tests.client.fronts import front
from warmtune.client import AsyncClient, Client
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError

URL = "http://127.0.0.1:9"
FAR = "http://warmtune.example"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARMTUNE_URL", "WARMTUNE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def _sent(client: Client) -> str | None:
    key: str | None = client._http.headers.get("Authorization")
    client.close()
    return key


@pytest.mark.parametrize("key", ["k3y", "k3y\n", "\tk3y ", "Bearer k3y", "bearer  k3y\r\n", SecretStr("k3y")])
def test_blanks_and_the_word_bearer_are_no_part_of_a_key(key: str) -> None:
    assert _sent(Client(URL, api_key=key)) == "Bearer k3y"


@pytest.mark.parametrize(
    "key", ["", " ", "Bearer ", "hunter2 hunter2", "hunter2é", "hunter2\x00", "hunter2\nX-Evil: 1", "hunter2\u200b"]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_key_that_can_not_be_sent_is_refused_and_not_repeated(kind: type[Client], key: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        kind(URL, api_key=key)
    error = caught.value
    assert (error.field, error.value) == ("api_key", None)
    assert "hunter2" not in "".join(traceback.format_exception(error)) + str(vars(error))


@pytest.mark.parametrize("key", [b"hunter2", 5, ["hunter2"], object()])
def test_a_key_is_a_string(key: str) -> None:
    with pytest.raises(InvalidInputError, match="an API key is a string") as caught:
        Client(URL, api_key=key)
    assert "hunter2" not in str(caught.value)


def test_nothing_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(URL, api_key="hunter2", retry=Retry(attempts=1))
    assert "hunter2" not in repr(client) + str(client) + repr(vars(client)) + repr(client._opening)
    with caplog.at_level(logging.DEBUG), pytest.raises(WarmtuneError) as caught:
        client.health()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value)) + caplog.text
    client.close()


def test_a_copy_has_the_same_key() -> None:
    with Client(URL, api_key="k3y") as client:
        assert _sent(pickle.loads(pickle.dumps(client))) == "Bearer k3y"


def test_the_key_may_stand_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_API_KEY", "k3y\n")
    assert _sent(Client(FAR)) == "Bearer k3y"
    assert _sent(Client(FAR, api_key="other")) == "Bearer other"
    monkeypatch.setenv("WARMTUNE_API_KEY", " ")
    assert _sent(Client(FAR)) is None


def test_the_key_of_one_service_is_not_shown_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_API_KEY", "k3y")
    monkeypatch.setenv("WARMTUNE_URL", FAR)
    assert _sent(Client()) == "Bearer k3y"
    assert _sent(Client(f"{FAR}/below")) == "Bearer k3y"
    for other in ("http://elsewhere.example", "https://warmtune.example", f"{FAR}:81"):
        assert _sent(Client(other)) is None
    assert _sent(Client("http://elsewhere.example", api_key="k3y")) == "Bearer k3y"


@pytest.mark.slow
def test_a_redirect_takes_no_key_elsewhere() -> None:
    with front() as elsewhere, front(302, b"", Location=f"http://127.0.0.1:{elsewhere.port}/readyz") as server:
        with Client(f"http://127.0.0.1:{server.port}", api_key="k3y") as client, pytest.raises(WarmtuneError):
            client.health()
        assert server.requests[0][1] == "Bearer k3y"
        assert elsewhere.requests == []
