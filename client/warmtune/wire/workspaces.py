"""Workspaces on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from warmtune.vocabulary.workspace import WorkspaceSummary
from warmtune.wire.base import RequestBody, ResponseBody, with_example
from warmtune.wire.examples import Example
from warmtune.wire.pages import PageBody

_WORKSPACE: Example = {"name": "forecasting", "n_keys": 3, "created_at": "2026-01-05T09:30:00Z"}

WorkspaceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]


class NewWorkspaceRequest(RequestBody):
    """A workspace to create."""

    model_config = with_example({"name": "forecasting"})

    name: WorkspaceName = Field(description="Lower-case letters, digits, `-` and `_`, up to 100")


class WorkspaceResponse(ResponseBody):
    """A workspace, without its content."""

    model_config = with_example(_WORKSPACE)

    name: str
    n_keys: int = Field(description="API keys that were not revoked")
    created_at: datetime

    @classmethod
    def from_domain(cls, workspace: WorkspaceSummary) -> "WorkspaceResponse":
        """The body of a workspace."""
        return cls(name=workspace.name, n_keys=workspace.n_keys, created_at=workspace.created_at)

    def to_domain(self) -> WorkspaceSummary:
        """Inverse of `from_domain`."""
        return WorkspaceSummary(self.name, self.n_keys, self.created_at)


class WorkspacePage(PageBody[WorkspaceResponse, WorkspaceSummary]):
    """A page of workspaces, newest first."""

    model_config = with_example({"items": [_WORKSPACE], "next_cursor": None})
