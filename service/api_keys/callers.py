"""The caller of a request, for handlers that ask what it may do."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from service.api_keys.ring import Caller
from service.services import CALLER
from store.connections.scope import DEFAULT_NAME
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import ForbiddenError


async def _caller(request: Request) -> Caller:
    caller = request.scope["state"][CALLER]
    if not isinstance(caller, Caller):
        raise TypeError("the route is under none of the protected paths")
    return caller


UsesCaller = Annotated[Caller, Depends(_caller)]


def check_scope(caller: Caller, wanted: Scope, *, field: str = "header.authorization") -> None:
    """Refuse what a caller may not do.

    Raises:
        ForbiddenError: If its scope doesn't go so far, naming `field`.
    """
    if not caller.scope.includes(wanted):
        raise ForbiddenError(
            f"the key {caller.name} is for {caller.scope} only, and this call requires {wanted}",
            field=field,
            limit=wanted,
        )


def check_operator(caller: Caller) -> None:
    """Refuse callers who don't administer the whole service.

    Raises:
        ForbiddenError: If it doesn't.
    """
    if not caller.is_operator:
        raise ForbiddenError(
            f"workspaces are administered by admin keys of the workspace {DEFAULT_NAME!r}",
            field="header.authorization",
            limit=f"admin of {DEFAULT_NAME}",
        )
