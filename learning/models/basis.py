"""What a model rests on, as the database has it at the moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from store.connections.database import Connection, Database
from store.connections.scope import SHIPPED_SEQ
from store.connections.unchanged import unchanged
from store.model_keys import ModelKey
from store.models import ActiveVersion, ModelRepository
from store.revisions import owned_revisions_beside
from store.search_spaces import SearchSpaceRepository
from store.shares import ReceivedContent, ShareRepository

if TYPE_CHECKING:
    from metamodel.maps.surrogates import SurrogateUse


@dataclass(frozen=True, slots=True)
class ModelBasis:
    """What a model rests on besides trials; any service on the database may change it.

    Attributes:
        definition_id: Of the registered search space, whose defaults and aliases count; None where none is.
        active_version: The version that answers, whose surrogate counts; None where none was made.
        is_own: Whether any of it is the workspace's own.
    """

    definition_id: str | None
    active_version: str | None
    is_own: bool

    @classmethod
    def of(cls, connection: Connection, key: ModelKey, active: ActiveVersion | None) -> Self:
        """As it is now, where the version that answers was read."""
        definition = SearchSpaceRepository(connection).definition_of(key.content_key, key.kind_group)
        version = None if active is None else active.version
        if definition is None:  # the defaults are those of whoever asks
            return cls(None, version, is_own=True)
        return cls(definition.space_id, version, is_own=version is not None or definition.owner_seq != SHIPPED_SEQ)


@dataclass(frozen=True, slots=True)
class KeyState:
    """All that the database says of a key, read in one transaction: a request reads it once.

    Attributes:
        basis: See `ModelBasis`.
        pin: The only revisions that may be learned from, or None.
        revisions: Of all search spaces beside the key.
        is_own: Whether the workspace has anything of its own under the key; else the model of what ships answers.
        shared: What other workspaces let answers under the key use.
    """

    basis: ModelBasis
    pin: Mapping[str, int] | None
    revisions: Mapping[str, int]
    is_own: bool
    shared: tuple[ReceivedContent, ...]

    @classmethod
    def read(cls, connection: Connection, key: ModelKey) -> Self:
        """As it is now; within a reading transaction it is read once for each change of the database."""
        return unchanged(connection, ("key", key), lambda: cls._read(connection, key))

    @classmethod
    def _read(cls, connection: Connection, key: ModelKey) -> Self:
        active = ModelRepository(connection).active_version(key)
        basis, beside = ModelBasis.of(connection, key, active), owned_revisions_beside(connection, key)
        pin = None if active is None else active.pin
        shared = ShareRepository(connection).in_use(key)
        return cls(basis, pin, beside.revisions, basis.is_own or beside.is_own, shared)


@dataclass(frozen=True, slots=True)
class LearningInputs:
    """What a model is to be learned on now.

    Attributes:
        state: See `KeyState`.
        use: The surrogate in use, or None.
    """

    state: KeyState
    use: "SurrogateUse | None"

    @classmethod
    def read(cls, database: Database, key: ModelKey) -> Self:
        """As it is now."""
        with database.reading() as connection:
            state, versions = KeyState.read(connection, key), ModelRepository(connection)
            active = versions.active(key)
            tried = None if active is None else active.learned.surrogate
            content = None if active is None or tried is None else versions.surrogate(active.learned.version)
        use = None
        if tried is not None and content is not None:
            from learning.engine_surrogates import stored_use  # noqa: PLC0415  # torch, when first needed

            use = stored_use(content, tried.role)
        return cls(state, use)
