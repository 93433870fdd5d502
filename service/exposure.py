"""Who can reach the service, and whether it may start like that."""

import ipaddress
from typing import Final

from service.settings import Settings
from warmtune.vocabulary.errors import InvalidInputError

MIN_KEY_LENGTH: Final = 8


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def needs_stored_keys(host: str, settings: Settings) -> bool:
    """Whether only API keys in the database can protect the service."""
    return not (is_loopback(host) or settings.accepted_keys or settings.allow_unprotected)


def check_exposure(host: str, settings: Settings, *, has_stored_keys: bool = False) -> None:
    """Refuse to listen without protection where others can reach the service, unless configured to.

    Args:
        host: What is listened on.
        settings: Keys, and whether to go without.
        has_stored_keys: Whether the database has API keys.

    Raises:
        InvalidInputError: If it would be open to others.
    """
    if has_stored_keys or not needs_stored_keys(host, settings):
        return
    raise InvalidInputError(
        f"{host} can be reached from other machines, and no API key is set: set WARMTUNE_API_KEYS, make a key with "
        "'python -m service.api_keys create', or set WARMTUNE_ALLOW_UNPROTECTED=true if access is restricted "
        "otherwise",
        field="WARMTUNE_HOST",
        value=host,
    )


def check_keys(settings: Settings) -> None:
    """Refuse keys that protect nothing.

    Raises:
        InvalidInputError: On none among commas, or one that is short enough to be guessed; it is not repeated.
    """
    given = settings.api_keys.get_secret_value()
    if given and not settings.accepted_keys:
        raise InvalidInputError(
            "API keys are set, but the list is empty: add one, or unset the variable", field="WARMTUNE_API_KEYS"
        )
    for number, key in enumerate(settings.accepted_keys, start=1):
        if len(key) < MIN_KEY_LENGTH or len(set(key)) < 4:
            raise InvalidInputError(
                f"API key number {number} is easily guessed: use a long random one",
                field="WARMTUNE_API_KEYS",
                limit=f"at least {MIN_KEY_LENGTH} characters",
            )
