"""The metric that a page is about, as its form gives it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query

from warmtune.vocabulary.metrics import Direction


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric and its direction; empty texts leave both to the kind of task, or to what is known of the metric.

    Attributes:
        text: The metric.
        way: Its direction.
    """

    text: str
    way: str

    @property
    def metric(self) -> str | None:
        """The metric, or None for the kind's default."""
        return self.text or None

    @property
    def direction(self) -> Direction | None:
        """The direction, or None where the metric determines it."""
        return Direction(self.way) if self.way else None


async def _choice(
    metric: Annotated[str, Query(max_length=200)] = "",
    direction: Literal["", "maximize", "minimize"] = "",
) -> MetricChoice:
    return MetricChoice(metric, direction)


UsesMetric = Annotated[MetricChoice, Depends(_choice)]
