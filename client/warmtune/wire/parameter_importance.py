"""Importance of parameters on the wire."""

from typing import Annotated

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import RegretEstimate
from warmtune.vocabulary.parameter_importance import ParameterImportance, SuggestedRange
from warmtune.wire import job_examples
from warmtune.wire.base import ResponseBody, WireValue, with_example

Share = Annotated[FiniteFloat, Field(ge=0.0, le=1.0)]


class SuggestedRangeBody(ResponseBody):
    """Where nine tenths of the best values of past tasks lie."""

    low: WireValue = Field(description="Lower end, or null for a category")
    high: WireValue = Field(description="Upper end, or null for a category")
    choices: list[WireValue] = Field(description="Of a category, the choices among the best of some task; else empty")
    kept: Share = Field(description="Share of the whole range, on the parameter's own scale")


class ImportantParameterBody(ResponseBody):
    """One parameter."""

    name: str
    share: Share = Field(description="Share of a score's variance that it explains by itself, mean over past tasks")
    low: FiniteFloat = Field(description="Lower end of the share's 95 % interval over tasks")
    high: FiniteFloat = Field(description="Upper end")
    suggested: SuggestedRangeBody | None = Field(description="Null where past tasks say nothing about it")


class ImportanceResponse(ResponseBody):
    """Which parameters of a search space matter on past tasks."""

    model_config = with_example(job_examples.IMPORTANCE)

    search_space: str
    kind_group: str
    metric: str
    direction: Direction
    model_version: str
    n_tasks: int = Field(description="Number of past tasks")
    parameters: list[ImportantParameterBody] = Field(description="The most important first")
    mean_loss: FiniteFloat | None = Field(
        description="Normalised regret of the best configuration within the suggested ranges, mean over left-out "
        "tasks; null with fewer than 10 past tasks"
    )
    harmed: Share | None = Field(description="Share of left-out tasks that lose more than .01 by these ranges")

    def to_domain(self) -> ParameterImportance:
        """What it says."""
        return ParameterImportance(
            shares={one.name: RegretEstimate(one.share, one.low, one.high) for one in self.parameters},
            ranges={
                one.name: SuggestedRange(
                    one.suggested.low, one.suggested.high, tuple(one.suggested.choices), one.suggested.kept
                )
                for one in self.parameters
                if one.suggested is not None
            },
            mean_loss=self.mean_loss,
            harmed=self.harmed,
            n_tasks=self.n_tasks,
            metric=self.metric,
            direction=self.direction,
            model_version=self.model_version,
        )

    @classmethod
    def from_domain(cls, found: ParameterImportance, *, search_space: str, kind_group: str) -> "ImportanceResponse":
        """The body of the importance of a registered search space's parameters."""
        return cls(
            search_space=search_space,
            kind_group=kind_group,
            metric=found.metric,
            direction=found.direction,
            model_version=found.model_version,
            n_tasks=found.n_tasks,
            parameters=[
                ImportantParameterBody(
                    name=name,
                    share=share.mean,
                    low=share.low,
                    high=share.high,
                    suggested=_range_body(found.ranges.get(name)),
                )
                for name, share in found.shares.items()
            ],
            mean_loss=found.mean_loss,
            harmed=found.harmed,
        )


def _range_body(found: SuggestedRange | None) -> SuggestedRangeBody | None:
    if found is None:
        return None
    return SuggestedRangeBody(low=found.low, high=found.high, choices=list(found.choices), kept=found.kept)
