"""Refused request bodies and parameters, each named by its field."""

from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.http.problems import MalformedRequestError, problem_of, request_id_of, response_of
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError, WarmtuneError
from warmtune.wire.base import UNKNOWN_FIELD
from warmtune.wire.complaints import limit_of, place_of
from warmtune.wire.sizes import LIMIT_EXCEEDED

_SOURCES = ("body", "query", "path", "header", "cookie")


class InvalidRequestError(InvalidInputError):
    """A field of the request is missing, unknown, of the wrong type or out of range."""

    code = "invalid_request"


async def handle_validation_error(request: Request, error: Exception) -> Response:
    """Render FastAPI's and pydantic's refusals; their own rendering fails on NaN."""
    if not isinstance(error, (RequestValidationError, ValidationError)):
        raise error
    body = error.body if isinstance(error, RequestValidationError) else None
    return response_of(problem_of(error_of(error.errors(), body), request_id_of(request)))


def error_of(errors: Sequence[Mapping[str, object]], body: object) -> WarmtuneError:
    """The first of pydantic's complaints about a parsed body, as an error of the family; others are counted."""
    first = _most_specific(errors, body)
    kind = str(first.get("type"))
    if kind == "json_invalid":
        context = first.get("ctx")
        reason = context.get("error") if isinstance(context, Mapping) else first.get("msg")
        return MalformedRequestError(f"the body is not JSON: {reason}", field="body")
    field = _path(first, body)
    if kind == UNKNOWN_FIELD:
        field = field if field != "body" else ""
        context = first.get("ctx")
        name = context.get("name") if isinstance(context, Mapping) else None
        field = f"{field}.{name}" if field else str(name)
    if kind == LIMIT_EXCEEDED:
        return LimitExceededError(f"{field}: {_reason(first)}", field=field, limit=limit_of(first))
    others = {_path(error, body) for error in errors} - {_path(first, body)}
    more = f" (and {len(others)} more)" if others else ""
    value = None if kind in ("missing", "extra_forbidden", UNKNOWN_FIELD) else first.get("input")
    return InvalidRequestError(f"{field}: {_reason(first)}{more}", field=field, value=value, limit=limit_of(first))


def _most_specific(errors: Sequence[Mapping[str, object]], body: object) -> Mapping[str, object]:
    """The first complaint; where a union was tried branch by branch, that of the branch which fits so far."""
    first = errors[0]
    path = _path(first, body)
    inner = [
        error
        for error in errors[1:]
        if (inside := _path(error, body)).startswith(f"{path}.")
        or (inside == path and error.get("type") == LIMIT_EXCEEDED)
    ]
    return inner[0] if inner else first


def _path(error: Mapping[str, object], body: object) -> str:
    location = error.get("loc")
    parts = list(location) if isinstance(location, Sequence) and not isinstance(location, str) else []
    source = parts.pop(0) if parts and parts[0] in _SOURCES else "body"
    if source != "body":
        return ".".join(map(str, parts)) or str(source)
    return joined(place_of(parts, body, is_missing=error.get("type") == "missing"), body)


def joined(path: Sequence[str], body: object) -> str:
    """A dotted path; the one body that is a list is a batch of trials, and its paths say so."""
    if not path:
        return "body"
    return ".".join(("trials", *path) if isinstance(body, list) else path)


def _reason(error: Mapping[str, object]) -> str:
    kind = str(error.get("type"))
    if kind == "missing":
        return "this field is needed"
    message = str(error.get("msg"))
    return message[0].lower() + message[1:] if message else "not valid"
