"""Failures of the service as errors of the family."""

import httpx
from pydantic import ValidationError

from warmtune.rest.addresses import shown_address
from warmtune.rest.arrival import UNREAD_PACKING
from warmtune.rest.proxies import Proxy
from warmtune.rest.waits import retry_after_s
from warmtune.vocabulary.errors import (
    NAMED_ERRORS,
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    RateLimitError,
    ServiceError,
    StorageFullError,
    UnauthorizedError,
    UnavailableError,
    WarmtuneError,
    shown,
)
from warmtune.vocabulary.job import JobFailure
from warmtune.wire.base import Problem

_PASSING = frozenset({408, 425, 502, 503, 504, 511})
"""Too slow, too early, no way to the service, or a network that asks to sign in first."""

_UNKNOWN_HOST = (
    "Name or service not known",
    "name resolution",
    "No address associated",
    "nodename nor servname",
    "getaddrinfo failed",
)
"""What systems say where a name has no address."""


def error_from_response(response: httpx.Response, *, proxy: Proxy | None = None) -> WarmtuneError:
    """The error that an unsuccessful answer stands for: by its `code`, else by its status.

    Code, field, value and limit are kept; the request's id is added as a note.
    """
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return _error_without_problem(response, proxy)
    error_type = next((e for e in NAMED_ERRORS if e.code == problem.code), _type_by_status(response.status_code))
    error = error_type.restored(
        problem.detail, field=problem.field, value=problem.value, limit=problem.limit, code=problem.code
    )
    if isinstance(error, RateLimitError):
        error.retry_after_s = retry_after_s(response) if problem.retry_after_s is None else problem.retry_after_s
    if problem.request_id:
        error.add_note(f"request id {problem.request_id}")
    return error


def error_from_job(failure: JobFailure) -> WarmtuneError:
    """The error that a job has failed by."""
    error_type = next((e for e in NAMED_ERRORS if e.code == failure.code), ServiceError)
    return error_type.restored(
        failure.message, field=failure.field, value=failure.value, limit=failure.limit, code=failure.code
    )


def error_from_failure(failure: httpx.TransportError, url: str, *, proxy: Proxy | None = None) -> UnavailableError:
    """The error for a service that could not be reached in time."""
    kind = "did not answer in time" if isinstance(failure, httpx.TimeoutException) else "can't be reached"
    way = f" through the proxy {proxy}" if proxy is not None else ""
    reason = f" ({failure})" if str(failure) else ""
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        hint = "name its certificate authority by verify= or WARMTUNE_CA_BUNDLE"
    elif "WRONG_VERSION_NUMBER" in reason:
        hint = "is it http rather than https?"
    elif any(said in reason for said in _UNKNOWN_HOST):
        hint = "no host of this name is known here: check its spelling" + (
            ", and whether this machine needs a proxy or a VPN to find it" if proxy is None else ""
        )
    elif isinstance(failure, httpx.ReadTimeout):  # the request has arrived
        hint = "it may be learning a model, or be busy: ask again, or wait longer by the client's timeout_s"
    else:
        hint = "is it running there?" if proxy is None else "is the proxy running, or should NO_PROXY name the host?"
    return UnavailableError(f"the service at {url} {kind}{way}{reason}; {hint}", field="url", value=url)


def error_from_unreadable_answer(error: Exception, answer: httpx.Response | None = None) -> ServiceError:
    """The error for an answer that is not what version 1 of the API says, or that could not be unpacked (None)."""
    content = b"" if answer is None else answer.content
    packing = "" if answer is None else _unread_packing(answer)
    if packing:
        reason = packing
    elif content.lstrip()[:1] == b"<":
        reason = "it is a web page, as of a network that asks to sign in, a proxy, or another server at this address"
    else:
        reason = _first_line(error)
    return ServiceError(
        f"the answer is not one of Warmtune's API, version 1: {reason}",
        value="bytes" if packing else _text(content),
        code="unreadable_answer",
    )


def error_from_unsendable(error: Exception, url: str) -> UnavailableError:
    """The error for what went wrong on this side of the way."""
    return UnavailableError(
        f"the request to {url} could not be sent: {type(error).__name__}: {error}; check the client's url and what is "
        "sent",
        field="url",
        value=url,
    )


def closed_error() -> UnavailableError:
    """The error for a client that is used after its end."""
    return UnavailableError(
        "the client is closed: make a new one, or use it within its 'with' block", field="client", code="client_closed"
    )


def _error_without_problem(response: httpx.Response, proxy: Proxy | None) -> WarmtuneError:
    status = response.status_code
    detail = f"the service answered {status} {response.reason_phrase}".rstrip()
    if proxy is not None:
        detail += f", or the proxy {proxy} did"
    if response.has_redirect_location:
        target = shown_address(response.headers["Location"])
        return ServiceError(
            f"{detail}: it redirects to {target}, which is not followed; pass the service's own address as url",
            field="url",
            value=target,
            code="redirected",
        )
    if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        return UnauthorizedError(f"{detail}: the proxy requires a user and password", field="proxy")
    said = _unread_packing(response) or shown(_text(response.content))
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return LimitExceededError(
            f"{detail}: the request is larger than the service, or a proxy before it, accepts: {said}",
            field="body",
        )
    error = _type_by_status(status)(f"{detail}: {said}")
    if isinstance(error, RateLimitError):
        error.retry_after_s = retry_after_s(response)
    return error


def _unread_packing(answer: httpx.Response) -> str:
    names = answer.extensions.get(UNREAD_PACKING)
    if not names:
        return ""
    return (
        f"it is packed as {names!r}, which was not asked for and can't be unpacked here: let the proxy pack with gzip "
        "or not at all, or install what httpx unpacks it with (pip install 'httpx[brotli,zstd]')"
    )


def _text(content: bytes) -> str:
    """The beginning of an answer; the charset that a server claims may be none, or a codec of something else."""
    return content[:200].decode(errors="replace")


def _type_by_status(status: int) -> type[WarmtuneError]:
    if status in (401, 403):
        return UnauthorizedError
    if status in (404, 410):
        return NotFoundError
    if status == 409:
        return ConflictError
    if status == 429:
        return RateLimitError
    if status in _PASSING or 520 <= status < 530:  # the latter are Cloudflare's: no way to the service
        return UnavailableError
    if status == 507:
        return StorageFullError
    return InvalidInputError if 400 <= status < 500 else ServiceError


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first["loc"] else first["msg"]
    return next(iter(str(error).splitlines()), type(error).__name__)
