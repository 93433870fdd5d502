"""A call as a request of httpx, and what came of it as an answer or an error of the family."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from warmtune.rest.calls import Call
from warmtune.rest.connection_settings import ConnectionOptions
from warmtune.rest.problems import (
    error_from_failure,
    error_from_response,
    error_from_unreadable_answer,
    error_from_unsendable,
)
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError

ResultT = TypeVar("ResultT")
Outcome = httpx.Response | httpx.TransportError


def call_headers(call: Call[ResultT]) -> dict[str, str]:
    """One key for all attempts of a POST, so that a repeated one is not done twice."""
    headers = {"Idempotency-Key": str(uuid.uuid4())} if call.method == "POST" else {}
    return headers if call.body is None or call.upload else headers | {"Content-Type": call.content_type}


@contextmanager
def opened_request(
    http: httpx.Client | httpx.AsyncClient, call: Call[ResultT], headers: dict[str, str]
) -> Iterator[httpx.Request]:
    """The call's request, with its file held open while it is sent.

    Raises:
        InvalidInputError: If the file can't be opened, or something has characters that no request can carry.
    """
    if call.upload is None:
        yield _built(http, call, headers)
        return
    form = {"request": (call.body or b"{}").decode()}
    content, name = call.upload.content, call.upload.filename
    if isinstance(content, Path):
        try:
            file = content.open("rb")
        except OSError as error:
            raise InvalidInputError(f"the file can't be read: {error}", field="file", value=str(content)) from error
        with file:
            yield http.build_request(call.method, call.path, data=form, files={"file": (name, file)}, headers=headers)
    else:
        yield http.build_request(call.method, call.path, data=form, files={"file": (name, content)}, headers=headers)


def _built(http: httpx.Client | httpx.AsyncClient, call: Call[ResultT], headers: dict[str, str]) -> httpx.Request:
    try:
        return http.build_request(call.method, call.path, params=call.query, content=call.body, headers=headers)
    except (ValueError, TypeError, httpx.InvalidURL) as error:  # say, half a character in a query
        raise InvalidInputError(f"the request can't be sent: {error}", field="query", value=dict(call.query)) from error


def outcome_of(failure: Exception, opening: ConnectionOptions) -> httpx.TransportError:
    """A failure of the way, which may be repeated.

    Frames of httpx and of what it builds on are left out of its traceback: they hold the request's headers, and with
    them the key, where a logger shows the values of variables.

    Raises:
        ServiceError: If it was the answer, which is no better next time.
        UnavailableError: If it was anything else.
    """
    if isinstance(failure, WarmtuneError):
        raise failure
    failure.__traceback__ = failure.__cause__ = failure.__context__ = None
    if isinstance(failure, httpx.TransportError):
        return failure
    if isinstance(failure, (httpx.DecodingError, httpx.TooManyRedirects)):
        raise error_from_unreadable_answer(failure) from failure
    raise error_from_unsendable(failure, opening.url) from failure


def result(call: Call[ResultT], outcome: Outcome, opening: ConnectionOptions) -> ResultT:
    """What the call comes to.

    Raises:
        WarmtuneError: Where it failed.
    """
    if isinstance(outcome, httpx.TransportError):
        raise error_from_failure(outcome, opening.url, proxy=opening.proxy) from outcome
    if not outcome.is_success:
        raise error_from_response(outcome, proxy=opening.proxy)
    try:
        return call.read(outcome.content)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise error_from_unreadable_answer(error, outcome) from error
