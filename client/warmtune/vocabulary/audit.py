"""The audit trail of a workspace."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A write, or one that was refused; nothing of what was sent.

    Attributes:
        at: When.
        caller: The identifier of the key, ``settings`` for one of the settings, ``anyone`` without keys.
        method: HTTP's.
        route: The template of the address.
        object: What it was about: identifiers and names from the address, or of what was made; None without any.
        status: Of the answer: that of the route's success where it was done.
        code: Of the error, where it was refused; else None.
        request_id: As in the answer's header and in the logs.
    """

    at: datetime
    caller: str
    method: str
    route: str
    object: str | None
    status: int
    code: str | None
    request_id: str
