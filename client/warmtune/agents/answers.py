"""What tools answer beside the API's own bodies."""

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.task import TaskKind
from warmtune.wire.base import ResponseBody


class DescriptionAnswer(ResponseBody):
    """A dataset as the service knows it from now on."""

    task_id: str | None = Field(description="For the other tools; null where nothing was to be stored")
    kind: TaskKind = Field(description="What is predicted")
    kind_reason: str = Field(description="Why it is taken to be of that kind")
    n_rows: int = Field(description="Rows that were described")
    columns: dict[str, int] = Field(description="How many columns are used as what")
    notices: list[str] = Field(description="What was odd about the table, and what was done about it")
    meta_features: dict[str, FiniteFloat] = Field(description="The numbers themselves, where they were asked for")


class SpaceSummary(ResponseBody):
    """A search space that can be asked for by its name."""

    name: str
    kinds: list[str] = Field(description="Kinds of task that it is for")
    parameters: list[str]
    n_studies: int = Field(description="Past studies that are learned from")


class SpaceList(ResponseBody):
    """The registered search spaces."""

    search_spaces: list[SpaceSummary]


class ReportAnswer(ResponseBody):
    """What became of reported trials."""

    study_id: str = Field(description="Report further trials to it, and ask for suggestions with it")
    accepted: int = Field(description="New trials, and known ones that moved on")
    unchanged: int = Field(description="Trials that were stored just so already")
    n_trials: int = Field(description="Trials of the study now")
    quarantined: list[str] = Field(description="Trials whose value the metric can't have: nothing is learned from them")
