"""The files that task models start from: safetensors, as bytes or paths."""

from pathlib import Path

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError

MAX_BYTES = 64 * 2**20


def initialisation_bytes(init: object) -> bytes:
    """The bytes of an initialisation.

    Args:
        init: A path, or the bytes themselves.

    Raises:
        InvalidInputError: If it is neither, can't be read, or is larger than 64 MiB.
    """
    if isinstance(init, bytes):
        return checked_size(init)
    if not isinstance(init, (str, Path)):
        raise InvalidInputError(
            f"init is {with_article(type(init).__name__)}",
            field="init",
            value=init,
            limit="a path, or a safetensors file's bytes",
        )
    try:
        return checked_size(Path(init).read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a path that no system has
        raise InvalidInputError(f"the initialisation can't be read: {error}", field="init", value=str(init)) from error


def checked_size(content: bytes) -> bytes:
    """The bytes of an initialisation, if they are not too many.

    Raises:
        InvalidInputError: If they are more than 64 MiB.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError("the initialisation is too large", field="init", value=len(content), limit=MAX_BYTES)
    return content
