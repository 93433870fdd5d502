"""API keys: who may do what at the service, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a key may do; each includes what comes before it."""

    READ = "read"
    """Look at what is stored, and ask for recommendations and suggestions that keep nothing."""
    WRITE = "write"
    """Store tasks, search spaces, studies and trials; queue and cancel jobs; activate versions."""
    ADMIN = "admin"
    """Make, list and revoke keys of the workspace; in the workspace ``default``, those of all, and workspaces too."""

    def includes(self, other: "Scope") -> bool:
        """Whether a key of this scope may do what takes the other."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """How much the holder of a key may ask for; None where the service's settings say it.

    Attributes:
        requests_per_minute: Requests, of any kind.
        trials_per_day: Trials that are reported, by the day in UTC.
        upload_bytes_per_day: Bytes of requests that carry a file, by the day in UTC.
        max_jobs: Jobs that wait or run at the same time.
    """

    requests_per_minute: int | None = None
    trials_per_day: int | None = None
    upload_bytes_per_day: int | None = None
    max_jobs: int | None = None


NO_LIMITS: Final = KeyLimits()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: the secret itself is shown once, when it is made, and not stored.

    Attributes:
        key_id: Its identifier, which begins the key too.
        name: What it is for.
        owner: Who has it.
        scope: What it may do.
        workspace: Whose tasks, studies and models it is about.
        created_at: When it was made.
        expires_at: From when on it is not taken any more; None for never.
        last_used_at: About when it was last taken; None if it never was.
        revoked_at: When it was revoked; None if it wasn't.
        limits: How much its holder may ask for.
    """

    key_id: str
    name: str
    owner: str
    scope: Scope
    workspace: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    limits: KeyLimits = NO_LIMITS

    def is_valid(self, now: datetime) -> bool:
        """Whether it is taken."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
