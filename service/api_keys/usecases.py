"""Making, listing and revoking keys."""

from datetime import UTC, datetime, timedelta

from service.api_keys.ring import Caller
from service.services import Services
from store.api_keys import ApiKeyRepository
from store.audit import name_object
from store.connections.database import Database
from store.connections.scope import within
from store.pages import PageRequest
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.api_key import ApiKey
from warmtune.vocabulary.errors import ForbiddenError
from warmtune.vocabulary.page import Page
from warmtune.wire.api_keys import NewKeyRequest


def make_key(services: Services, caller: Caller, asked: NewKeyRequest) -> tuple[str, ApiKey]:
    """A new key, whose secret is shown once, and what is stored of it.

    Raises:
        ForbiddenError: If it is to be of another workspace, and the caller administers its own only.
        NotFoundError: If there is no such workspace.
    """
    days = asked.expires_in_days
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    if asked.workspace is not None and not caller.is_operator and asked.workspace != caller.workspace.name:
        raise ForbiddenError(
            "keys of other workspaces are created by an admin key of the workspace 'default'",
            field="workspace",
            limit=caller.workspace.name,
        )
    with services.database.writing() as connection:
        if asked.workspace is not None:
            within(connection, WorkspaceRepository(connection).get(asked.workspace).workspace)
        made = ApiKeyRepository(connection).make(
            name=asked.name, owner=asked.owner, scope=asked.scope, expires_at=expires_at, limits=asked.to_limits()
        )
        name_object(made[1].key_id)
    services.keys.forget()
    return made


def list_keys(services: Services, caller: Caller, page: PageRequest) -> Page[ApiKey]:
    """Keys, newest first: of the caller's workspace, or of all where it administers all."""
    with _keys_of(services, caller).reading() as connection:
        return ApiKeyRepository(connection).page(page)


def revoke_key(services: Services, caller: Caller, key_id: str) -> ApiKey:
    """Revoke a key: at once here, within seconds at other services on the database.

    Raises:
        NotFoundError: If there is none.
    """
    with _keys_of(services, caller).writing() as connection:
        revoked = ApiKeyRepository(connection).revoke(key_id)
    services.keys.forget()
    return revoked


def _keys_of(services: Services, caller: Caller) -> Database:
    """The database as the keys are asked for that a caller administers."""
    return services.database.of(None) if caller.is_operator else services.database
