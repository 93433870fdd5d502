"""Where files are, as callers say it."""

import os

from warmtune.vocabulary.errors import InvalidInputError


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
