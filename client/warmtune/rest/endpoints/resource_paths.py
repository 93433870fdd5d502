"""What paths and queries are made of."""

from urllib.parse import quote

from warmtune.tables.paths import check_no_path
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_integer
from warmtune.vocabulary.text import is_unicode

PAGE_SIZE = 50


def quoted(segment: str, field: str = "name") -> str:
    """One segment of a path, whatever characters it has.

    Args:
        segment: A name or an id.
        field: What to call it in a refusal.

    Raises:
        InvalidInputError: If it is no string, or none that an address can hold, or a file's path for a task's id.
    """
    given: object = segment
    if not isinstance(given, str):
        hint = f": pass its .{field}" if isinstance(getattr(given, field, None), str) else ""
        raise InvalidInputError(
            f"{field} is {with_article(type(given).__name__)}{hint}", field=field, value=given, limit="a string"
        )
    if field == "task_id":
        check_no_path(segment, field)
    if segment in ("", ".", "..") or not is_unicode(segment):
        limit = "some Unicode characters, and not '.' or '..'"
        raise InvalidInputError(f"{field} can't be part of an address", field=field, value=segment, limit=limit)
    return quote(segment, safe="")


def query(**given: str | int | None) -> dict[str, str | int]:
    """Query parameters: those that were given.

    Raises:
        InvalidInputError: On what is neither a text nor a whole number: of a list, an address would have each item, or
            nothing.
    """
    return {name: _plain(name, value) for name, value in given.items() if value is not None}


def _plain(name: str, value: object) -> str | int:
    if isinstance(value, str):
        return value
    if not is_integer(value):
        raise InvalidInputError(
            f"{name} is {with_article(type(value).__name__)}", field=name, value=value, limit="a text or an integer"
        )
    return int(value)
