"""The route class of pages: a deadline as for the API, sign-in where it is needed, and errors that people can read."""

import math
from collections.abc import Callable, Coroutine, Mapping
from contextlib import nullcontext
from typing import Any, Final
from urllib.parse import quote

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive

from learning.models.background import StillLearningError
from service.api_keys.request_caller import acting
from service.http.audit_entries import answer_audited
from service.http.problems import problem_of, request_id_of, response_of
from service.http.requests import ApiRequest
from service.http.validation import InvalidRequestError
from service.pages.access import SignInNeededError, Viewer, give_form_seed, identify
from service.pages.asked_filters import RefusedField, refused_fields, unasked_fields, without
from service.services import services_of
from warmtune.vocabulary.errors import WarmtuneError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",  # what a key has shown is gone when its holder has signed out
    "Referrer-Policy": "same-origin",  # under no-referrer, browsers name no origin in a page's own forms
}

AGAIN_S: Final = 4
"""When a page asks again for what is being learned."""

_REFUSED: Final = "page_refused_fields"
_FIELD: Final = "Field"
_NO_FACTS: Final[Mapping[str, str | None]] = {}
_FORM_NAMES: Final[Mapping[str, str]] = {"search_space": "space"}
"""Fields of pages that are named otherwise than in the API."""


class PageRoute(APIRoute):
    """Serves a page, or the data of one.

    An address may ask for what a page can't give: a value that none of its fields takes, a field that it doesn't have.
    The page is shown by what is left, and says what was left out and why, under the status 422. The data of a figure
    are refused as a whole: whoever takes them away would not see a note.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()
        fields = _query_fields(self.dependant)
        is_shown = self.dependant.request_param_name is not None  # else it makes data, not a page

        async def tolerant(asked: ApiRequest) -> Response:
            refused = unasked_fields(asked.url.query, fields) if asked.method == "GET" else ()
            while True:  # each time with fewer fields
                if refused and not is_shown:
                    raise _as_error(refused[0])
                try:
                    return await handle(_asked_without(asked, refused) if refused else asked)
                except RequestValidationError as error:
                    wrong = refused_fields(error.errors())
                    left = asked.query_params.keys() - {one.name for one in refused}
                    if asked.method != "GET" or not {one.name for one in wrong} <= left:
                        raise  # of a form, of the path, or what is needed and missing
                    refused = (*refused, *wrong)

        async def serve(request: Request) -> Response:
            async def answering(receive: Receive) -> Response:
                asked = ApiRequest(request.scope, receive)
                try:
                    caller = await identify(asked)
                    status = self.status_code or 303
                    with nullcontext() if caller is None else acting(caller):  # a key's limits hold on pages, too
                        response = await answer_audited(asked, self.path_format, status, lambda: tolerant(asked))
                except SignInNeededError:
                    response = _to_sign_in(asked)
                except RequestValidationError as error:
                    response = _refusal(asked, _as_error(refused_fields(error.errors())[0]))
                except StillLearningError as error:
                    response = _come_back(asked, error)
                except WarmtuneError as error:
                    response = _refusal(asked, error)
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
    from service.pages.page_templates import render  # noqa: PLC0415  # the first page needs Jinja, the start does not

    refused: tuple[RefusedField, ...] = request.scope.get("state", {}).get(_REFUSED, ())
    given = {"version": request.app.version, "viewer": viewer, "path": request.url.path, "refused": refused, **values}
    status = 422 if refused else 200
    return HTMLResponse(render(template, given), status_code=status, headers=dict(HEADERS))


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


def error_page(
    request: Request, status: int, title: str, detail: str, *, facts: Mapping[str, str | None] = _NO_FACTS
) -> HTMLResponse:
    """The message if a page can't be shown.

    Args:
        request: For the page.
        status: Of the answer.
        title: What is the matter, in short.
        detail: The same in a sentence.
        facts: What belongs to it by its label; None for what isn't known.
    """
    known = {label: text for label, text in facts.items() if text is not None}
    back = _address_back(request, facts.get(_FIELD))
    said = {"title": title, "detail": detail, "facts": known, "back": back}
    response = page(request, "error.html", None, request_id=request_id_of(request), **said)
    response.status_code = status
    return response


def _refusal(request: Request, error: WarmtuneError) -> Response:
    """What is said instead of a page, or of its data."""
    problem = problem_of(error, request_id_of(request))
    if request.headers.get("accept", "") == "application/json":  # a page's script, which shows the sentence
        response = response_of(problem)
    else:
        facts = {_FIELD: problem.field, "Given": problem.value, "Limit": problem.limit}
        response = error_page(request, problem.status, problem.title, problem.detail, facts=facts)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    return response


def _address_back(request: Request, field: str | None) -> str | None:
    """The same page without the field that is wrong, and with all else; None where the address names no such field."""
    query = request.url.query
    name = _FORM_NAMES.get(field or "", field or "")
    if request.method != "GET" or name not in request.query_params:
        return None
    kept = without(query, {name})
    return f"{request.url.path}?{kept}" if kept else request.url.path


def _asked_without(asked: ApiRequest, refused: tuple[RefusedField, ...]) -> ApiRequest:
    """The request without fields, which its page will speak of."""
    asked.scope.setdefault("state", {})[_REFUSED] = refused
    query = without(asked.url.query, {one.name for one in refused})
    return ApiRequest({**asked.scope, "query_string": query.encode()}, asked.receive)


def _as_error(refused: RefusedField) -> InvalidRequestError:
    return InvalidRequestError(f"{refused.name} {refused.reason}", field=refused.name, value=refused.value)


def _query_fields(dependant: Dependant) -> tuple[str, ...]:
    """What a route's address may ask for, in the order of its parameters."""
    of_others = (name for other in dependant.dependencies for name in _query_fields(other))
    return tuple(dict.fromkeys((*(field.alias for field in dependant.query_params), *of_others)))


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("accept", "") == "application/json":  # a page's script asks
        return error_page(request, 401, "Sign in first", "the session has ended")
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = request.url.path + query if request.method == "GET" else "/"
    return see_other("/sign-in" if wanted == "/" else f"/sign-in?then={quote(wanted)}")
