"""Addresses of services: what is one, and how it is shown without secrets."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

import httpx

from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "http://host:port"

_USER_INFO = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]*)[^?#]*@")
_AFTER_PATH = re.compile(r"[?#].*", re.DOTALL)
_OWN_PATHS = ("/v1", "/docs", "/redoc")


def shown_address(address: object) -> str:
    """An address for messages, whatever it is, without user, password, query and fragment: any may be a secret.

    All before the last ``@`` counts as user and password: a password that isn't quoted may have any character.
    """
    return _USER_INFO.sub(r"\1***@", _AFTER_PATH.sub("?***", str(address)))


def checked_url(url: object) -> str:
    """The service's address without blanks around it, a trailing slash, or the path of a page of the service's own.

    Raises:
        InvalidInputError: If it isn't an http or https address of a host, or carries a password that would end up in
            logs.
    """
    text = url.strip() if isinstance(url, str) else ""
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        hint = f"; did you mean http://{shown_address(text)}?" if _is_bare(text) else ""
        raise _refused(f"the service's address is an http or https URL{hint}", url)
    if parts.username or parts.password:
        raise InvalidInputError("pass the key as api_key, not within the address", field="url", limit=LIMIT)
    if parts.query or parts.fragment:
        raise _refused("the service's address has no query or fragment", url)
    try:
        httpx.URL(text)
    except httpx.InvalidURL as error:
        raise _refused(f"the service's address is no URL: {error}", url) from error
    base = text.rstrip("/?#")
    for own in _OWN_PATHS:
        base = base.removesuffix(own).rstrip("/")
    return base


def is_loopback(url: str) -> bool:
    """Whether a checked address is of this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a checked address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _split(text: str) -> SplitResult | None:
    """Its parts, or None where it has none: blanks or control characters inside, a port that is no number."""
    if not text or any(c.isspace() or not c.isprintable() for c in text):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port  # checks its range
    except ValueError:
        return None
    return parts


def _is_bare(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9_.-]+(:\d{1,5})?(/.*)?", text))


def _refused(message: str, url: object) -> InvalidInputError:
    value = shown_address(url) if isinstance(url, str) else url
    return InvalidInputError(message, field="url", value=value, limit=LIMIT)
