"""The audit trail on the wire."""

from dataclasses import asdict
from datetime import datetime

from pydantic import Field

from warmtune.vocabulary.audit import AuditEntry
from warmtune.wire.base import ResponseBody, with_example
from warmtune.wire.examples import Example
from warmtune.wire.pages import PageBody

_ENTRY: Example = {
    "at": "2026-01-05T09:30:00Z",
    "caller": "wt_3f9a1c0b",
    "method": "POST",
    "route": "/v1/studies/{study_id}/trials",
    "object": "study_9f0c5f0e3b7a4b0e8f5c2a1d6e7b8c90",
    "status": 200,
    "code": None,
    "request_id": "9f0c5f0e3b7a4b0e8f5c2a1d6e7b8c90",
}


class AuditEntryResponse(ResponseBody):
    """A successful or refused write, without the content that was sent."""

    model_config = with_example(_ENTRY)

    at: datetime
    caller: str = Field(description="The key's identifier; `settings` or `anyone`")
    method: str
    route: str = Field(description="Template of the route")
    object: str | None = Field(default=None, description="Object of the write")
    status: int
    code: str | None = Field(default=None, description="Code of the error, if the write was refused")
    request_id: str

    @classmethod
    def from_domain(cls, entry: AuditEntry) -> "AuditEntryResponse":
        """The body of an entry."""
        return cls(**asdict(entry))

    def to_domain(self) -> AuditEntry:
        """Inverse of `from_domain`."""
        return AuditEntry(**self.model_dump())


class AuditPage(PageBody[AuditEntryResponse, AuditEntry]):
    """A page of the trail, newest first."""

    model_config = with_example({"items": [_ENTRY], "next_cursor": None})
