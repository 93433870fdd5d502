"""What connections are opened with: checked once, when a client is made, and opened from again after a fork."""

import math
import os
import pickle
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypedDict, TypeVar

import httpx
from pydantic import SecretStr

from warmtune.rest.addresses import checked_url, origin_of
from warmtune.rest.api_keys import checked_key, hidden
from warmtune.rest.arrival import Arrival
from warmtune.rest.certificates import Verify, checked_verify
from warmtune.rest.heads import limited
from warmtune.rest.own_service import Lease, join
from warmtune.rest.proxies import Proxy, proxy_for
from warmtune.rest.retries import Retry
from warmtune.version import __version__
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError, UnavailableError
from warmtune.vocabulary.finite import is_finite_number

DEFAULT_TIMEOUT_S = 60.0
LONGEST_TIMEOUT_S = 1e8
"""Above this the system's clocks give up: it stands for no limit."""

URL_VARIABLE = "WARMTUNE_URL"
KEY_VARIABLE = "WARMTUNE_API_KEY"

Transport = httpx.BaseTransport | httpx.AsyncBaseTransport

T = TypeVar("T", httpx.BaseTransport, httpx.AsyncBaseTransport)


class ClientOptions(TypedDict):
    """Arguments of both `httpx.Client` and `httpx.AsyncClient`."""

    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout
    trust_env: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """All that a connection is opened with.

    Attributes:
        url: The service's address.
        key: What goes as a bearer token, or None.
        timeout_s: Longest silence within one attempt, or None for no limit.
        retry: How failed attempts are repeated.
        transport: How requests leave the process, or a function that makes that, or None for httpx's own.
        verify: As it was given.
        certificates: What `verify` and the variables come to.
        proxy: The proxy in between, or None.
        lease: What keeps an embedded service running, or None where the service is another's.
    """

    url: str
    key: SecretStr | None
    timeout_s: float | None
    retry: Retry
    transport: Transport | Callable[[], Transport] | None
    verify: Verify | None
    certificates: ssl.SSLContext | bool
    proxy: Proxy | None
    lease: Lease | None

    @property
    def can_reopen(self) -> bool:
        """Whether another process can have connections of its own: a transport is of the process it was made in."""
        return self.transport is None or callable(self.transport)

    def client(self) -> httpx.Client:
        """Connections for threads."""
        transport = self._transport(httpx.BaseTransport)
        if transport is None:
            proxy = None if self.proxy is None else self.proxy.route
            transport = limited(httpx.HTTPTransport(verify=self.certificates, proxy=proxy, trust_env=False))
        return httpx.Client(transport=transport, **self._options())

    def async_client(self) -> httpx.AsyncClient:
        """Connections for one event loop."""
        transport = self._transport(httpx.AsyncBaseTransport)
        proxy = None if self.proxy is None or transport is not None else self.proxy.route
        return httpx.AsyncClient(transport=transport, verify=self.certificates, proxy=proxy, **self._options())

    def as_given(self) -> dict[str, object]:
        """The arguments of a client like it: variables of the environment are read anew where it is made."""
        return {
            "url": self.url if self.lease is None else None,
            "api_key": self.key if self.lease is None else None,
            "timeout_s": math.inf if self.timeout_s is None else self.timeout_s,
            "retry": self.retry,
            "transport": self.transport,
            "verify": self.verify,
        }

    def ends_at(self) -> float:
        """When the service has had its time for a call that begins now, by `time.monotonic`; infinity for no limit."""
        return math.inf if self.timeout_s is None else time.monotonic() + self.timeout_s

    def arrival(self, response: httpx.Response) -> Arrival:
        """What takes the body of an answer."""
        return Arrival(response, timeout_s=self.timeout_s, key=self.key)

    @property
    def is_abandoned(self) -> bool:
        """Whether the embedded service has ended: its address, and so the key, may be another's by now."""
        return self.lease is not None and self.lease.is_over

    def renewed(self) -> "ConnectionOptions":
        """The same with the embedded service that runs now."""
        if self.lease is not None:
            self.lease.release()
        lease = join()
        return replace(self, url=lease.url, key=SecretStr(lease.token), lease=lease)

    def check_can_reopen(self, where: str) -> None:
        """Check that connections can be opened once more.

        Raises:
            UnavailableError: If the transport was made for another process or event loop.
        """
        if not self.can_reopen:
            raise UnavailableError(
                f"a client with a transport of its own can't be used in {where}: make one there, or give a function "
                "that makes the transport",
                field="transport",
            )

    def check_can_be_pickled(self) -> None:
        """Check that another process can be given all of it.

        Raises:
            InvalidInputError: Naming what can't be.
        """
        for field, value in (("transport", self.transport), ("verify", self.verify)):
            try:
                pickle.dumps(value)
            except Exception as error:  # noqa: BLE001  # whatever the object's own methods raise
                raise InvalidInputError(
                    f"a client can't be pickled with this {field} ({error}): make one in the other process, or pass "
                    f"{'a function that makes it' if field == 'transport' else 'the path of the certificates'}",
                    field=field,
                    value=value,
                ) from None

    def __repr__(self) -> str:
        return f"Opening({self.url!r}, api_key={None if self.key is None else '***'!r})"

    def _transport(self, wanted: type[T]) -> T | None:
        """The transport that was given, or None.

        Raises:
            InvalidInputError: If it is one of the other kind of client.
        """
        transport = self.transport() if callable(self.transport) else self.transport
        if transport is not None and not isinstance(transport, wanted):
            raise InvalidInputError(
                f"transport is {with_article(type(transport).__name__)}",
                field="transport",
                value=transport,
                limit=f"an httpx.{wanted.__name__}",
            )
        return transport

    def _options(self) -> ClientOptions:
        """What both kinds of client are made with."""
        return ClientOptions(
            base_url=self.url,
            headers=self._headers(),
            timeout=httpx.Timeout(self.timeout_s, pool=None),
            trust_env=False,
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": f"warmtune/{__version__}"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key.get_secret_value()}"
        return headers


def checked_opening(
    url: str | None,
    *,
    api_key: SecretStr | None,
    timeout_s: float,
    retry: Retry | None,
    transport: Transport | Callable[[], Transport] | None,
    verify: Verify | None,
) -> ConnectionOptions:
    """Check all that a client is given; see `warmtune.rest.connection.Connection`.

    Raises:
        InvalidInputError: Naming the argument or the variable that is wrong.
    """
    if url is None:
        url = url_from_environment()
    lease = None
    if url is None:
        _refuse_beside_embedding(api_key=api_key, transport=transport, verify=verify)
        lease = join()
        url, api_key = lease.url, SecretStr(lease.token)
    address = checked_url(url)
    if transport is not None and verify is not None:
        raise InvalidInputError(
            "verify has no effect with a transport, which has its own", field="verify", value=verify
        )
    if retry is not None and not isinstance(retry, Retry):
        raise InvalidInputError(
            f"retry is {with_article(type(retry).__name__)}",
            field="retry",
            value=retry,
            limit="warmtune.Retry(attempts=...)",
        )
    proxy = proxy_for(address) if transport is None else None
    is_encrypted = address.startswith("https:") or (proxy is not None and proxy.route.url.scheme == "https")
    return ConnectionOptions(
        url=address,
        key=_key_from_environment(address) if api_key is None else checked_key(api_key),
        timeout_s=checked_timeout(timeout_s),
        retry=retry or Retry(),
        transport=transport,
        verify=verify,
        certificates=checked_verify(verify, is_needed=is_encrypted and transport is None),
        proxy=proxy,
        lease=lease,
    )


def url_from_environment() -> str | None:
    """The address of ``WARMTUNE_URL``, or None.

    Raises:
        InvalidInputError: Naming the variable, if it is none.
    """
    text = os.environ.get(URL_VARIABLE, "").strip()
    with _of_variable(URL_VARIABLE):
        return checked_url(text) if text else None


def checked_timeout(timeout_s: object) -> float | None:
    """Seconds, or None for no limit, which infinity stands for.

    Raises:
        InvalidInputError: If it is no positive number.
    """
    if isinstance(timeout_s, float) and math.isinf(timeout_s) and timeout_s > 0:
        return None
    if not is_finite_number(timeout_s) or timeout_s <= 0:
        raise InvalidInputError(
            "a timeout is a positive number of seconds; float('inf') stands for none",
            field="timeout_s",
            value=timeout_s,
            limit="> 0 seconds",
        )
    return None if timeout_s > LONGEST_TIMEOUT_S else float(timeout_s)


def _key_from_environment(address: str) -> SecretStr | None:
    """The key of ``WARMTUNE_API_KEY``; one that belongs to the service of ``WARMTUNE_URL`` isn't shown to another."""
    with _of_variable(KEY_VARIABLE):
        key = checked_key(hidden(os.environ.get(KEY_VARIABLE, "").strip() or None))
    known = None if key is None else url_from_environment()
    return key if known is None or origin_of(known) == origin_of(address) else None


@contextmanager
def _of_variable(name: str) -> Iterator[None]:
    """Refusals name the variable of the environment, which nobody has passed."""
    try:
        yield
    except InvalidInputError as error:
        raise error.placed(name, f"{name}: {error.message}") from None


def _refuse_beside_embedding(**given: object) -> None:
    """Check that nothing is said of a service that nobody names: a service is started, which needs none of it."""
    for field, value in given.items():
        if value is not None:
            raise InvalidInputError(
                f"{field} belongs to a service, but no address is known: pass the address, or set {URL_VARIABLE}",
                field="url",
            )


def shown_connection(connection: object, name: str) -> str:
    """For people; of one whose arguments were refused, a traceback may still ask for it."""
    opening = vars(connection).get("_opening")
    if not isinstance(opening, ConnectionOptions):
        return f"{name}(not opened)"
    key = None if opening.key is None else "***"
    return f"{name}({opening.url!r}, api_key={key!r})"
