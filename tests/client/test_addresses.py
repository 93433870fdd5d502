"""Where a service is: addresses, proxies, certificates, and what odd ones say."""

import ssl
from pathlib import Path

import pytest

from tests.client.fronts import CERTIFICATE, front
from warmtune.client import Client
from warmtune.rest.proxies import proxy_for
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import (
    InvalidInputError,
    ServiceError,
    UnauthorizedError,
    UnavailableError,
)

ONCE = Retry(attempts=1)
FAR = "http://warmtune.example:8000"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
CERTIFICATES = ("WARMTUNE_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *CERTIFICATES, "WARMTUNE_URL", "WARMTUNE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000 ",
        "\nhttp://127.0.0.1:8000\r\n",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/v1",
        "http://127.0.0.1:8000/v1/",
        "http://127.0.0.1:8000/docs",
        "http://127.0.0.1:8000/redoc",
        "http://127.0.0.1:8000?",
    ],
)
def test_what_people_paste_is_the_address(url: str) -> None:
    with Client(url) as client:
        assert repr(client) == "Client('http://127.0.0.1:8000', api_key=None)"


def test_a_service_may_lie_below_a_path() -> None:
    with Client("https://host.example/tools/warmtune/v1/", verify=False) as client:
        assert "https://host.example/tools/warmtune'" in repr(client)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:abc",
        "http://127.0.0.1:99999",
        "http://exa mple",
        "http://[::1",
        "http://127.0.0.1:8000?x=1",
        "http://127.0.0.1:8000#a",
        "http://a\x00b",
        b"http://127.0.0.1:8000",
        Path("http://x"),
        8000,
    ],
)
def test_odd_addresses_are_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(url)
    assert (caught.value.field, caught.value.limit) == ("url", "http://host:port")


def test_a_missing_scheme_is_spelt_out() -> None:
    with pytest.raises(InvalidInputError, match="did you mean http://localhost:8000"):
        Client("localhost:8000")


def test_a_password_in_a_broken_address_is_not_shown() -> None:
    for url in ("http://user:hunter2@host:port", "ftp://user:hunter2@host", "http://user:hunter2@host"):
        with pytest.raises(InvalidInputError) as caught:
            Client(url)
        assert "hunter2" not in f"{caught.value} {caught.value.value}"


@pytest.mark.parametrize(
    ("status", "location", "kind", "said"),
    [
        (302, "https://login.example/sso", ServiceError, "redirects to https://login.example/sso"),
        (308, "https://u:secret@x.example/", ServiceError, r"redirects to https://\*\*\*@x.example/"),
        (407, "", UnauthorizedError, "the proxy requires"),
    ],
)
@pytest.mark.slow
def test_what_stands_in_front_is_reported(status: int, location: str, kind: type[ServiceError], said: str) -> None:
    with (
        front(status, b"moved", Location=location) as server,
        Client(f"http://127.0.0.1:{server.port}", retry=ONCE) as client,
        pytest.raises(kind, match=said),
    ):
        client.health()


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'{"status": "ok"}', b'{"hello": 1}', b"[]", b"", b"\xff"])
@pytest.mark.slow
def test_other_services_that_are_well_are_no_warmtune(body: bytes) -> None:
    with (
        front(200, body) as server,
        Client(f"http://127.0.0.1:{server.port}", retry=ONCE) as client,
        pytest.raises(ServiceError, match="not one of Warmtune's API"),
    ):
        client.health()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.slow
def test_an_answer_that_can_not_be_unpacked_is_a_service_error(encoding: str) -> None:
    with (
        front(200, b"no such thing", Content_Encoding=encoding) as server,
        Client(f"http://127.0.0.1:{server.port}", retry=ONCE) as client,
        pytest.raises(ServiceError) as caught,
    ):
        client.health()
    assert caught.value.code == "unreadable_answer"


@pytest.mark.parametrize(
    "value",
    ["socks://127.0.0.1:9/", "socks5://127.0.0.1:9", "gopher://x", "http://", "http://127.0.0.1:nine", "socks4://x:1"],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_can_not_be_used_is_named_by_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInputError, match=variable) as caught:
        Client(FAR)
    assert caught.value.field == variable
    assert "NO_PROXY" in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9", "http://127.8.8.8:9"])
