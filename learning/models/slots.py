"""Where a workspace's model of a key is kept in memory."""

from typing import TypeAlias

from store.connections.database import Database
from store.connections.scope import Workspace
from store.model_keys import ModelKey
from warmtune.vocabulary.errors import ServiceError

Slot: TypeAlias = tuple[int, ModelKey]
"""The workspace's order number, and the key."""


def owner_of(database: Database) -> Workspace:
    """The workspace that a database is bound to.

    Raises:
        ServiceError: If it is bound to none: a mistake in the code.
    """
    if database.workspace is None:
        raise ServiceError("models belong to a workspace: use Database.of(workspace)")
    return database.workspace


def slot_of(database: Database, key: ModelKey) -> Slot:
    """The slot of that workspace.

    Raises:
        ServiceError: As `owner_of`.
    """
    return owner_of(database).seq, key
