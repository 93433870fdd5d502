"""The route class of the API: one answer per Idempotency-Key, a deadline, and no work for disconnected clients."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from service.http.audit_entries import answer_audited
from service.http.idempotency import answer_once
from service.http.requests import ApiRequest
from service.services import services_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRoute(APIRoute):
    """Serves an `ApiRequest`, so that dependencies can read its content, and replays repeated POSTs."""

    keeps_answers: ClassVar[bool] = True
    """Whether a success is stored to be replayed; False where an answer holds a secret."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As FastAPI's, but bodies are rendered where they were made."""
        self._success = options.get("status_code") or 200
        super().__init__(path, _rendering(endpoint, status_code=self._success), **options)

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()

        async def serve(request: Request) -> Response:
            async def answering(receive: Receive) -> Response:
                asked = ApiRequest(request.scope, receive)
                try:
                    key = asked.headers.get("idempotency-key")
                    if key is None or asked.method != "POST":
                        return await answer_audited(asked, self.path_format, self._success, lambda: handle(asked))
                    await self.receive_content(asked)
                    return await answer_once(
                        asked,
                        key,
                        await asked.content_digest(),
                        lambda: answer_audited(asked, self.path_format, self._success, lambda: handle(asked)),
                        route=self.path_format,
                        keeps=self.keeps_answers,
                    )
                finally:
                    await asked.release()

            services = services_of(request)
            return await services.running_work.answer(request, answering, limit_s=services.settings.request_timeout_s)

        return serve

    async def receive_content(self, asked: ApiRequest) -> None:
        """Receive what the request asks for, before anything is looked up; dependencies read it afterwards."""
        await asked.json_bytes()


class SecretRoute(ApiRoute):
    """A route whose answers hold a secret: none is stored, so that a repeated POST is done again."""

    keeps_answers = False


class UploadRoute(ApiRoute):
    """A route that takes a multipart form with a file, or the same request as JSON."""

    async def receive_content(self, asked: ApiRequest) -> None:
        """Spool the form, or receive the JSON."""
        if not asked.is_form:
            await asked.json_bytes()
            return
        services = services_of(asked)
        await asked.received_form(spool=services.spool, max_field_bytes=services.settings.max_json_bytes)


def _rendering(endpoint: Callable[..., Any], *, status_code: int) -> Callable[..., Any]:
    """A handler that serialises its body in its own thread; FastAPI would validate it again in a second one.

    A handler that takes a `Response` to say a status or headers stays as it is.
    """
    returned = inspect.signature(endpoint).return_annotation
    takes_response = any(one.annotation is Response for one in inspect.signature(endpoint).parameters.values())
    if inspect.iscoroutinefunction(endpoint) or takes_response or not _is_model(returned):
        return endpoint

    @functools.wraps(endpoint)
    def rendered(*args: Any, **kwargs: Any) -> Any:
        found = endpoint(*args, **kwargs)
        if type(found) is not returned:
            return found
        return Response(found.model_dump_json(by_alias=True), status_code=status_code, media_type="application/json")

    return rendered


def _is_model(returned: object) -> bool:
    return isinstance(returned, type) and issubclass(returned, BaseModel)
