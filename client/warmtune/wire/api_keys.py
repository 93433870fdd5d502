"""API keys on the wire."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from warmtune.vocabulary.api_key import ApiKey, KeyLimits, Scope
from warmtune.vocabulary.workspace import MadeKey
from warmtune.wire.base import Name, RequestBody, ResponseBody, Whole, with_example
from warmtune.wire.examples import Example
from warmtune.wire.pages import PageBody

_KEY: Example = {
    "key_id": "wt_3f9a1c0b",
    "name": "nightly tuning",
    "owner": "data team",
    "scope": "write",
    "workspace": "default",
    "created_at": "2026-01-05T09:30:00Z",
    "expires_at": "2027-01-05T09:30:00Z",
    "last_used_at": None,
    "revoked_at": None,
    "requests_per_minute": 600,
    "trials_per_day": None,
    "upload_bytes_per_day": None,
    "max_jobs": 2,
}

_Limit = Annotated[Whole, Field(ge=1, le=2**53)] | None


class _Limits(BaseModel):
    """Limits of a key; null stands for the default in the service's settings."""

    requests_per_minute: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Limit on requests of any kind; beyond it 429"
    )
    trials_per_day: _Limit = Field(default=None, description="Limit on reported trials per day (UTC)")
    upload_bytes_per_day: _Limit = Field(default=None, description="Limit on uploaded bytes per day (UTC)")
    max_jobs: Annotated[Whole, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Limit on jobs that wait or run at the same time"
    )

    def to_limits(self) -> KeyLimits:
        """The limits."""
        return KeyLimits(self.requests_per_minute, self.trials_per_day, self.upload_bytes_per_day, self.max_jobs)


class NewKeyRequest(_Limits, RequestBody):
    """A key to create."""

    model_config = with_example(
        {"name": "nightly tuning", "owner": "data team", "scope": "write", "expires_in_days": 365}
    )

    name: Name = Field(description="Purpose of the key")
    owner: Name = Field(description="Holder of the key")
    scope: Scope = Field(default=Scope.WRITE, description="Scope of the key: `read`, `write` or `admin`")
    workspace: Name | None = Field(default=None, description="Workspace of the key; by default the caller's own")
    expires_in_days: Annotated[Whole, Field(ge=1, le=3_650)] | None = Field(
        default=None, description="Time of expiry; null for a key that never expires"
    )


class KeyResponse(_Limits, ResponseBody):
    """A key, without its secret."""

    model_config = with_example(_KEY)

    key_id: str = Field(description="Identifier, with which the key begins")
    name: str
    owner: str
    scope: Scope
    workspace: str = "default"
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = Field(default=None, description="Time of the last use, to the minute")
    revoked_at: datetime | None = None

    @classmethod
    def from_domain(cls, key: ApiKey) -> "KeyResponse":
        """The body of a key."""
        return cls(
            key_id=key.key_id,
            name=key.name,
            owner=key.owner,
            scope=key.scope,
            workspace=key.workspace,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
            **asdict(key.limits),
        )

    def to_domain(self) -> ApiKey:
        """Inverse of `from_domain`."""
        return ApiKey(
            key_id=self.key_id,
            name=self.name,
            owner=self.owner,
            scope=self.scope,
            workspace=self.workspace,
            created_at=self.created_at,
            expires_at=self.expires_at,
            last_used_at=self.last_used_at,
            revoked_at=self.revoked_at,
            limits=self.to_limits(),
        )


class NewKeyResponse(ResponseBody):
    """A new key with its secret: only this answer contains it."""

    model_config = with_example({"key": "wt_3f9a1c0b_" + "…" * 3, "made": _KEY})

    key: str = Field(description="The secret key, to be sent as `Authorization: Bearer KEY`")
    made: KeyResponse

    def to_domain(self) -> MadeKey:
        """The key with its secret."""
        return MadeKey(self.key, self.made.key_id, self.made.workspace)

    @classmethod
    def from_domain(cls, key: str, made: ApiKey) -> "NewKeyResponse":
        """The body of a key that was just made, with its secret."""
        return cls(key=key, made=KeyResponse.from_domain(made))


class KeyPage(PageBody[KeyResponse, ApiKey]):
    """A page of keys, newest first."""

    model_config = with_example({"items": [_KEY], "next_cursor": None})
