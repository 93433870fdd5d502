"""Entries of the audit trail for requests that may write."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.api_keys.ring import Caller
from service.api_keys.scopes import scope_of
from service.http.problems import request_id_of, status_of
from service.services import CALLER, services_of
from store.audit import MAX_METHOD, MAX_OBJECT, PendingEntry, audited
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import WarmtuneError

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_INVALID = 422


async def answer_audited(
    request: Request, route: str, status: int, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Call a handler: its writing transaction adds the audit entry; a refusal is added in the background.

    Args:
        request: Of a caller that is known.
        route: The template of its address.
        status: Of an answer that succeeds.
        answer: Makes it.
    """
    caller = request.scope.get("state", {}).get(CALLER)
    if request.method in _SAFE or not isinstance(caller, Caller):
        return await answer()
    entry = entry_of(
        caller, request.method, route, request.path_params, status=status, request_id=request_id_of(request)
    )
    try:
        with audited(entry):
            return await answer()
    except WarmtuneError as error:
        _refuse(request, caller, entry, status=status_of(error), code=error.code)
        raise
    except RequestValidationError:
        _refuse(request, caller, entry, status=_INVALID, code="invalid_request")
        raise


def entry_of(
    caller: Caller, method: str, route: str, named: Mapping[str, object], *, status: int, request_id: str | None
) -> PendingEntry:
    """The entry of a request: caller, method, route and object, without the request's content."""
    about = _printable(", ".join(str(value) for value in named.values())[:MAX_OBJECT]) or None
    known, where = _printable(method)[:MAX_METHOD], _printable(route)  # where no route has seen them, as they were sent
    return PendingEntry(caller.workspace, caller.name, known, where, about, status, request_id or "")


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _refuse(request: Request, caller: Caller, entry: PendingEntry, *, status: int, code: str) -> None:
    """Record a refused write; requests that only read are not recorded."""
    if not entry.is_written and scope_of(request.method, request.url.path) is not Scope.READ:
        services_of(request).trail.refuse(entry, status=status, code=code)
