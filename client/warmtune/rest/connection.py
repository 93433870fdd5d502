"""Sending calls over HTTP, in a thread or in an event loop: thin shells around the same pure parts."""

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx

from warmtune.rest.calls import Call
from warmtune.rest.problems import error_from_failure, error_from_response, error_from_unreadable_answer
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError

DEFAULT_TIMEOUT_S = 60.0

ResultT = TypeVar("ResultT")
Outcome = httpx.Response | httpx.TransportError


class Connection:
    """Sends calls and waits for their answers.

    Threads may share one; processes must not. Close it, or use it in a ``with`` block.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: The service's address, e.g. ``http://127.0.0.1:8000``.
            api_key: Sent as a bearer token.
            timeout_s: Longest silence of the service within one attempt, above 0.
            retry: How often and how fast failed attempts are repeated; by default 4 attempts within seconds.
            transport: How requests leave the process; httpx's own by default.

        Raises:
            InvalidInputError: On an address that isn't http or https, or a timeout that isn't positive.
        """
        self._url = checked_url(url)
        self._has_key = api_key is not None
        self._retry = retry or Retry()
        self._http = httpx.Client(
            base_url=self._url,
            headers=_headers(api_key),
            timeout=_checked_timeout(timeout_s),
            transport=transport,
        )
        self._opened_with = (self._url, api_key, timeout_s, self._retry, transport)

    def __reduce__(self) -> tuple[object, ...]:
        """A copy, in this process or another, opens connections of its own; a given transport must be picklable."""
        return _opened, (type(self), *self._opened_with)

    def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, again if need be, and read its answer.

        Raises:
            UnavailableError: If the service can't be reached in time.
            ServiceError: If it failed, or answered something unreadable.
            WarmtuneError: What else the service answered.
        """
        headers = _call_headers(call)
        for attempt in itertools.count(1):
            outcome = self._attempt(call, headers)
            delay_s = self._retry.delay_s(attempt, outcome, jitter=random.SystemRandom().random())
            if delay_s is None:
                break
            time.sleep(delay_s)
        return _result(call, outcome, self._url)

    def _attempt(self, call: Call[ResultT], headers: dict[str, str]) -> Outcome:
        with _request(self._http, call, headers) as request:
            try:
                return self._http.send(request)
            except httpx.TransportError as failure:
                return failure

    def close(self) -> None:
        """Let go of the connections; the object can't be used any more."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return _shown(type(self).__name__, self._url, self._has_key)


class AsyncConnection:
    """Sends calls from an event loop. Close it, or use it in an ``async with`` block."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare, as `Connection` does."""
        self._url = checked_url(url)
        self._has_key = api_key is not None
        self._retry = retry or Retry()
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers=_headers(api_key),
            timeout=_checked_timeout(timeout_s),
            transport=transport,
        )

    async def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, again if need be, and read its answer; raises as `Connection.send`."""
        headers = _call_headers(call)
        for attempt in itertools.count(1):
            outcome = await self._attempt(call, headers)
            delay_s = self._retry.delay_s(attempt, outcome, jitter=random.SystemRandom().random())
            if delay_s is None:
                break
            await asyncio.sleep(delay_s)
        return _result(call, outcome, self._url)

    async def _attempt(self, call: Call[ResultT], headers: dict[str, str]) -> Outcome:
        with _request(self._http, call, headers) as request:
            try:
                return await self._http.send(request)
            except httpx.TransportError as failure:
                return failure

    async def close(self) -> None:
        """Let go of the connections; the object can't be used any more."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return _shown(type(self).__name__, self._url, self._has_key)


def _opened(kind: type[Connection], *given: str | float | Retry | httpx.BaseTransport | None) -> Connection:
    names = ("url", "api_key", "timeout_s", "retry", "transport")
    return kind(**dict(zip(names, given, strict=True)))  # type: ignore[arg-type]  # what `__reduce__` has put there


def checked_url(url: str) -> str:
    """The service's address without a trailing slash.

    Raises:
        InvalidInputError: If it isn't an http or https address, or carries a password that would end up in logs.
    """
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInputError(
            "the service's address is an http or https URL", field="url", value=url, limit="http://host:port"
        )
    if parts.username or parts.password:
        raise InvalidInputError(
            "give the key as api_key, not within the address", field="url", limit="http://host:port"
        )
    return url.rstrip("/")


def _checked_timeout(timeout_s: float) -> float:
    if not timeout_s > 0:
        raise InvalidInputError("a timeout is positive", field="timeout_s", value=timeout_s, limit="> 0 seconds")
    return timeout_s


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": f"warmtune/{version('warmtune')}"}
    return headers if api_key is None else headers | {"Authorization": f"Bearer {api_key}"}


def _call_headers(call: Call[ResultT]) -> dict[str, str]:
    """One key for all attempts of a POST, so that a repeated one is not done twice."""
    headers = {"Idempotency-Key": str(uuid.uuid4())} if call.method == "POST" else {}
    return headers if call.body is None or call.upload else headers | {"Content-Type": call.content_type}


@contextmanager
def _request(
    http: httpx.Client | httpx.AsyncClient, call: Call[ResultT], headers: dict[str, str]
) -> Iterator[httpx.Request]:
    """The call's request, with its file held open while it is sent."""
    if call.upload is None:
        yield http.build_request(call.method, call.path, params=call.query, content=call.body, headers=headers)
        return
    form = {"request": (call.body or b"{}").decode()}
    content, name = call.upload.content, call.upload.filename
    if isinstance(content, Path):
        with content.open("rb") as file:
            yield http.build_request(call.method, call.path, data=form, files={"file": (name, file)}, headers=headers)
    else:
        yield http.build_request(call.method, call.path, data=form, files={"file": (name, content)}, headers=headers)


def _result(call: Call[ResultT], outcome: Outcome, url: str) -> ResultT:
    if isinstance(outcome, httpx.TransportError):
        raise error_from_failure(outcome, url) from outcome
    if not outcome.is_success:
        raise error_from_response(outcome)
    try:
        return call.read(outcome.content)
    except ValueError as error:
        raise error_from_unreadable_answer(error, outcome.content) from error


def _shown(name: str, url: str, has_key: bool) -> str:
    key = "***" if has_key else None
    return f"{name}({url!r}, api_key={key!r})"
