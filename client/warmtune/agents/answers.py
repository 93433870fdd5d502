"""What tools answer beside the API's own bodies."""

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.task import TaskKind
from warmtune.wire.base import ResponseBody


class DescriptionAnswer(ResponseBody):
    """A dataset as the service knows it from now on."""

    task_id: str | None = Field(description="Identifier of the task for the other tools; null if it isn't stored")
    kind: TaskKind = Field(description="Kind of task")
    kind_reason: str = Field(description="Reason for this kind")
    n_rows: int = Field(description="Rows that were described")
    columns: dict[str, int] = Field(description="Number of columns by role")
    notices: list[str] = Field(description="Findings about the table, and how they were handled")
    meta_features: dict[str, FiniteFloat] = Field(description="The meta-features, if requested")


class SpaceSummary(ResponseBody):
    """A search space that can be asked for by its name."""

    name: str
    kinds: list[str] = Field(description="Kinds of task that the search space is for")
    parameters: list[str]
    n_studies: int = Field(description="Past studies over this definition, under whatever name")


class SpaceList(ResponseBody):
    """The registered search spaces."""

    search_spaces: list[SpaceSummary]


class ReportAnswer(ResponseBody):
    """What became of reported trials."""

    study_id: str = Field(description="Study to report further trials to and to get suggestions for")
    accepted: int = Field(description="New trials, and known ones whose state changed")
    unchanged: int = Field(description="Trials that were already stored with the same content")
    n_trials: int = Field(description="Number of trials of the study")
    quarantined: list[str] = Field(description="Trials whose value the metric can't have; models don't learn from them")
