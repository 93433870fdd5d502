"""Worked examples of problems and forms; those of the other bodies stand beside their models in `warmtune.wire`."""

from collections.abc import Mapping
from types import MappingProxyType

Example = Mapping[str, object]

_REQUEST_ID = "9f0c5f0e3b7a4b0e8f5c2a1d6e7b8c90"


def _problem(status: int, code: str, title: str, detail: str, **rest: str) -> dict[str, object]:
    return {
        "type": f"urn:warmtune:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "field": rest.get("field"),
        "value": rest.get("value"),
        "limit": rest.get("limit"),
        "request_id": _REQUEST_ID,
    }


PROBLEMS: Mapping[int, dict[str, object]] = MappingProxyType(
    {
        400: _problem(
            400,
            "malformed_request",
            "The request can't be read",
            "the body is not JSON: Expecting ',' delimiter (line 1, column 27)",
            field="body",
        ),
        401: _problem(
            401,
            "unauthorized",
            "An API key is needed",
            "send one of the service's API keys: Authorization: Bearer KEY",
            field="header.authorization",
        ),
        403: _problem(
            403,
            "forbidden",
            "Not allowed",
            "the key wt_3f9a1c0b is for read only, and this takes write",
            field="header.authorization",
            limit="write",
        ),
        404: _problem(
            404,
            "not_found",
            "Not found",
            "there is no such task",
            field="task_id",
            value="'task_0123456789abcdef01234567'",
        ),
        408: _problem(
            408,
            "request_timeout",
            "Something in the request is wrong",
            "the body of the request arrives too slowly",
            field="body",
            limit="30 s",
        ),
        409: _problem(
            409,
            "conflict",
            "In conflict with stored data",
            "trial 3 is already stored as complete with other content, and a finished trial never changes; report a "
            "repetition under a new number",
            field="trials.0.number",
            value="3",
        ),
        413: _problem(
            413,
            "limit_exceeded",
            "Larger than allowed",
            "the request is larger than the 67,108,864 bytes that are allowed",
            field="file",
            limit="67108864 bytes",
        ),
        415: _problem(
            415,
            "unsupported_media_type",
            "Something in the request is wrong",
            "send JSON, with Content-Type: application/json",
            field="header.content-type",
            value="'text/plain'",
            limit="application/json",
        ),
        422: _problem(
            422,
            "invalid_request",
            "Something in the request is wrong",
            "n_configurations: input should be greater than or equal to 1",
            field="n_configurations",
            value="0",
            limit=">= 1",
        ),
        429: _problem(
            429,
            "rate_limited",
            "A limit of the API key is reached",
            "the key wt_3f9a1c0b has exceeded its requests per minute",
            field="header.authorization",
            limit="60 requests a minute",
        ),
        503: _problem(
            503,
            "busy",
            "Not available right now",
            "too many uploads are waiting; try again in a moment",
        ),
        507: _problem(
            507,
            "storage_full",
            "No space left",
            "there is no disk space left for the database; nothing was written",
        ),
    }
)

FORM_REQUESTS: Mapping[str, str] = MappingProxyType(
    {
        "RecommendationRequest": '{"target": "species", "search_space": "hist_gradient_boosting", '
        '"metric": "accuracy", "n_configurations": 10}',
        "ImportRequest": '{"metric": "accuracy", "kind": "multiclass", "dry_run": true}',
        "TaskUploadRequest": '{"target": "species", "name": "iris"}',
    }
)
