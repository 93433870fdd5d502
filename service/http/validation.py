"""Refused request bodies and parameters, each named by its field."""

import math
from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.http.problems import MalformedRequestError, problem_of, request_id_of, response_of
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError
from warmtune.wire.complaints import limit_of, place_of

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
    first = errors[0]
    kind = str(first.get("type"))
    if kind == "json_invalid":
        context = first.get("ctx")
        reason = context.get("error") if isinstance(context, Mapping) else first.get("msg")
        return MalformedRequestError(f"the body is not JSON: {reason}", field="body")
    field = _path(first, body)
    others = {_path(error, body) for error in errors} - {_path(first, body)}
    more = f" (and {len(others)} more)" if others else ""
    value = None if kind in ("missing", "extra_forbidden") else first.get("input")
    return InvalidRequestError(f"{field}: {_reason(first)}{more}", field=field, value=value, limit=limit_of(first))


def refuse_non_finite(value: object) -> None:
    """Refuse NaN and infinities anywhere in a parsed JSON value.

    Raises:
        InvalidRequestError: Naming the field.
    """
    stack: list[tuple[tuple[str, ...], object]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            field = _joined(path, value)
            raise InvalidRequestError(
                f"{field}: a number must be finite; JSON has neither NaN nor Infinity",
                field=field,
                value=item,
                limit="finite number",
            )
        if isinstance(item, dict):
            stack.extend(((*path, str(key)), child) for key, child in item.items())
        elif isinstance(item, list):
            stack.extend(((*path, str(index)), child) for index, child in enumerate(item))


def _path(error: Mapping[str, object], body: object) -> str:
    location = error.get("loc")
    parts = list(location) if isinstance(location, Sequence) and not isinstance(location, str) else []
    source = parts.pop(0) if parts and parts[0] in _SOURCES else "body"
    if source != "body":
        return ".".join(map(str, parts)) or str(source)
    return _joined(place_of(parts, body, is_missing=error.get("type") == "missing"), body)


def _joined(path: Sequence[str], body: object) -> str:
    """A dotted path; the one body that is a list is a batch of trials, and its paths say so."""
    if not path:
        return "body"
    return ".".join(("trials", *path) if isinstance(body, list) else path)


def _reason(error: Mapping[str, object]) -> str:
    kind = str(error.get("type"))
    if kind == "missing":
        return "this field is needed"
    if kind == "extra_forbidden":
        return "there is no such field"
    message = str(error.get("msg"))
    return message[0].lower() + message[1:] if message else "not valid"
