"""Arguments that are true or false."""

from warmtune.vocabulary.errors import InvalidInputError


def checked_flag(value: object, field: str) -> bool:
    """True or False and nothing that only counts as such: the text "no" would count as true.

    Raises:
        InvalidInputError: If it is neither.
    """
    if not isinstance(value, bool):
        raise InvalidInputError(f"{field} is True or False", field=field, value=value, limit="True or False")
    return value
