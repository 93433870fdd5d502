"""Making, listing and revoking keys."""

from datetime import UTC, datetime, timedelta

from service.services import Services
from store.api_keys import ApiKeyRepository
from store.pages import PageRequest
from warmtune.vocabulary.api_key import ApiKey
from warmtune.vocabulary.page import Page
from warmtune.wire.api_keys import NewKeyRequest


def make_key(services: Services, asked: NewKeyRequest) -> tuple[str, ApiKey]:
    """A new key, which is told once, and what is kept of it."""
    days = asked.expires_in_days
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with services.database.writing() as connection:
        made = ApiKeyRepository(connection).make(
            name=asked.name, owner=asked.owner, scope=asked.scope, expires_at=expires_at
        )
    services.keys.forget()
    return made


def list_keys(services: Services, page: PageRequest) -> Page[ApiKey]:
    """Keys, newest first."""
    with services.database.reading() as connection:
        return ApiKeyRepository(connection).page(page)


def revoke_key(services: Services, key_id: str) -> ApiKey:
    """Take a key out of use: at once here, within seconds at other services on the database.

    Raises:
        NotFoundError: If there is none.
    """
    with services.database.writing() as connection:
        revoked = ApiKeyRepository(connection).revoke(key_id)
    services.keys.forget()
    return revoked
