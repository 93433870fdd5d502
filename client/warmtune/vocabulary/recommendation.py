"""Recommendations: the ordered batch of configurations to try first, and where each came from."""

from dataclasses import dataclass
from enum import StrEnum

from warmtune.vocabulary.space import Configuration


class Strategy(StrEnum):
    """How an answer was made, from the most to the least that was known."""

    NEIGHBOURS = "neighbours"
    PORTFOLIO = "portfolio"
    DEFAULTS = "defaults"
    SPACE_FILLING = "space_filling"


@dataclass(frozen=True, slots=True)
class Source:
    """A past task that speaks for a configuration; similarity in [0, 1], 1 for the same task."""

    task_id: str
    task_name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class RankedConfiguration:
    """One configuration of an answer.

    Attributes:
        rank: From 1, in the order to try.
        configuration: Valid in the asked search space.
        expected_regret: Predicted normalised regret in [0, 1]: 0 is the task's best, 1 its worst; None where
            nothing is known.
        uncertainty: Standard deviation of that prediction, or None.
        expected_duration_s: Predicted seconds of one trial on such a task, or None where no past trial tells.
        sources: Past tasks in which it did well, most similar first.
        adjustments: What was changed so that the asked search space takes it, in words.
    """

    rank: int
    configuration: Configuration
    expected_regret: float | None = None
    uncertainty: float | None = None
    expected_duration_s: float | None = None
    sources: tuple[Source, ...] = ()
    adjustments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer for a task that has no trials yet (or, as suggestions, for one that has).

    Attributes:
        configurations: In the order to try.
        strategy: Which step of the chain neighbours, portfolio, defaults, space-filling made it.
        confidence: From 0 (nothing known that resembles the task) to 1.
        model_version: The snapshot that answered.
        reason: Why this strategy, in a sentence.
    """

    configurations: tuple[RankedConfiguration, ...]
    strategy: Strategy
    confidence: float
    model_version: str
    reason: str = ""
