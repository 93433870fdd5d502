"""How much one request may hold."""

from warmtune.vocabulary.errors import LimitExceededError


def check_size(field: str, size: int, limit: int) -> None:
    """Refuse what is larger than the settings allow.

    Raises:
        LimitExceededError: If it is.
    """
    if size > limit:
        raise LimitExceededError("the limit is exceeded", field=field, value=size, limit=limit)
