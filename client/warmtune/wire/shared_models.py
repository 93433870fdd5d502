"""Shared models on the wire."""

from dataclasses import asdict
from datetime import datetime

from pydantic import Field

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.shared_model import SharedModel, SharingSide
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.base import Name, RequestBody, ResponseBody, with_example
from warmtune.wire.examples import Example
from warmtune.wire.pages import PageBody
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.workspaces import WorkspaceName

_SHARED: Example = {
    "share_id": "share_9f0c5f0e3b7a4b0e",
    "side": "given",
    "workspace": "forecasting",
    "search_space": "lightgbm",
    "search_space_key": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "kind_group": "classification",
    "metric": "accuracy",
    "direction": "maximize",
    "created_at": "2026-01-05T09:30:00Z",
    "accepted_at": None,
}


class NewSharedModelRequest(RequestBody):
    """Which model to share, and with whom."""

    model_config = with_example({"workspace": "forecasting", "search_space": "lightgbm", "kind": "binary"})

    workspace: WorkspaceName = Field(description="Workspace whose answers may use the model")
    search_space: Name | SearchSpaceBody = Field(description="A registered name, or a search space")
    kind: TaskKind = Field(description="The kind of task; both kinds of classification share a model")
    metric: Name | None = Field(default=None, description="By default accuracy, or r2 for regression")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")


class SharedModelResponse(ResponseBody):
    """A share, as the giver or the receiver sees it."""

    model_config = with_example(_SHARED)

    share_id: str
    side: SharingSide = Field(description="Whether the caller's workspace has given or received it")
    workspace: str = Field(description="The other workspace")
    search_space: str | None = Field(description="Name of the search space in the giver's request, or null")
    search_space_key: str = Field(description="Hash of the search space's parameters and conditions")
    kind_group: str = Field(description="Kind of the tasks: `classification` or `regression`")
    metric: str
    direction: Direction
    created_at: datetime = Field(description="Time of the last giving")
    accepted_at: datetime | None = Field(description="Time of acceptance; null and unused until then")

    @classmethod
    def from_domain(cls, shared: SharedModel) -> "SharedModelResponse":
        """The body of a share."""
        said = asdict(shared)
        return cls.model_validate(said | {"search_space": said["search_space_name"]})

    def to_domain(self) -> SharedModel:
        """Inverse of `from_domain`."""
        said = self.model_dump()
        return SharedModel(**(said | {"search_space_name": said.pop("search_space")}))


class SharedModelPage(PageBody[SharedModelResponse, SharedModel]):
    """A page of shares, newest first."""

    model_config = with_example({"items": [_SHARED], "next_cursor": None})
