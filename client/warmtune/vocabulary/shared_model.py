"""Shared models: what one workspace's models expect, for another workspace's answers, without a trial of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from warmtune.vocabulary.metrics import Direction

SHARED_SOURCE_NAME: Final = "shared model"
"""What the tasks of a shared model are called in the answers of those who use it."""


class SharingSide(StrEnum):
    """Which end of a share a workspace is at."""

    GIVEN = "given"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class SharedModel:
    """A learned model that one workspace lets another one use.

    Attributes:
        share_id: Its identifier.
        side: Whether the workspace that asks has given or received it.
        workspace: The name of the workspace at the other end.
        search_space_name: The name under which the search space was asked for; None where it came along.
        search_space_key: `SearchSpace.content_key`.
        kind_group: Kinds of task.
        metric: As the studies name it.
        direction: Which way is better.
        created_at: When it was given, the last time.
        accepted_at: When the receiver accepted it; None until then, when nothing is answered from it.
    """

    share_id: str
    side: SharingSide
    workspace: str
    search_space_name: str | None
    search_space_key: str
    kind_group: str
    metric: str
    direction: Direction
    created_at: datetime
    accepted_at: datetime | None

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver's answers use it."""
        return self.accepted_at is not None
