"""Learning curves on the wire."""

from typing import Annotated

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.learning_curve import LearningCurve
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire import examples
from warmtune.wire.base import Name, RequestBody, ResponseBody, Whole, with_example
from warmtune.wire.sizes import ItemLimit
from warmtune.wire.spaces import SearchSpaceBody

MAX_CURVES = 2_000


class LearningCurvesRequest(RequestBody):
    """Studies whose curves to return."""

    model_config = with_example(examples.LEARNING_CURVES_REQUEST)

    search_space: Name | SearchSpaceBody
    kind: TaskKind
    metric: Name | None = Field(default=None, description="Default: accuracy, or r2 for regression")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")
    exclude_task_ids: Annotated[list[str], ItemLimit(1_000, is_limit=False)] = []
    n: Annotated[Whole, Field(ge=1, le=MAX_CURVES)] = 1_000


class LearningCurveBody(ResponseBody):
    """One complete trial."""

    task_id: str
    values: dict[int, FiniteFloat] = Field(description="Intermediate values by step, evenly thinned to 60")
    value: FiniteFloat = Field(description="Final value")


class LearningCurvesResponse(ResponseBody):
    """Curves of past trials, the latest first; each task's in the order in which they were tried."""

    model_config = with_example(examples.LEARNING_CURVES)

    items: list[LearningCurveBody]

    def to_domain(self) -> tuple[LearningCurve, ...]:
        """The curves."""
        return tuple(LearningCurve(one.task_id, dict(one.values), one.value) for one in self.items)

    @classmethod
    def from_domain(cls, curves: tuple[LearningCurve, ...]) -> "LearningCurvesResponse":
        """The body of curves."""
        return cls(items=[LearningCurveBody(task_id=c.task_id, values=dict(c.values), value=c.value) for c in curves])
