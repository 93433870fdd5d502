"""Signing in with an API key, and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.pages.access import SESSION_COOKIE, begin_session, end_session, give_session
from service.pages.page_route import PageRoute, page, see_other
from service.services import UsesServices

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MAX_KEY = 1_000


@router.get("/sign-in")
async def sign_in_form(request: Request, then: Annotated[str, Query(max_length=2_000)] = "/") -> Response:
    """Ask for a key."""
    return page(request, "sign_in.html", then=_local(then), is_refused=False)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: UsesServices,
    key: Annotated[str, Form(max_length=_MAX_KEY)] = "",
    then: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """Begin a session; the key is looked up, and neither stored nor shown."""
    if not services.keys.is_fresh:
        await services.keys.refreshed()
    if services.keys.is_open:
        return see_other(_local(then))
    token = await run_in_threadpool(begin_session, services, key.strip())
    if token is None:
        refused = page(request, "sign_in.html", then=_local(then), is_refused=True)
        refused.status_code = 401
        return refused
    response = see_other(_local(then))
    give_session(response, request, token)
    return response


@router.post("/sign-out")
def sign_out(request: Request, services: UsesServices) -> Response:
    """End the session; no token is required, since signing out does no harm."""
    token = request.cookies.get(SESSION_COOKIE, "")
    if token:
        end_session(services, token)
    response = see_other("/sign-in")
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _local(address: str) -> str:
    """An address of this service's own, or the start page."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else "/"
