"""The route class of the API: strict JSON, streamed forms, and one answer per Idempotency-Key."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from service.http.idempotency import answer_once, request_digest
from service.http.problems import MalformedRequestError, UnsupportedMediaTypeError
from service.http.uploads import ReceivedForm, receive_form
from service.http.validation import refuse_non_finite
from service.services import services_of
from warmtune.vocabulary.errors import InvalidInputError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRequest(Request):
    """A request whose JSON was read, strictly, before its handler runs."""

    parsed: object = None

    async def json(self) -> object:
        """The parsed body."""
        return self.parsed


class ApiRoute(APIRoute):
    """Reads JSON bodies before FastAPI does, so that their mistakes are named; replays repeated POSTs."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()

        async def serve(request: Request) -> Response:
            asked = ApiRequest(request.scope, request.receive)
            form = await self._read(asked)
            try:
                key = asked.headers.get("idempotency-key")
                if key is None or asked.method != "POST":
                    return await handle(asked)
                content = form.digest if form is not None else await asked.body()
                digest = request_digest(asked, content)
                return await answer_once(asked, key, digest, lambda: handle(asked))
            finally:
                if form is not None:
                    await run_in_threadpool(form.close)

        return serve

    async def _read(self, request: ApiRequest) -> ReceivedForm | None:
        """Read the body, if the method has one; a form is returned (routes that take one override this)."""
        if request.method in ("POST", "PUT", "PATCH"):
            body = await request.body()
            if body and not _is_json(request.headers.get("content-type", "")):
                raise UnsupportedMediaTypeError(
                    "send JSON, with Content-Type: application/json",
                    field="header.content-type",
                    value=request.headers.get("content-type", ""),
                    limit="application/json",
                )
            if body:
                request.parsed = parse_json(body)
        return None


class UploadRoute(ApiRoute):
    """A route that takes a multipart form with a file, or the same request as JSON."""

    async def _read(self, request: ApiRequest) -> ReceivedForm | None:
        content_type = request.headers.get("content-type", "")
        if not content_type.lower().startswith("multipart/form-data"):
            return await super()._read(request)
        services = services_of(request)
        form = await receive_form(
            request.stream(),
            content_type,
            directory=services.spool.directory,
            max_field_bytes=services.settings.max_json_bytes,
            is_digested="idempotency-key" in request.headers,
        )
        try:
            request.parsed = parse_json(form.fields.get("request", b"{}"), field="request")
        except InvalidInputError:
            form.close()
            raise
        request.state.form = form
        return form


def parse_json(body: bytes, *, field: str = "body") -> object:
    """Read UTF-8 JSON.

    Raises:
        MalformedRequestError: If it is none, nested too deeply, or has half a character.
        InvalidRequestError: On NaN or an infinity, naming its field.
    """
    constants: list[str] = []
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=constants.append)
    except UnicodeDecodeError as error:
        raise MalformedRequestError("JSON is UTF-8, and this is not", field=field) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequestError(f"the {field} is not JSON: {error.msg} ({where})", field=field) from error
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of more digits than Python reads
        raise MalformedRequestError("the JSON is nested too deeply or has an endless number", field=field) from error
    if constants:  # they are no JSON; read once more to find the first one's place
        refuse_non_finite(json.loads(body))
    if b"\\ud" in body.lower():  # half of a pair, escaped, would pass as a string and fail when it is sent or stored
        try:
            json.dumps(parsed, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise MalformedRequestError(f"the {field} has half a surrogate pair in a string", field=field) from error
    return parsed


def _is_json(content_type: str) -> bool:
    media_type = content_type.split(";", 1)[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
