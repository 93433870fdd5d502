"""Workspaces: teams that share a service and see nothing of each other."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WorkspaceSummary:
    """A workspace as those who administer the service see it; nothing of its content.

    Attributes:
        name: Unique.
        n_keys: API keys of it that were not revoked.
        created_at: When it was made.
    """

    name: str
    n_keys: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was made: the secret is in this answer and nowhere else.

    Attributes:
        key: To be sent as ``Authorization: Bearer KEY``.
        key_id: Its identifier, which begins the key too.
        workspace: Whose tasks, studies and models it is about.
    """

    key: str
    key_id: str
    workspace: str
