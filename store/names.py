"""Which texts can be a stored name or identifier at all."""

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import check_name


def is_possible(name: str) -> bool:
    """Whether a name could be stored: PostgreSQL fails on NUL, and both databases on lone surrogates."""
    try:
        check_name(name, field="name").encode()
    except (InvalidInputError, UnicodeEncodeError):
        return False
    return True
