"""What the OpenAPI document says besides the types: problems, forms and worked examples."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.http.examples import FORM_REQUESTS, PROBLEMS
from service.http.forms import UploadOnly, UploadOrJson
from service.http.json_bodies import JsonBatch, JsonBody
from service.http.problems import MEDIA_TYPE
from warmtune.vocabulary.articles import with_article
from warmtune.wire.base import Problem

Json = dict[str, Any]
PROTECTED = ("/v1", "/metrics")
_OF_ALL = (401, 403, 429, 503)
"""What any operation may answer: keys and their limits, a database that is away, more requests than can be served."""
_OF_WRITES = (507,)
_OF_BODIES = (408, 413)
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


ReadsBody = (
    JsonBody[BaseModel] | JsonBatch[BaseModel, object] | UploadOrJson[BaseModel, BaseModel] | UploadOnly[BaseModel]
)


def _bodies(routers: Iterable[APIRouter]) -> Iterator[tuple[str, str, ReadsBody]]:
    """Path, method and dependency of every route that reads its body by a dependency."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            for dependency in route.dependant.dependencies:
                if isinstance(dependency.call, JsonBody | JsonBatch | UploadOrJson | UploadOnly):
                    for method in route.methods or ():
                        yield route.path_format, method.lower(), dependency.call


def _models_of(body: ReadsBody) -> tuple[type[BaseModel], ...]:
    if isinstance(body, UploadOrJson):
        return body.form_model, body.json_model
    return (body.form_model,) if isinstance(body, UploadOnly) else (body.model,)


def _request_body(body: ReadsBody) -> Json:
    if isinstance(body, UploadOrJson):
        return _form_or_json(body.form_model, body.json_model)
    if isinstance(body, UploadOnly):
        return _form(body.form_model, body.file_description)
    schema: Json = {"$ref": f"{_REF}{body.model.__name__}"}
    if isinstance(body, JsonBatch):
        schema = {"type": "array", "minItems": 1, "maxItems": body.max_items, "items": schema}
    is_needed = not isinstance(body, JsonBody) or body.is_needed
    return {"required": is_needed, "content": {"application/json": {"schema": schema}}}


def _form_or_json(form_model: type[BaseModel], json_model: type[BaseModel]) -> Json:
    """The body of a route that takes a form with a file, or JSON."""
    body = _form(form_model, "CSV, Parquet or Arrow IPC; plain, gzip or zstd")
    body["content"]["application/json"] = {"schema": {"$ref": f"{_REF}{json_model.__name__}"}}
    return body


def _form(form_model: type[BaseModel], file_description: str) -> Json:
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
                "description": f"JSON of {with_article(form_model.__name__)}",
                "examples": [FORM_REQUESTS[form_model.__name__]],
            },
        },
    }
    content = {"multipart/form-data": {"schema": form, "encoding": {"request": {"contentType": "application/json"}}}}
    return {"required": True, "content": content}


def document(app: FastAPI, routers: Iterable[APIRouter], *, tags: list[Json], description: str) -> Json:
    """The whole OpenAPI document, with an example in every body.

    Args:
        app: The application with all its routes.
        routers: Those that it includes.
        tags: Their groups, in order.
        description: The introduction, in Markdown.
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
    bodies = list(_bodies(routers))
    wanted: dict[type[BaseModel], None] = {Problem: None}
    wanted |= dict.fromkeys(model for *_, read in bodies for model in _models_of(read))
    _, definitions = models_json_schema([(model, "validation") for model in wanted], ref_template=_REF + "{model}")
    schemas = body.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in definitions.get("$defs", {}).items():
        schemas.setdefault(name, schema)
    body["components"]["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "Where the service has keys set"}
    }
    for path, method, read in bodies:
        body["paths"][path][method]["requestBody"] = _request_body(read)
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
        statuses = [*_OF_ALL, *(() if method in ("get", "head") else _OF_WRITES)]
        statuses += [409, 422] if method == "post" else []  # an Idempotency-Key that is under way, or another's
        statuses += _OF_BODIES if "requestBody" in operation else ()
        for status, said in problems(*statuses).items():
            operation["responses"].setdefault(str(status), said)
        operation["responses"] = dict(sorted(operation["responses"].items()))
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
