"""What the OpenAPI document says besides the types: problems, forms and worked examples."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.http.examples import FORM_REQUESTS, PROBLEMS
from service.http.problems import MEDIA_TYPE
from warmtune.wire.base import Problem

Json = dict[str, Any]
PROTECTED = ("/v1", "/metrics")
_REF = "#/components/schemas/"
_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "Repeated under the same key, the request gets the first one's answer",
}


def problems(*statuses: int) -> dict[int | str, Json]:
    """The problem answers of a route, each with an example."""
    return {
        status: {
            "description": PROBLEMS[status]["title"],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}, "example": PROBLEMS[status]}},
        }
        for status in statuses
    }


def form_or_json(form_model: type[BaseModel], json_model: type[BaseModel]) -> Json:
    """The body of a route that takes a form with a file, or JSON."""
    body = form_only(form_model, "CSV, Parquet or Arrow IPC; plain, gzip or zstd")
    content = body["requestBody"]["content"]
    content["application/json"] = {"schema": {"$ref": f"{_REF}{json_model.__name__}"}}
    return body


def form_only(form_model: type[BaseModel], file_description: str) -> Json:
    """The body of a route that takes a form with a file."""
    form = {
        "type": "object",
        "required": ["file", "request"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "contentMediaType": "application/octet-stream",
                "description": file_description,
            },
            "request": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": f"{_REF}{form_model.__name__}"},
                "description": f"JSON of a {form_model.__name__}",
                "examples": [FORM_REQUESTS[form_model.__name__]],
            },
        },
    }
    content = {"multipart/form-data": {"schema": form, "encoding": {"request": {"contentType": "application/json"}}}}
    return {"requestBody": {"required": True, "content": content}}


def document(app: FastAPI, *, tags: list[Json], description: str, models: Sequence[type[BaseModel]]) -> Json:
    """The whole OpenAPI document, with an example in every body.

    Args:
        app: The application with all its routes.
        tags: Their groups, in order.
        description: The introduction, in Markdown.
        models: Bodies that routes read by themselves, which FastAPI does not know of.
    """
    body = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=description,
        routes=app.routes,
        tags=tags,
        separate_input_output_schemas=False,
    )
    wanted: list[type[BaseModel]] = [Problem, *models]
    _, definitions = models_json_schema([(model, "validation") for model in wanted], ref_template=_REF + "{model}")
    schemas = body.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in definitions.get("$defs", {}).items():
        schemas.setdefault(name, schema)
    body["components"]["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "Where the service has keys set"}
    }
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
            _give_examples(operation, schemas)
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shape of errors, which no route answers
        schemas.pop(name, None)
    return body


def _complete(path: str, method: str, operation: Json) -> None:
    """Add what holds for whole groups of routes, and drop FastAPI's own 422 where nothing can be refused so."""
    refused = operation["responses"].get("422", {}).get("content", {})
    if "application/json" in refused:
        del operation["responses"]["422"]
    if path.startswith(PROTECTED):
        operation["security"] = [{}, {"apiKey": []}]
        operation["responses"]["401"] = problems(401)[401]
    if method == "post":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _give_examples(operation: Json, schemas: Mapping[str, Json]) -> None:
    bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        if "example" in media or "examples" in media:
            continue
        example = _example(media.get("schema", {}), schemas)
        if example is not None:
            media["example"] = example


def _example(schema: Json, schemas: Mapping[str, Json]) -> object:
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_REF)], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return next((found for one in schema["anyOf"] if (found := _example(one, schemas)) is not None), None)
    if schema.get("type") == "array":
        item = _example(schema.get("items", {}), schemas)
        return None if item is None else [item]
    if schema.get("type") == "object" and schema.get("required") == ["file", "request"]:
        return {name: (part.get("examples") or ["(the file)"])[0] for name, part in schema["properties"].items()}
    return None
