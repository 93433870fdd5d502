"""Hosts of addresses: what is wrong with one that no network can find, and what to write instead."""

import ipaddress
import re

import httpx

LONGEST_NAME = 253
LONGEST_LABEL = 63
HIGHEST_PORT = 65_535

_SIGN_OF_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")

_NUMBERS = re.compile(r"\d+(\.\d+){2,}\.?")


def host_fault(host: str) -> str | None:
    """What is wrong with a host, and what to write instead; None where a network may find it.

    Judged is what goes over the wire: of a name in other letters its form in ASCII.

    Args:
        host: A name, or the number of a host without brackets.
    """
    if ":" in host:
        return _number_fault(host)
    if _NUMBERS.fullmatch(host):
        return _numbers_fault(host)
    name = _in_ascii(host)
    if name is None:
        return (
            f"its host has no form in ASCII with at most {LONGEST_LABEL} characters between dots: write its name in "
            "ASCII, or its number"
        )
    odd = _SIGN_OF_NO_NAME.search(name)
    if odd is not None:
        return (
            f"its host has {odd.group()!r}, which no name of a host has: letters, digits, '-', '_' and single dots "
            "are taken"
        )
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        return "its host has a dot with no name before it: write single dots between names"
    if len(name.removesuffix(".")) > LONGEST_NAME:
        return f"its host has {len(name)} characters, and no name has more than {LONGEST_NAME}: correct the name"
    longest = max(map(len, labels))
    if longest > LONGEST_LABEL:
        return (
            f"a part of its host has {longest} characters, and none between dots has more than {LONGEST_LABEL}: "
            "correct the name"
        )
    return None


def port_fault(port: int | None) -> str | None:
    """What is wrong with a port, or None; no port is that of the scheme."""
    if port is None or 1 <= port <= HIGHEST_PORT:
        return None
    return f"its port is none of 1 to {HIGHEST_PORT}"


def _number_fault(host: str) -> str | None:
    number, percent, zone = host.partition("%")
    if percent and zone.lower().startswith("25"):
        return f"the zone of its host is quoted: write [{number}%{zone[2:]}]"
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return "what its brackets hold is no IPv6 number: write it like http://[::1]:8000"
    return None


def _numbers_fault(host: str) -> str | None:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return "its host is no IPv4 number: write four numbers from 0 to 255 without leading zeros"
    return None


def _in_ascii(host: str) -> str | None:
    try:
        address = httpx.URL(scheme="http", host=host)
        _ = address.host  # reads the name back, as a request does
        return address.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):  # of letters that no name has
        return None
