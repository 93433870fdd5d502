"""Errors of the family as RFC 9457 problem details: the one place that gives them HTTP statuses."""

import math
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from warmtune.vocabulary.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    RateLimitError,
    ServiceError,
    StorageFullError,
    UnauthorizedError,
    UnavailableError,
    WarmtuneError,
)
from warmtune.wire.base import Problem

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:warmtune:problem:"

_STATUS_AND_TITLE: tuple[tuple[type[WarmtuneError], int, str], ...] = (
    # the first that fits, so the narrow ones stand first
    (LimitExceededError, 413, "Larger than allowed"),
    (InvalidInputError, 422, "Something in the request is wrong"),
    (NotFoundError, 404, "Not found"),
    (ConflictError, 409, "In conflict with stored data"),
    (ForbiddenError, 403, "Not allowed"),
    (UnauthorizedError, 401, "An API key is needed"),
    (RateLimitError, 429, "A limit of the API key is reached"),
    (UnavailableError, 503, "Not available right now"),
    (StorageFullError, 507, "No space left"),
    (ServiceError, 500, "The service failed"),
)
_TIMED_OUT = 408
_MAX_DETAIL = 2_000
_MAX_FIELD = 500
_BY_STATUS = {
    400: ("malformed_request", "The request can't be read"),
    404: ("route_not_found", "There is no such route"),
    405: ("method_not_allowed", "The route doesn't have this method"),
}


class MalformedRequestError(InvalidInputError):
    """The bytes of the request are not what their media type says."""

    code = "malformed_request"


class UnsupportedMediaTypeError(InvalidInputError):
    """The body is of a media type that the route doesn't take."""

    code = "unsupported_media_type"


class SlowBodyError(InvalidInputError):
    """The body of the request comes too slowly."""

    code = "request_timeout"


def status_of(error: WarmtuneError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, MalformedRequestError):
        return 400
    if isinstance(error, UnsupportedMediaTypeError):
        return 415
    if isinstance(error, SlowBodyError):
        return _TIMED_OUT
    return next((status for kind, status, _ in _STATUS_AND_TITLE if isinstance(error, kind)), 500)


def problem_of(error: WarmtuneError, request_id: str | None) -> Problem:
    """An error as a problem."""
    title = next((title for kind, _, title in _STATUS_AND_TITLE if isinstance(error, kind)), "The service failed")
    return Problem(
        type=TYPE_PREFIX + error.code,
        title=title,
        status=status_of(error),
        detail=_printable(error.message, _MAX_DETAIL),
        code=error.code,
        field=None if error.field is None else _printable(error.field, _MAX_FIELD),
        value=None if error.value is None else _printable(error.value, _MAX_FIELD),
        limit=None if error.limit is None else _printable(error.limit, _MAX_FIELD),
        request_id=request_id,
        retry_after_s=round(error.retry_after_s, 3)
        if isinstance(error, RateLimitError) and error.retry_after_s
        else None,
    )


def response_of(problem: Problem) -> Response:
    """A problem as a response."""
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 503:
        headers["Retry-After"] = "1"
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    if problem.status == _TIMED_OUT or problem.code == "stopping":
        headers["Connection"] = "close"
    return Response(problem.model_dump_json(), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


def request_id_of(request: Request) -> str | None:
    """The request's identifier, as the access layer has set it."""
    return getattr(request.state, "request_id", None)


async def handle_error(request: Request, error: Exception) -> Response:
    """Render an error of the family."""
    if not isinstance(error, WarmtuneError):
        raise error
    problem = problem_of(error, request_id_of(request))
    if problem.status >= 500:
        structlog.get_logger().error("failed", code=problem.code, detail=problem.detail, exc_info=error)
    return response_of(problem)


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """Render refusals of the framework itself: unknown routes and methods, unreadable bodies."""
    if not isinstance(error, HTTPException):
        raise error
    path = request.scope["path"]
    if error.status_code == 404 and path.endswith("/") and _methods(request, path.rstrip("/")):
        # to no name: the one that the request was sent to may be anybody's
        return RedirectResponse(quote(path.rstrip("/")), headers={"Cache-Control": "no-store"})
    code, title = _BY_STATUS.get(error.status_code, ("http_error", "The request was refused"))
    where = f"{request.method} {request.url.path}"
    detail = f"{where}: {title[0].lower()}{title[1:]}" if error.status_code in (404, 405) else str(error.detail)
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=title,
        status=error.status_code,
        detail=_printable(detail, _MAX_DETAIL),
        code=code,
        request_id=request_id_of(request),
    )
    response = response_of(problem)
    if error.headers:
        response.headers.update(error.headers)
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(sorted(_methods(request, path)))
    return response


def _methods(request: Request, path: str) -> set[str]:
    """What may be done at a path; the framework names methods of one route only."""
    found = {
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for route in request.app.routes
        if route.matches({**request.scope, "path": path, "method": method})[0] is Match.FULL
    }
    return found | {"HEAD"} if "GET" in found else found  # `HeadAsGet`


def unexpected_problem(request_id: str | None) -> Problem:
    """The answer to an unexpected error; the log has the details under the same identifier."""
    return Problem(
        type=TYPE_PREFIX + "internal_error",
        title="The service failed",
        status=500,
        detail="An unexpected error occurred; the log has it under this request id.",
        code="internal_error",
        request_id=request_id,
    )


def _printable(text: str, length: int) -> str:
    """The text without lone surrogates, which UTF-8 can't encode."""
    cut = text if len(text) <= length else f"{text[: length - 1]}…"
    return cut.encode("utf-8", errors="backslashreplace").decode("utf-8")
