"""The route class of pages: a deadline as for the API, sign-in where it is needed, and errors that people can read."""

import math
from collections.abc import Callable, Coroutine, Mapping
from contextlib import nullcontext
from typing import Any, Final
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive

from learning.models.background import StillLearningError
from service.api_keys.request_caller import acting
from service.http.audit_entries import answer_audited
from service.http.problems import problem_of, request_id_of
from service.http.requests import ApiRequest
from service.pages.access import SignInNeededError, Viewer, give_form_seed, identify
from service.services import services_of
from warmtune.vocabulary.errors import WarmtuneError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",  # what a key has shown is gone when its holder has signed out
    "Referrer-Policy": "same-origin",  # under no-referrer, browsers name no origin in a page's own forms
}

AGAIN_S: Final = 4
"""When a page asks again for what is being learned."""


class PageRoute(APIRoute):
    """Serves a page, or the data of one."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()

        async def serve(request: Request) -> Response:
            async def answering(receive: Receive) -> Response:
                asked = ApiRequest(request.scope, receive)
                try:
                    caller = await identify(asked)
                    status = self.status_code or 303
                    with nullcontext() if caller is None else acting(caller):  # a key's limits hold on pages, too
                        response = await answer_audited(asked, self.path_format, status, lambda: handle(asked))
                except SignInNeededError:
                    response = _to_sign_in(asked)
                except RequestValidationError as error:
                    response = error_page(asked, 422, "Something in the address or form is wrong", _first(error))
                except StillLearningError as error:
                    response = _come_back(asked, error)
                except WarmtuneError as error:
                    problem = problem_of(error, request_id_of(asked))
                    response = error_page(asked, problem.status, problem.title, problem.detail)
                    if problem.retry_after_s is not None:
                        response.headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
                finally:
                    await asked.release()
                give_form_seed(response, asked)
                return response

            services = services_of(request)
            limit_s = services.settings.request_timeout_s
            return await services.running_work.answer(request, answering, limit_s=limit_s)

        return serve


def page(request: Request, template: str, viewer: Viewer | None = None, **values: object) -> HTMLResponse:
    """A page for a viewer; None where it shows nothing of what is stored."""
    from service.pages.rendering import render  # noqa: PLC0415  # the first page needs Jinja, the start does not

    given = {"version": request.app.version, "viewer": viewer, "path": request.url.path, **values}
    return HTMLResponse(render(template, given), headers=dict(HEADERS))


def _come_back(request: Request, error: StillLearningError) -> Response:
    """What is said while a model is being learned: the page asks again by itself."""
    if request.headers.get("accept", "") == "application/json":  # a page's script, which asks again, too
        response: Response = JSONResponse({"learning": error.message}, status_code=202, headers=dict(HEADERS))
    else:
        response = page(request, "learning.html", again_s=AGAIN_S, message=error.message)
        response.status_code = 202
    response.headers["Retry-After"] = str(AGAIN_S)
    return response


def see_other(address: str) -> RedirectResponse:
    """Where a form leads after it has written."""
    return RedirectResponse(address, status_code=303, headers=dict(HEADERS))


def error_page(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """The message if a page can't be shown."""
    response = page(request, "error.html", title=title, detail=detail, request_id=request_id_of(request))
    response.status_code = status
    return response


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("accept", "") == "application/json":  # a page's script asks
        return error_page(request, 401, "Sign in first", "the session has ended")
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = request.url.path + query if request.method == "GET" else "/"
    return see_other("/sign-in" if wanted == "/" else f"/sign-in?then={quote(wanted)}")


def _first(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
