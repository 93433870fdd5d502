"""Objectives on the wire: one metric, or several."""

from typing import Annotated

from pydantic import Field

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import MAX_OBJECTIVES
from warmtune.wire.base import Name, RequestBody
from warmtune.wire.sizes import ItemLimit


class WithObjectives(RequestBody):
    """What is optimised: `metric` and `direction`, or `metrics` and `directions` of several objectives."""

    metric: Name | None = Field(default=None, description="Default: accuracy, or r2 for regression")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")
    metrics: Annotated[list[Name], ItemLimit(MAX_OBJECTIVES, is_limit=False)] = Field(
        default=[], description="Metrics of a study with several objectives, instead of `metric`; at least two"
    )
    directions: Annotated[list[Direction], ItemLimit(MAX_OBJECTIVES, is_limit=False)] = Field(
        default=[], description="Direction of each of the `metrics`; optional if all are known"
    )
