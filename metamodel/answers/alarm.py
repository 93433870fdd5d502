"""Whether recommendations harm in production: first trials against the default, with a test against the limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import bdtrc

SIGNIFICANCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class FirstTrial:
    """A study's first scored trial and the default on the same task.

    Attributes:
        study_id: The study.
        first: Its first score.
        default: The default's score.
        is_tried: Whether the default was tried; else its score is predicted.
        loss: How much worse the first is, in the metric's units; negative where it is better.
        margin: What counts as a loss.
    """

    study_id: str
    first: float
    default: float
    is_tried: bool
    loss: float
    margin: float

    @property
    def is_harmed(self) -> bool:
        """Whether the first was worse by more than the margin."""
        return self.loss > self.margin


@dataclass(frozen=True, slots=True)
class Alarm:
    """What first trials say.

    Attributes:
        n_studies: Studies that could be compared.
        n_harmed: Those that began worse than the default by more than the margin.
        limit: Share that may be.
        chance: That so many or more are, if the limit holds.
    """

    n_studies: int
    n_harmed: int
    limit: float
    chance: float

    @property
    def is_raised(self) -> bool:
        """Whether there are more than chance explains."""
        return self.n_studies > 0 and self.chance < SIGNIFICANCE


def judge(firsts: Sequence[FirstTrial], *, limit: float) -> Alarm:
    """Test the number of harmed studies against the limit, one-sided, by the binomial distribution."""
    n_harmed = sum(first.is_harmed for first in firsts)
    chance = float(bdtrc(n_harmed - 1, len(firsts), limit)) if n_harmed else 1.0
    return Alarm(len(firsts), n_harmed, limit, chance)
