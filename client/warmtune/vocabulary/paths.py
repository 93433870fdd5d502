"""Where files are, as callers say it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError


def path_text(path: object, field: str) -> str:
    """A path as text.

    Args:
        path: A text or a `pathlib.Path`.
        field: The argument that gave it, for a message.

    Raises:
        InvalidInputError: If it is no path, or holds a NUL.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InvalidInputError(
            f"{field} must be a path, as text or a pathlib.Path, not {type(path).__name__}",
            field=field,
            value=path,
            limit="str or pathlib.Path",
        )
    text: str = os.fsdecode(path)
    if "\0" in text:
        raise InvalidInputError(f"a path can't contain the character NUL, as {field} does", field=field, limit="no NUL")
    return text


@contextmanager
def readable(path: object, field: str) -> Iterator[None]:
    """What goes wrong in the file system while a caller's file is looked for or read, as one of the family.

    Args:
        path: The file.
        field: The argument that gave it, for a message.

    Raises:
        InvalidInputError: On a name that is too long, a file that may not be read, a home that nobody has, a broken
            disk.
    """
    try:
        yield
    except WarmtuneError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # of the system; a NUL; ~ without a home
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"{path} can't be read: {reason}", field=field, value=str(path)) from error
