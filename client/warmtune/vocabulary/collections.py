"""Collections that users give, as the tuples and mappings that are stored: a string is never taken for its letters."""

from collections.abc import Iterable, Mapping

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError


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


def several(given: object, field: str, limit: str) -> tuple[object, ...]:
    """Several things, from any collection but a string or a mapping.

    Args:
        given: The collection.
        field: What to call it in a refusal.
        limit: What it should be, in words.

    Raises:
        InvalidInputError: If it is one thing; an array of numpy's without a dimension is, though it claims otherwise.
    """
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes, bytearray, Mapping)):
        try:
            return tuple(iter(given))
        except TypeError:
            pass
    raise InvalidInputError(f"{field} is one {type(given).__name__}", field=field, value=given, limit=limit)


def as_tuple(given: object, field: str, of: str) -> tuple[object, ...]:
    """Several things of a search space; see `several`.

    Raises:
        InvalidSearchSpaceError: If it is one thing.
    """
    try:
        return several(given, field, f"a sequence of {of}")
    except InvalidInputError as error:
        raise InvalidSearchSpaceError(error.message, field=field, value=given, limit=error.limit) from None
