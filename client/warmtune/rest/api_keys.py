"""API keys: checked when given, and never repeated."""

from pydantic import SecretStr

from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "printable ASCII characters without blanks"

_SCHEME = "bearer"


def checked_key(api_key: object) -> SecretStr | None:
    """A key as it can be sent, without blanks around it or the word Bearer before it.

    The refusals don't repeat it: messages end up in logs.

    Raises:
        InvalidInputError: If it is no string, empty, or has characters that no header can carry.
    """
    if api_key is None:
        return None
    secret = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
    if not isinstance(secret, str):
        raise InvalidInputError(f"an API key is a string, not {type(secret).__name__}", field="api_key", limit=LIMIT)
    key = secret.strip()
    head, _, tail = key.partition(" ")
    if head.lower() == _SCHEME:
        key = tail.strip()
    if not key:
        raise InvalidInputError("the API key is empty; leave it out where none is needed", field="api_key", limit=LIMIT)
    if not all("!" <= character <= "~" for character in key):
        raise InvalidInputError(
            "the API key has characters that can't be sent: blanks, control characters or letters beyond ASCII",
            field="api_key",
            limit=LIMIT,
        )
    return SecretStr(key)
