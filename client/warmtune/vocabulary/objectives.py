"""What a study optimises: one metric, or several at once."""

from dataclasses import dataclass

from warmtune.vocabulary.metrics import Direction

MAX_OBJECTIVES = 10
DURATION_METRIC = "duration_s"
"""As an objective: the seconds of a trial, which past trials have under whatever metric they were judged by."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A metric and which way of it is better."""

    metric: str
    direction: Direction
