"""Requests that a browser sends for another site's page: by a foreign host name, or from a foreign origin."""

import ipaddress
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.problems import problem_of, response_of
from service.services import services_of
from warmtune.vocabulary.errors import ForbiddenError

ANY: Final = "*"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """Refuses requests that a browser sends on behalf of another site's page.

    A page may make a browser send simple requests anywhere: what writes must come from the service's own pages, or from
    no browser at all. And a page's name may be rebound to this machine's address (DNS rebinding): without keys, the
    service is spoken to by address, as ``localhost``, or by a name that was allowed.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str], allowed_origins: Collection[str]) -> None:
        """Set what is allowed.

        Args:
            app: What is guarded.
            allowed_hosts: Names without port; ``*`` for any.
            allowed_origins: Such as ``https://warmtune.example``.
        """
        self._app = app
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        error = self._refusal(scope) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
            return
        problem = problem_of(error, scope.get("state", {}).get("request_id"))
        await response_of(problem)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ForbiddenError | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        is_open = services_of(Request(scope)).keys.is_open  # only then do names matter: else nobody is let in by them
        if len(hosts) > 1 or (is_open and not self._is_known(hosts[0] if hosts else "")):
            return ForbiddenError(
                "the service can't be reached under this host name; use its address, or allow the name in "
                "WARMTUNE_ALLOWED_HOSTS",
                field="header.host",
                value=", ".join(hosts),
                code="foreign_host",
            )
        if scope["method"] in _SAFE:
            return None
        origins = headers.getlist("origin")
        for origin in origins:  # no browser sends two; of whoever does, each has to be known
            if not self._is_own(origin, hosts[0] if hosts else ""):
                return _foreign("header.origin", origin)
        for site in headers.getlist("sec-fetch-site"):
            if not origins and site not in ("same-origin", "none"):
                return _foreign("header.sec-fetch-site", site)
        return None

    def _is_known(self, host: str) -> bool:
        if ANY in self._allowed_hosts:
            return True
        name = _name_of(host)
        if name is None:
            return False
        return name == "localhost" or name.endswith(".localhost") or name in self._allowed_hosts or _is_address(name)

    def _is_own(self, origin: str, host: str) -> bool:
        if origin.lower().rstrip("/") in self._allowed_origins:
            return True
        return urlsplit(origin).netloc.lower() == host.lower() != ""


def _foreign(field: str, value: str) -> ForbiddenError:
    return ForbiddenError(
        "pages of other sites can't write here; allow its origin in WARMTUNE_ALLOWED_ORIGINS",
        field=field,
        value=value,
        code="foreign_origin",
    )


def _name_of(host: str) -> str | None:
    """The host without its port, in lower case and without a trailing dot; None where it is none."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return None if name is None or "@" in host or "/" in host else name.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
