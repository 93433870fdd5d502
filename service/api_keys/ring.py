"""The valid API keys: those of the settings, and those of the database as of a few seconds ago."""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from store.api_keys import ApiKeyRepository, ValidKey, digest_of
from store.connections.database import Database
from store.connections.scope import DEFAULT_SEQ, Workspace
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.api_key import NO_LIMITS, KeyLimits, Scope
from warmtune.vocabulary.errors import ServiceError, StorageFullError, UnavailableError

FRESH_S: Final = 3.0
"""So long is a key taken after another service has revoked it; one's own service knows at once."""
STALE_S: Final = 300.0
"""So long are the last known keys taken while the database is away."""
_PATIENCE_S: Final = 1.0
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request.

    Attributes:
        name: For the log: the key's identifier, ``settings`` or ``anyone``.
        scope: What it may do.
        workspace: Whose rows it sees.
        limits: How much it may ask for; of callers without a key that was made there is no limit.
        has_made_key: Whether it has a key that was made, rather than one of the settings, or none.
    """

    name: str
    scope: Scope
    workspace: Workspace
    limits: KeyLimits = NO_LIMITS
    has_made_key: bool = False

    @property
    def is_operator(self) -> bool:
        """Whether it administers the service as a whole: workspaces, and the keys of all of them."""
        return self.scope is Scope.ADMIN and self.workspace.seq == DEFAULT_SEQ


ANYONE: Final = "anyone"
"""The caller's name at a service without keys."""
SETTINGS: Final = "settings"
"""The caller's name with a key of the settings."""


class KeyRing:
    """Looks keys up by their digests; threads may share it."""

    def __init__(self, database: Database, *, given: Sequence[str], limits: KeyLimits = NO_LIMITS) -> None:
        """Read no keys yet.

        Args:
            database: Of the keys that were made.
            given: Keys of the settings, which may do everything.
            limits: Of keys that were made without their own.
        """
        self._limits = limits
        self._database = database
        self._given = frozenset(map(digest_of, given))
        self._reading = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-keys")
        self._asked: asyncio.Future[None] | None = None
        self._valid: Mapping[str, ValidKey] = {}
        self._default: Workspace | None = None
        self._were_made = False
        self._loaded = float("-inf")
        self._generation = 0
        self._used: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}

    @property
    def is_fresh(self) -> bool:
        """Whether a look-up needs no database."""
        return time.monotonic() - self._loaded < FRESH_S

    @property
    def is_open(self) -> bool:
        """Whether no key was ever made, so that everyone is let in: the last one's end opens nothing."""
        return not self._given and not self._were_made

    @property
    def default(self) -> Workspace:
        """The workspace of callers without a key of the database.

        Raises:
            ServiceError: Before the first `refresh`.
        """
        if self._default is None:
            raise ServiceError("the keys were not read yet")
        return self._default

    def caller(self, key: str) -> Caller | None:
        """The caller with this key, or None."""
        return self.caller_of(digest_of(key))

    def caller_of(self, digest: str) -> Caller | None:
        """The caller with the key of this digest, or None."""
        if self.is_open:
            return Caller(ANYONE, Scope.ADMIN, self.default)
        if digest in self._given:
            return Caller(SETTINGS, Scope.ADMIN, self.default)
        found, now = self._valid.get(digest), datetime.now(UTC)
        if found is None or not found.key.is_valid(now):
            return None
        self._used[found.key.key_id] = now
        limits = self._limited(found.key.limits)
        return Caller(found.key.key_id, found.key.scope, found.workspace, limits, has_made_key=True)

    def _limited(self, own: KeyLimits) -> KeyLimits:
        """A key's own limits, and where it has none those of the settings."""
        given = {field.name: getattr(own, field.name) for field in fields(KeyLimits)}
        return replace(self._limits, **{name: limit for name, limit in given.items() if limit is not None})

    async def refreshed(self) -> None:
        """Wait until the keys have been read again; at most a second if the known ones are recent.

        A thread of its own reads them: those of the handlers may all wait for the same database.

        Raises:
            UnavailableError: If the database is away, and has been for long.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self.refresh)
            self._asked.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        if time.monotonic() - self._loaded < STALE_S:
            await asyncio.wait([self._asked], timeout=_PATIENCE_S)
        else:
            await asyncio.shield(self._asked)

    def close(self) -> None:
        """Stop reading keys."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def refresh(self) -> None:
        """Read the keys again, unless that was just done, and record those that were used.

        Raises:
            UnavailableError: If the database is away, and has been for long.
        """
        is_known = time.monotonic() - self._loaded < STALE_S
        if not self._reading.acquire(blocking=not is_known):
            return  # somebody reads them right now; those that are known do meanwhile
        try:
            if not self.is_fresh:
                self._read()
        except (UnavailableError, StorageFullError):
            if not is_known:
                raise
            structlog.get_logger().warning("keys_not_read")
        finally:
            self._reading.release()

    def forget(self) -> None:
        """Read the keys again at the next request."""
        self._generation += 1
        self._loaded = float("-inf")

    def _read(self) -> None:
        generation = self._generation
        with self._database.reading() as connection:
            repository = ApiKeyRepository(connection)
            self._were_made, self._valid = repository.were_made(), repository.valid()
            self._default = WorkspaceRepository(connection).default()
        if generation == self._generation:  # else a key was made or revoked meanwhile: the next request reads again
            self._loaded = time.monotonic()
        self._note_use()

    def _note_use(self) -> None:
        """Record which keys were used; a failure to write is logged."""
        due = {
            key_id: used
            for key_id, used in list(self._used.items())
            if used - self._noted.get(key_id, datetime.min.replace(tzinfo=UTC)) > _NOTED_EVERY
        }
        if not due:
            return
        try:
            with self._database.bookkeeping() as connection:
                ApiKeyRepository(connection).note_use(due)
        except (UnavailableError, StorageFullError):
            structlog.get_logger().warning("key_use_not_noted")
            return
        self._noted |= due
