"""Which proxy requests to a service go through, from the variables that everyone's tools read."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies

import httpx

from warmtune.rest.addresses import is_loopback, shown_address
from warmtune.rest.hosts import host_fault, port_fault
from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "http://host:port, https://host:port or socks5://host:port"

_SCHEMES = MappingProxyType(
    # GNOME and its like write socks:// for version 5
    {"http": "http", "https": "https", "socks": "socks5", "socks5": "socks5", "socks5h": "socks5h"}
)
_DEFAULT_PORTS = MappingProxyType({"http": 80, "https": 443})


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy; its password is in `route` only.

    Attributes:
        route: For httpx.
        shown: Its address for messages, without user and password.
        variable: Where it was given.
    """

    route: httpx.Proxy
    shown: str
    variable: str

    def __str__(self) -> str:
        return f"{self.shown} ({self.variable})"


def proxy_for(url: str) -> Proxy | None:
    """The proxy for a checked address, or None; services on this machine need none.

    Read are ``HTTP_PROXY`` or ``HTTPS_PROXY`` by the address's scheme, else ``ALL_PROXY``, and ``NO_PROXY``, in either
    case; and what the system's settings say where it has any.

    Raises:
        InvalidInputError: Naming the variable whose proxy can't be used.
    """
    if is_loopback(url):
        return None
    known = {name.lower(): address.strip() for name, address in getproxies().items() if address.strip()}
    scheme = urlsplit(url).scheme
    kind = scheme if scheme in known else "all"
    if kind not in known or _is_exempt(url, known.get("no", "")):
        return None
    return _proxy(known[kind], _variable_of(f"{kind}_proxy", os.environ))


def _proxy(address: str, variable: str) -> Proxy:
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address
    user_info, _, rest = rest.rpartition("@")  # the last one: passwords have them too, and slashes
    place = rest.partition("/")[0]
    known_scheme = _SCHEMES.get(scheme.lower())
    shown = f"{scheme}://{_with_known_port(place)}"
    if known_scheme is None or not place or place[0] == ":" or place[-1] == ":":
        raise _refused(variable, shown, "is none that can be used")
    if known_scheme.startswith("socks") and find_spec("socksio") is None:
        raise _refused(variable, shown, 'needs a package for SOCKS (pip install "httpx[socks]")')
    user, _, password = user_info.partition(":")
    auth = (unquote(user), unquote(password)) if user_info else None
    try:
        route = httpx.Proxy(f"{known_scheme}://{_quoted(place)}", auth=auth)
    except (ValueError, httpx.InvalidURL):
        raise _refused(variable, shown, "is none that can be used") from None
    fault = host_fault(route.url.host) or port_fault(route.url.port)
    if fault is not None:
        raise _refused(variable, shown, f"can't be used ({fault})")
    return Proxy(route, shown, variable)


def _with_known_port(place: str) -> str:
    """Host and port; what stands in the port's place without being one may be a password without its host."""
    host, colon, port = place.rpartition(":")
    return place if not colon or port.isdigit() or port.endswith("]") else f"{host}:***"


def _quoted(place: str) -> str:
    return quote(place, safe="[]:.-_%~")


def _refused(variable: str, shown: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"the proxy of {variable}, {shown_address(shown)}, {why}; correct or unset the variable, or name the "
        "service's host in NO_PROXY",
        field=variable,
        value=shown_address(shown),
        limit=LIMIT,
    )


def _variable_of(name: str, environment: Mapping[str, str]) -> str:
    """The variable as it is spelt; lower case goes before upper, as `getproxies` has it."""
    found = [spelt for spelt in environment if spelt.lower() == name]
    return max(found) if found else "the system's settings"


def _is_exempt(url: str, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` names the host: itself, a domain above it, or a network; odd entries name nothing."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return any(_names(entry.strip().lower(), host, port) for entry in no_proxy.split(",") if entry.strip())


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    entry = entry.partition("://")[2] or entry
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    else:
        return _is_within(host, network)
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdigit():
        if int(wanted) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _is_within(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False
