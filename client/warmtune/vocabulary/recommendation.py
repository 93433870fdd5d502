"""Recommendations: the ordered batch of configurations to try first, and where each came from."""

from dataclasses import dataclass
from enum import StrEnum

from warmtune.vocabulary.space import Configuration


class Strategy(StrEnum):
    """How an answer was made, from the most to the least that was known.

    A newer service may know further ones: they are kept by their names, so that its answers can still be used.
    """

    NEIGHBOURS = "neighbours"
    PORTFOLIO = "portfolio"
    DEFAULTS = "defaults"
    SPACE_FILLING = "space_filling"

    @classmethod
    def _missing_(cls, value: object) -> "Strategy | None":
        if not isinstance(value, str) or not value:
            return None
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = value.upper(), value
        return unknown


@dataclass(frozen=True, slots=True)
class Source:
    """A past task that speaks for a configuration; similarity in [0, 1], 1 for the same task."""

    task_id: str
    task_name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class ExpectedGain:
    """By how much a trial is expected to improve on a study's best one, in the metric's own units.

    What a trial adds to the best is never negative: a worse trial, one that fails and an infeasible one add 0.

    Attributes:
        mean: Expected improvement.
        low: Exceeded with a probability of 0.95; 0 where an improvement is less likely than that.
        high: Exceeded with a probability of 0.05.
        probability: That the trial is better than the best so far.
    """

    mean: float
    low: float
    high: float
    probability: float


@dataclass(frozen=True, slots=True)
class RankedConfiguration:
    """One configuration of an answer.

    Attributes:
        rank: From 1, in the order to try.
        configuration: Valid in the asked search space.
        expected_regret: Predicted normalised regret in [0, 1]: 0 is the task's best, 1 its worst; None where
            nothing is known.
        uncertainty: Standard deviation of that prediction, or None.
        expected_duration_s: Predicted seconds of one trial on such a task, or None where no past trial says.
        sources: Past tasks in which it did well, most similar first.
        adjustments: What was changed so that the asked search space takes it, in words.
        failure_probability: That the trial fails, by the failed trials of similar tasks and of the study; None where no
            failure is known.
        feasible_probability: That the trial meets the study's constraints; None where it has none.
        expected_gain: What it is expected to add to the study's best score; None before the first score.
    """

    rank: int
    configuration: Configuration
    expected_regret: float | None = None
    uncertainty: float | None = None
    expected_duration_s: float | None = None
    sources: tuple[Source, ...] = ()
    adjustments: tuple[str, ...] = ()
    failure_probability: float | None = None
    feasible_probability: float | None = None
    expected_gain: ExpectedGain | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer for a task that has no trials yet (or, as suggestions, for one that has).

    Attributes:
        configurations: In the order to try.
        strategy: Which step of the chain neighbours, portfolio, defaults, space-filling made it.
        confidence: The chance, in [0, 1], that the first configuration is better than the space's default, a tie
            counting half (0.5 where the default itself comes first), or than what a past task typically scored where
            the space has no default; of suggestions, that it is better than the study's best so far. 0 where no past
            task and no trial tells. With several objectives, how far the likeness of tasks is trusted.
        model_version: The snapshot that answered.
        reason: Why this strategy, in a sentence.
        share_ids: Models of other workspaces that it was learned from, too.
    """

    configurations: tuple[RankedConfiguration, ...]
    strategy: Strategy
    confidence: float
    model_version: str
    reason: str = ""
    share_ids: tuple[str, ...] = ()
