"""Collections that users give, as the tuples and mappings that are stored: a string is never taken for its letters."""

from collections.abc import Iterable, Mapping

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidSearchSpaceError


def as_mapping(given: object, field: str) -> dict[str, object]:
    """A mapping of names.

    Raises:
        InvalidSearchSpaceError: If it is not a mapping, or one of something else than names.
    """
    if not isinstance(given, Mapping):
        raise InvalidSearchSpaceError(
            f"{field} is {with_article(type(given).__name__)}", field=field, value=given, limit="a mapping of names"
        )
    for name in given:
        if not isinstance(name, str):
            raise InvalidSearchSpaceError(
                f"a name in {field} is {with_article(type(name).__name__)}", field=field, value=name, limit="a string"
            )
    return {str(name): value for name, value in given.items()}


def as_tuple(given: object, field: str, of: str) -> tuple[object, ...]:
    """Several things.

    Args:
        given: Any collection but a string or a mapping.
        field: What to call it in a refusal.
        of: What it is a sequence of, in words.

    Raises:
        InvalidSearchSpaceError: If it is one thing.
    """
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise InvalidSearchSpaceError(
            f"{field} is one {type(given).__name__}", field=field, value=given, limit=f"a sequence of {of}"
        )
    return tuple(given)
