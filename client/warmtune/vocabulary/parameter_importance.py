"""Importance of parameters: what past tasks say matters, and where good values lie."""

from collections.abc import Mapping
from dataclasses import dataclass

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import RegretEstimate


@dataclass(frozen=True, slots=True)
class SuggestedRange:
    """Where the best values of past tasks lie: nine tenths of them, at the space's own scale.

    Attributes:
        low: Lower end; None for a category.
        high: Upper end; None for a category.
        choices: Of a category, those that are among the best of some task; else empty.
        kept: Share of the whole range, in ``[0, 1]``.
    """

    low: ParameterValue
    high: ParameterValue
    choices: tuple[ParameterValue, ...]
    kept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterImportance:
    """Which parameters of a search space matter on past tasks.

    Attributes:
        shares: Share of a score's variance over the search space that each parameter explains by itself, with its 95 %
            interval over tasks; the largest first. They sum to less than 1 where parameters interact.
        ranges: Narrower ranges by parameter; empty with fewer than 10 past tasks.
        mean_loss: Normalised regret that the best configuration within these ranges has, on average over left-out
            tasks; None without ranges.
        harmed: Share of left-out tasks that lose more than .01; None without ranges.
        n_tasks: Past tasks.
        metric: What is scored.
        direction: Which way is better.
        model_version: The model that says so.
    """

    shares: Mapping[str, RegretEstimate]
    ranges: Mapping[str, SuggestedRange]
    mean_loss: float | None
    harmed: float | None
    n_tasks: int
    metric: str
    direction: Direction
    model_version: str
