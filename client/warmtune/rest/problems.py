"""Failures of the service as errors of the family."""

import httpx
from pydantic import ValidationError

from warmtune.vocabulary.errors import (
    ConflictError,
    InvalidConfigurationError,
    InvalidInputError,
    InvalidSearchSpaceError,
    InvalidTableError,
    LimitExceededError,
    NotFoundError,
    ServiceError,
    UnauthorizedError,
    UnavailableError,
    WarmtuneError,
    shown,
)
from warmtune.vocabulary.job import JobFailure
from warmtune.wire.base import Problem

_NAMED_BY_CODE = (
    InvalidTableError,
    InvalidSearchSpaceError,
    InvalidConfigurationError,
    LimitExceededError,
    InvalidInputError,
    NotFoundError,
    ConflictError,
    UnauthorizedError,
    UnavailableError,
    ServiceError,
)


def error_from_response(response: httpx.Response) -> WarmtuneError:
    """The error that an unsuccessful answer stands for: by its `code`, else by its status.

    Code, field, value and limit are kept; the request's id is added as a note.
    """
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return _error_without_problem(response)
    error_type = next((e for e in _NAMED_BY_CODE if e.code == problem.code), _type_by_status(response.status_code))
    error = error_type(problem.detail, field=problem.field, limit=problem.limit, code=problem.code)
    error.value = problem.value  # the service has shortened it for display already
    if problem.request_id:
        error.add_note(f"request id {problem.request_id}")
    return error


def error_from_job(failure: JobFailure) -> WarmtuneError:
    """The error that a job has failed by."""
    error_type = next((e for e in _NAMED_BY_CODE if e.code == failure.code), ServiceError)
    error = error_type(failure.message, field=failure.field, limit=failure.limit, code=failure.code)
    error.value = failure.value  # the service has shortened it for display already
    return error


def error_from_failure(failure: httpx.TransportError, url: str) -> UnavailableError:
    """The error for a service that could not be reached in time."""
    kind = "did not answer in time" if isinstance(failure, httpx.TimeoutException) else "can't be reached"
    reason = f" ({failure})" if str(failure) else ""
    return UnavailableError(f"the service at {url} {kind}{reason}; is it running there?", field="url", value=url)


def error_from_unreadable_answer(error: ValueError, content: bytes) -> ServiceError:
    """The error for an answer that is not what version 1 of the API says."""
    return ServiceError(
        f"the answer is not one of Warmtune's API, version 1: {_first_line(error)}",
        value=content[:200].decode(errors="replace"),
        code="unreadable_answer",
    )


def _error_without_problem(response: httpx.Response) -> WarmtuneError:
    status = response.status_code
    detail = f"the service answered {status} {response.reason_phrase}".rstrip()
    return _type_by_status(status)(f"{detail}: {shown(response.text[:200])}")


def _type_by_status(status: int) -> type[WarmtuneError]:
    if status in (401, 403):
        return UnauthorizedError
    if status in (404, 410):
        return NotFoundError
    if status == 409:
        return ConflictError
    if status == 413:
        return LimitExceededError
    if status in (429, 502, 503, 504):
        return UnavailableError
    return InvalidInputError if 400 <= status < 500 else ServiceError


def _first_line(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first["loc"] else first["msg"]
    return str(error).splitlines()[0]
