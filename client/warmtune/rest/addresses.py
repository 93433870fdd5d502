"""Addresses of services: what is one, and how it is shown without secrets."""

import ipaddress
import re
from urllib.parse import urlsplit

import httpx

from warmtune.rest.hosts import HIGHEST_PORT, host_fault, port_fault
from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "http://host:port"

_USER_INFO = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]*)[^?#]*@")
_AFTER_PATH = re.compile(r"[?#].*", re.DOTALL)
_SLIP = re.compile(r"(?:(?P<scheme>https?):/{0,3}|/{0,2})(?P<rest>[A-Za-z0-9_.-]+(?::\d{1,5})?(?:/.*)?)", re.IGNORECASE)
_NUMBER = "http://[::1]:8000"
_OWN_PATHS = ("/v1", "/docs", "/redoc")


def shown_address(address: object) -> str:
    """An address for messages, whatever it is, without user, password, query and fragment: any may be a secret.

    All before the last ``@`` counts as user and password: a password that isn't quoted may have any character.
    """
    return _USER_INFO.sub(r"\1***@", _AFTER_PATH.sub("?***", str(address)))


def checked_url(
    url: object,
    *,
    field: str = "url",
    what: str = "the service's address",
    key_goes: str = "pass the key as api_key",
) -> str:
    """The service's address without blanks around it, a trailing slash, or the path of a page of the service's own.

    Args:
        url: What was given.
        field: What a refusal names.
        what: Whose address it is, for messages.
        key_goes: Where user and password belong, for messages.

    Raises:
        InvalidInputError: If it isn't an http or https address of a host that a network may find, or carries a password
            that would end up in logs. The message says what to write instead.
    """
    text = url.strip() if isinstance(url, str) else ""
    fault = _fault(text) if isinstance(url, str) else f"is a string: write {LIMIT}"
    if "@" in _AFTER_PATH.sub("", text) and (fault is not None or _has_user(text)):
        fault = f"has an '@': {key_goes}, not within the address"
    if fault is not None:
        value = shown_address(url) if isinstance(url, str) else url
        raise InvalidInputError(f"{what} {fault}", field=field, value=value, limit=LIMIT)
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


def _fault(text: str) -> str | None:
    """What is wrong with an address, and what to write instead; no part that may be a password is repeated."""
    if not text:
        return f"is empty: write {LIMIT}, or leave it out"
    hidden = next((c for c in text if c.isspace() or not c.isprintable()), None)
    if hidden is not None:
        return f"has a blank or an invisible character inside (U+{ord(hidden):04X}): write it without"
    return _fault_of_parts(text)


def _fault_of_parts(text: str) -> str | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        if "[" in text or "]" in text:
            return f"is no URL: a host in brackets is an IPv6 number, as in {_NUMBER}; others have no brackets"
        return "is no URL: its host has signs that stand for others; write its name in ASCII"
    if parts.scheme not in ("http", "https") or not parts.netloc:
        meant = _meant(text)
        hint = f"did you mean {meant}?" if meant else f"write {LIMIT}"
        return f"is an http or https URL with a host; {hint}"
    try:
        port = parts.port
    except ValueError:
        hint = f"; an IPv6 number stands in brackets, as in {_NUMBER}" if parts.netloc.count(":") > 1 else ""
        return f"is no URL: its port is none of 1 to {HIGHEST_PORT}{hint}"
    if not parts.hostname:
        return f"names no host: write {LIMIT}"
    if parts.netloc.lower() in ("http:", "https:"):
        return f"has a scheme twice: write {LIMIT}"
    if parts.netloc.endswith(":"):
        return "has a colon with no port behind it: write the port, or no colon"
    if parts.query or parts.fragment:
        return "has no query or fragment: leave out what follows the path"
    fault = host_fault(parts.hostname) or port_fault(port) or _unreadable(text)
    return None if fault is None else f"can't be right: {fault}"


def _has_user(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.username or parts.password)


def _unreadable(text: str) -> str | None:
    try:
        httpx.URL(text)
    except httpx.InvalidURL as error:
        return f"{error}; write {LIMIT}"
    return None


def _meant(text: str) -> str | None:
    """An address that lacks a scheme, or its slashes, with them."""
    slip = _SLIP.fullmatch(text)
    if slip is None:
        return None
    meant = f"{(slip['scheme'] or 'http').lower()}://{slip['rest']}"
    return meant if _fault_of_parts(meant) is None else None
