"""API keys on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from warmtune.vocabulary.api_key import ApiKey, Scope
from warmtune.wire.base import Name, RequestBody, ResponseBody, with_example
from warmtune.wire.examples import Example

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
}


class NewKeyRequest(RequestBody):
    """A key to make."""

    model_config = with_example(
        {"name": "nightly tuning", "owner": "data team", "scope": "write", "expires_in_days": 365}
    )

    name: Name = Field(description="What it is for")
    owner: Name = Field(description="Who has it")
    scope: Scope = Field(default=Scope.WRITE, description="What it may do: `read`, `write` or `admin`")
    workspace: Name | None = Field(
        default=None, description="Whose tasks, studies and models it is about; by default the caller's own"
    )
    expires_in_days: Annotated[int, Field(ge=1, le=3_650)] | None = Field(
        default=None, description="Then it is not taken any more; null for never"
    )


class KeyResponse(ResponseBody):
    """A key, without its secret."""

    model_config = with_example(_KEY)

    key_id: str = Field(description="Begins the key")
    name: str
    owner: str
    scope: Scope
    workspace: str = "default"
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = Field(default=None, description="To the minute")
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
        )


class NewKeyResponse(ResponseBody):
    """A key that was made, with its secret: only this answer contains it."""

    model_config = with_example({"key": "wt_3f9a1c0b_" + "…" * 3, "made": _KEY})

    key: str = Field(description="To be sent as `Authorization: Bearer KEY`")
    made: KeyResponse


class KeyPage(ResponseBody):
    """A page of keys, newest first."""

    model_config = with_example({"items": [_KEY], "next_cursor": None})

    items: list[KeyResponse]
    next_cursor: str | None = None
