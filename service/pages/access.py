"""The viewer of a page: anyone if the service has no keys, else the user who signed in with a key.

The browser holds a random token of a session, never the key. The database has the SHA-256 of both, so that a key's end
is its sessions' end, and signing out is final. Forms that write carry a token that only the service's own pages know.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from service.api_keys.ring import Caller
from service.services import CALLER, Services, services_of
from store.api_keys import digest_of
from store.page_sessions import LIFETIME, PageSessionRepository
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import ForbiddenError, UnauthorizedError

SESSION_COOKIE: Final = "warmtune_session"
FORM_COOKIE: Final = "warmtune_form"
_MAX_TOKEN: Final = 200
_NEW_SEED: Final = "page_form_seed"
_VIEWER: Final = "page_viewer"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page.

    Attributes:
        caller: With which key, and what it may do.
        form_token: What forms on the page carry.
        is_signed_in: Whether by a session, which can be ended.
    """

    caller: Caller
    form_token: str
    is_signed_in: bool

    @property
    def may_write(self) -> bool:
        """Whether forms that write are shown."""
        return self.caller.scope.includes(Scope.WRITE)

    @property
    def may_administer(self) -> bool:
        """Whether keys are shown."""
        return self.caller.scope.includes(Scope.ADMIN)

    def check(self, wanted: Scope) -> None:
        """Refuse what the viewer may not do.

        Raises:
            ForbiddenError: If the key's scope doesn't go so far.
        """
        if not self.caller.scope.includes(wanted):
            raise ForbiddenError(
                f"the key that you signed in with is for {self.caller.scope} only, and this requires {wanted}",
                field="session",
                limit=wanted,
            )


class SignInNeededError(UnauthorizedError):
    """The page is for those who have signed in."""

    code = "sign_in_needed"


async def identify(request: Request) -> Caller | None:
    """Note who looks at a page, so that the page uses the viewer's workspace; None if the viewer is unknown."""
    services = services_of(request)
    if not services.keys.is_fresh:
        await services.keys.refreshed()
    if services.keys.is_open:
        caller = services.keys.caller("")
        seed, is_signed_in = _form_seed(request), False
    else:
        seed = request.cookies.get(SESSION_COOKIE, "")[:_MAX_TOKEN]
        caller = await run_in_threadpool(_signed_in, services, seed) if seed else None
        is_signed_in = True
    if caller is not None:
        state = request.scope.setdefault("state", {})
        state[CALLER] = caller
        state[_VIEWER] = Viewer(caller, form_token(seed), is_signed_in)
    return caller


async def _viewer(request: Request) -> Viewer:
    viewer = request.scope.get("state", {}).get(_VIEWER)
    if not isinstance(viewer, Viewer):
        raise SignInNeededError("sign in with an API key to see this page", field="session")
    services_of(request).rates.check(viewer.caller)  # here, so that signing out is never refused
    return viewer


UsesViewer = Annotated[Viewer, Depends(_viewer)]


async def _writer(viewer: UsesViewer, form_token: Annotated[str, Form(max_length=_MAX_TOKEN)] = "") -> Viewer:
    return checked_writer(viewer, form_token)


UsesWriter = Annotated[Viewer, Depends(_writer)]


def checked_writer(viewer: Viewer, given: str) -> Viewer:
    """The viewer whose form it is, with leave to write.

    Raises:
        ForbiddenError: If the form doesn't come from one of the viewer's own pages, or the key is for reading only.
    """
    if not hmac.compare_digest(viewer.form_token.encode(), given.encode(errors="replace")):
        raise ForbiddenError(
            "the form is from another session; load the page again", field="form_token", code="foreign_form"
        )
    viewer.check(Scope.WRITE)
    return viewer


def form_token(seed: str) -> str:
    """The token of forms: derived from the cookie, and revealing nothing of it."""
    return hashlib.sha256(f"warmtune form {seed}".encode(errors="surrogatepass")).hexdigest()


def begin_session(services: Services, key: str) -> str | None:
    """A session's token for the holder of a key; None for an unknown key.

    Raises:
        RateLimitError: If the key has sent too many requests.
    """
    caller = None if services.keys.is_open else services.keys.caller(key)
    if caller is None:
        return None
    services.rates.check(caller)
    with services.database.writing() as connection:
        return PageSessionRepository(connection).begin(digest_of(key))


def end_session(services: Services, token: str) -> None:
    """End a session for good."""
    with services.database.writing() as connection:
        PageSessionRepository(connection).end(token)


def give_session(response: Response, request: Request, token: str) -> None:
    """Let the browser keep a session's token: for this service's own pages and requests only."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def give_form_seed(response: Response, request: Request) -> None:
    """Let the browser keep a new seed of form tokens, where the page was made with one."""
    seed = request.scope.get("state", {}).get(_NEW_SEED)
    if seed is not None:
        response.set_cookie(
            FORM_COOKIE, seed, path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
        )


def _signed_in(services: Services, token: str) -> Caller | None:
    with services.database.reading() as connection:
        digest = PageSessionRepository(connection).key_digest(token)
    return None if digest is None else services.keys.caller_of(digest)


def _form_seed(request: Request) -> str:
    kept = request.cookies.get(FORM_COOKIE, "")[:_MAX_TOKEN]
    if kept:
        return kept
    state = request.scope.setdefault("state", {})
    if _NEW_SEED not in state:
        state[_NEW_SEED] = secrets.token_urlsafe(24)
    return str(state[_NEW_SEED])