def test_this_machine_needs_no_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in PROXIES[:3]:
        monkeypatch.setenv(variable, "socks://nowhere:1")
    monkeypatch.setenv("NO_PROXY", "localhost,::1/128,[::1],fe80::/10")
    assert proxy_for(url) is None
    Client(url).close()


@pytest.mark.parametrize(
    ("no_proxy", "is_direct"),
    [
        ("*", True),
        ("warmtune.example", True),
        (".example", True),
        ("*.example", True),
        ("example", True),
        ("warmtune.example:8000", True),
        ("warmtune.example:9000", False),
        ("http://warmtune.example", True),
        (" other.example , WARMTUNE.example ", True),
        ("tune.example", False),
        ("localhost,::1/128,fe80::/10,[::1],,", False),
        ("", False),
    ],
)
def test_hosts_are_exempt_as_no_proxy_says(no_proxy: str, is_direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(FAR) is None) is is_direct


def test_networks_are_exempt_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "10.0.0.0/8,fd00::/8")
    assert proxy_for("http://10.1.2.3:8000") is None
    assert proxy_for("http://[fd00::1]:8000") is None
    assert proxy_for("http://11.1.2.3:8000") is not None


@pytest.mark.slow
def test_requests_go_through_the_proxy_with_its_odd_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with front() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:p@ss:word@127.0.0.1:{proxy.port}")
        with Client(FAR) as client:
            client.health()
    assert proxy.requests[0][0].startswith("GET http://warmtune.example:8000/readyz")


def test_a_dead_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:hunter2@127.0.0.1:9")
    with Client(FAR, retry=ONCE) as client, pytest.raises(UnavailableError) as caught:
        client.health()
    assert "through the proxy http://127.0.0.1:9 (HTTP_PROXY)" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.slow
def test_certificates_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with front(with_tls=True) as server:
        url = f"https://127.0.0.1:{server.port}"
        with Client(url, retry=ONCE) as client, pytest.raises(UnavailableError, match="WARMTUNE_CA_BUNDLE"):
            client.health()
        given = (CERTIFICATE, str(CERTIFICATE), False, ssl.create_default_context(cafile=str(CERTIFICATE)))
        for verify in given:
            with Client(url, retry=ONCE, verify=verify) as client:
                client.health()
        for variable in CERTIFICATES[:4]:
            monkeypatch.setenv(variable, str(CERTIFICATE))
            with Client(url, retry=ONCE) as client:
                client.health()
            monkeypatch.delenv(variable)


@pytest.mark.parametrize("variable", CERTIFICATES)
def test_blank_variables_of_certificates_count_as_unset(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, " \t")
    Client("https://warmtune.example").close()


@pytest.mark.parametrize("variable", CERTIFICATES)
def test_certificates_that_can_not_be_read_are_named(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        monkeypatch.setenv(variable, str(path))
        with pytest.raises(InvalidInputError) as caught:
            Client("https://warmtune.example")
        assert caught.value.field == variable
        Client("http://warmtune.example").close()  # nothing is encrypted
    with pytest.raises(InvalidInputError) as caught:
        Client("https://warmtune.example", verify=tmp_path / "missing.pem")
    assert caught.value.field == "verify"


def test_what_is_no_certificate_is_refused() -> None:
    for verify in (3, "", ["a.pem"], b"x"):
        with pytest.raises(InvalidInputError) as caught:
            Client("https://warmtune.example", verify=verify)  # type: ignore[arg-type]
        assert caught.value.field == "verify"


def test_the_address_may_stand_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_URL", " http://127.0.0.1:8123\n")
    with Client() as client:
        assert "http://127.0.0.1:8123'" in repr(client)


@pytest.mark.parametrize(
    ("variable", "value", "url"),
    [
        ("WARMTUNE_URL", "nonsense", None),
        ("WARMTUNE_URL", "ftp://127.0.0.1:8123", None),
        ("WARMTUNE_API_KEY", "two words", "http://127.0.0.1:8123"),
    ],
)
def test_a_variable_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, url: str | None
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInputError, match=f"^{variable}: ") as caught:
        Client(url)
    assert caught.value.field == variable
