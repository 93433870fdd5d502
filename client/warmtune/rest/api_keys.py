"""API keys: checked when given, and never repeated."""

from pydantic import SecretStr

from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "printable ASCII characters without blanks"

_SCHEME = "bearer"


def hidden(api_key: object) -> SecretStr | None:
    """A key in a form that no traceback repeats, also where it shows the values of variables.

    Raises:
        InvalidInputError: If it is no string.
    """
    kind = type(api_key).__name__
    if api_key is None or isinstance(api_key, SecretStr):
        return api_key
    if isinstance(api_key, str):
        return SecretStr(api_key)
    del api_key  # may be the key's bytes
    raise InvalidInputError(f"an API key is a string, not {kind}", field="api_key", limit=LIMIT)


def checked_key(api_key: SecretStr | None) -> SecretStr | None:
    """A key as it can be sent, without blanks around it or the word Bearer before it.

    The refusals don't repeat it: messages end up in logs.

    Raises:
        InvalidInputError: If it is empty, or has characters that no header can carry.
    """
    if api_key is None:
        return None
    key = _stripped(api_key)
    if not key.get_secret_value():
        raise InvalidInputError("the API key is empty; omit it if none is needed", field="api_key", limit=LIMIT)
    if not _can_be_sent(key):
        raise InvalidInputError(
            "the API key has characters that can't be sent: blanks, control characters or letters beyond ASCII",
            field="api_key",
            limit=LIMIT,
        )
    return key


def _stripped(api_key: SecretStr) -> SecretStr:
    key = api_key.get_secret_value().strip()
    head, _, tail = key.partition(" ")
    return SecretStr(tail.strip() if head.lower() == _SCHEME else key)


def _can_be_sent(key: SecretStr) -> bool:
    return all("!" <= character <= "~" for character in key.get_secret_value())
