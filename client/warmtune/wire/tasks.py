"""Tasks on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field, FiniteFloat, StringConstraints

from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.recommendation import Source
from warmtune.vocabulary.results import TaskDetails
from warmtune.vocabulary.task import MAX_META_FEATURES, MetaFeatures, Task, TaskKind, TaskSummary
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire import examples
from warmtune.wire.base import (
    ColumnNames,
    Delimiter,
    Encoding,
    Name,
    Number,
    RequestBody,
    ResponseBody,
    Sha256,
    with_example,
)
from warmtune.wire.pages import PageBody
from warmtune.wire.sizes import ItemLimit
from warmtune.wire.understanding import UnderstandingBody

Reason = Annotated[str, StringConstraints(max_length=1_000)]
"""Why a meta-feature could not be computed."""


class TaskBody(RequestBody):
    """A task known by its meta-features: no row of the data is needed."""

    model_config = with_example(examples.TASK)

    kind: TaskKind
    meta_features: Annotated[dict[str, Number], ItemLimit(MAX_META_FEATURES)]
    gaps: Annotated[dict[str, Reason], ItemLimit(MAX_META_FEATURES)] = Field(
        default={}, description="Reason, by name, for each meta-feature that could not be computed"
    )
    version: Name = Field(default="unknown", description="Version that computed the meta-features")
    name: Name | None = None
    content_hash: Sha256 | None = Field(
        default=None, description="Content hash of the described table, by which the same table is recognised"
    )

    def to_meta_features(self) -> MetaFeatures:
        """The validated meta-features."""
        return MetaFeatures(values=self.meta_features, gaps=self.gaps, version=self.version)

    @classmethod
    def from_domain(cls, task: TaskDescription) -> "TaskBody":
        """The body of a described task."""
        described = task.meta_features
        return cls(
            kind=task.kind,
            meta_features=dict(described.values),
            gaps=dict(described.gaps),
            version=described.version,
            name=task.name,
            content_hash=task.content_hash,
        )


class TaskUploadRequest(RequestBody):
    """Options of a file, sent as the form field ``request``: the task's description is stored, no row is."""

    model_config = with_example(examples.TASK_UPLOAD)

    target: str = Field(description="Target column of the file")
    kind: TaskKind | None = Field(
        default=None, description="Kind of task; by default inferred from the metric or the target's values"
    )
    metric: Name | None = Field(
        default=None, description="Metric of the models; a known one decides between classification and regression"
    )
    nominal: ColumnNames = Field(default=[], description="Columns whose numbers are category codes")
    ignore: ColumnNames = Field(default=[], description="Columns to leave out")
    sheet: str | None = Field(
        default=None, description="Sheet of a workbook; by default the first one that isn't empty"
    )
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    name: Name | None = Field(default=None, description="Name of the task; by default the file's name")


class TaskResponse(ResponseBody):
    """A stored task."""

    model_config = with_example(examples.STORED_TASK)

    task_id: str
    name: str
    kind: TaskKind
    meta_features: dict[str, FiniteFloat]
    gaps: dict[str, str] = {}
    version: str
    created_at: datetime
    understanding: UnderstandingBody | None = Field(
        default=None, description="Interpretation of the file; null without a file"
    )

    def to_domain(self) -> TaskDetails:
        """The task."""
        return TaskDetails(
            task_id=self.task_id,
            name=self.name,
            kind=self.kind,
            meta_features=MetaFeatures(values=self.meta_features, gaps=self.gaps, version=self.version),
            understanding=None if self.understanding is None else self.understanding.to_domain(),
        )

    @classmethod
    def from_domain(
        cls, task: Task, *, created_at: datetime, understanding: Understanding | None = None
    ) -> "TaskResponse":
        """The body of a stored task, with how its table was understood where one came along."""
        described = task.meta_features
        return cls(
            task_id=task.task_id,
            name=task.name,
            kind=task.kind,
            meta_features=dict(described.values),
            gaps=dict(described.gaps),
            version=described.version,
            created_at=created_at,
            understanding=None if understanding is None else UnderstandingBody.from_domain(understanding),
        )


class TaskSummaryBody(ResponseBody):
    """A task in a list."""

    task_id: str
    name: str
    kind: TaskKind
    created_at: datetime

    def to_domain(self) -> TaskSummary:
        """The summary."""
        return TaskSummary(self.task_id, self.name, self.kind, self.created_at)

    @classmethod
    def from_domain(cls, task: TaskSummary) -> "TaskSummaryBody":
        """The body of a summary."""
        return cls(task_id=task.task_id, name=task.name, kind=task.kind, created_at=task.created_at)


class TaskPage(PageBody[TaskSummaryBody, TaskSummary]):
    """A page of tasks."""

    model_config = with_example(examples.TASK_PAGE)


class SourceBody(ResponseBody):
    """A past task and its similarity: 1 for the same task, 0 if nothing is known."""

    model_config = with_example(examples.SOURCE)

    task_id: str
    task_name: str
    similarity: float

    def to_domain(self) -> Source:
        """The past task."""
        return Source(self.task_id, self.task_name, self.similarity)

    @classmethod
    def from_domain(cls, source: Source) -> "SourceBody":
        """The body of a past task."""
        return cls(task_id=source.task_id, task_name=source.task_name, similarity=source.similarity)


class NeighbourBody(ResponseBody):
    """A stored task and the similarity of its meta-features."""

    model_config = with_example(examples.NEIGHBOUR)

    task_id: str
    task_name: str
    similarity: float = Field(description="1 for equal meta-features, 0 if no meta-feature is known of both tasks")
    n_shared: int = Field(description="Meta-features of both tasks that were compared")
    reason: str = Field(description="Why nothing was compared; empty where something was")

    def to_domain(self) -> Neighbour:
        """The stored task."""
        return Neighbour(self.task_id, self.task_name, self.similarity, self.n_shared, self.reason)

    @classmethod
    def from_domain(cls, near: Neighbour) -> "NeighbourBody":
        """The body of a stored task."""
        return cls(
            task_id=near.task_id,
            task_name=near.task_name,
            similarity=near.similarity,
            n_shared=near.n_shared,
            reason=near.reason,
        )


class NeighboursResponse(ResponseBody):
    """The most similar stored tasks of the same kind, most similar first; last, those that can't be compared."""

    model_config = with_example(examples.NEIGHBOURS)

    task_id: str
    neighbours: list[NeighbourBody]

    def to_domain(self) -> tuple[Neighbour, ...]:
        """The stored tasks."""
        return tuple(neighbour.to_domain() for neighbour in self.neighbours)

    @classmethod
    def from_domain(cls, task_id: str, found: Sequence[Neighbour]) -> "NeighboursResponse":
        """The body of the stored tasks that are nearest to one, most similar first."""
        return cls(task_id=task_id, neighbours=[NeighbourBody.from_domain(near) for near in found])
