"""What paths and queries are made of."""

from urllib.parse import quote

PAGE_SIZE = 50


def quoted(segment: str) -> str:
    """One segment of a path, whatever characters it has."""
    return quote(segment, safe="")


def query(**given: str | int | None) -> dict[str, str | int]:
    """Query parameters: those that were given."""
    return {name: value for name, value in given.items() if value is not None}
