"""Learning curves of past trials: what they scored on the way, and in the end."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_STEPS = 60
"""Most steps of a curve in an answer; of a longer one, evenly spaced steps are taken."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """One complete past trial with intermediate values.

    Attributes:
        task_id: Of its task; curves of one task are comparable.
        values: By step, in the metric's own units.
        value: In the end.
    """

    task_id: str
    values: Mapping[int, float]
    value: float
