"""Which map of past tasks a page or the data of its figure is about."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from service.pages.metric_choice import UsesMetric
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class MapRequest:
    """Which map: of the past tasks of a search space, kind of task and metric.

    Attributes:
        space: The search space's name.
        kind: The kind of task.
        metric: None for the kind's default.
        direction: Of a metric that Warmtune doesn't know.
    """

    space: str
    kind: TaskKind
    metric: str | None
    direction: Direction | None


async def _asked(choice: UsesMetric, space: Annotated[str, Query(max_length=200)], kind: TaskKind) -> MapRequest:
    return MapRequest(space, kind, choice.metric, choice.direction)


UsesMap = Annotated[MapRequest, Depends(_asked)]
