"""Tasks on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, FiniteFloat, StringConstraints

from warmtune.vocabulary.task import MAX_META_FEATURES, MetaFeatures, TaskKind
from warmtune.wire import examples
from warmtune.wire.base import Name, RequestBody, ResponseBody, Sha256, with_example
from warmtune.wire.sizes import AtMost

Reason = Annotated[str, StringConstraints(max_length=1_000)]
"""Why a meta-feature could not be computed."""


class TaskBody(RequestBody):
    """A task known by its meta-features: no row of the data is needed."""

    model_config = with_example(examples.TASK)

    kind: TaskKind
    meta_features: Annotated[dict[str, FiniteFloat], AtMost(MAX_META_FEATURES)]
    gaps: Annotated[dict[str, Reason], AtMost(MAX_META_FEATURES)] = Field(
        default={}, description="Reason by name, for what could not be computed"
    )
    version: Name = Field(default="unknown", description="What computed the meta-features")
    name: Name | None = None
    content_hash: Sha256 | None = Field(
        default=None, description="Of the described table: one that is uploaded elsewhere is then the same task"
    )

    def to_meta_features(self) -> MetaFeatures:
        """The validated meta-features."""
        return MetaFeatures(values=self.meta_features, gaps=self.gaps, version=self.version)


class TaskUploadRequest(RequestBody):
    """What comes along with a file, as the form field ``request``: the task is described and kept, no row is."""

    model_config = with_example(examples.TASK_UPLOAD)

    target: str = Field(description="Target column of the file")
    kind: TaskKind | None = Field(default=None, description="Else inferred from the target")
    name: Name | None = Field(default=None, description="Else the file's own name")


class TaskResponse(ResponseBody):
    """A task that is kept."""

    model_config = with_example(examples.KEPT_TASK)

    task_id: str
    name: str
    kind: TaskKind
    meta_features: dict[str, FiniteFloat]
    gaps: dict[str, str] = {}
    version: str
    created_at: datetime


class TaskSummary(ResponseBody):
    """A task in a list."""

    task_id: str
    name: str
    kind: TaskKind
    created_at: datetime


class TaskPage(ResponseBody):
    """A page of tasks."""

    model_config = with_example(examples.TASK_PAGE)

    items: list[TaskSummary]
    next_cursor: str | None = None


class NeighbourBody(ResponseBody):
    """A past task and how much it is alike: 1 for the same."""

    model_config = with_example(examples.NEIGHBOUR)

    task_id: str
    task_name: str
    similarity: float


class NeighboursResponse(ResponseBody):
    """The most similar past tasks of the same kind, most similar first."""

    model_config = with_example(examples.NEIGHBOURS)

    task_id: str
    neighbours: list[NeighbourBody]
