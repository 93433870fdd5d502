"""The chance that an unfinished trial becomes the best, by how past trials that were as far behind ended."""

import random
import statistics
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

N_NEAR = 40
"""Past trials that were about as far behind decide."""
MIN_SAMPLES = 60
MIN_CURVES = 3
N_ORDERS = 4
"""Orders in which past trials are imagined to have come: each has other bests to beat."""
OWN_CURVES = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A complete trial, larger is better.

    Attributes:
        steps: Ascending.
        values: At these.
        final: In the end.
    """

    steps: tuple[int, ...]
    values: tuple[float, ...]
    final: float

    @classmethod
    def of(cls, values: Mapping[int, float], final: float) -> "Curve":
        """From values by step."""
        steps = tuple(sorted(values))
        return cls(steps, tuple(values[step] for step in steps), final)

    def at(self, step: int) -> float | None:
        """The latest value that was known at a step, or None before the first; None after the last step too."""
        place = bisect_left(self.steps, step + 1)
        return self.values[place - 1] if place and step <= self.steps[-1] else None


class Promise:
    """What past curves predict of unfinished trials.

    A trial that is at `v` at a step, while the best so far ended at `b`, lags by ``(b - v) / w``: in spreads `w` of the
    values that trials of its study have at that step. Past trials lagged too, and some of them still became the best.
    The probability is the share of those among the ones with the nearest lags. No form of the curves is assumed.
    """

    def __init__(self, tasks: Sequence[Sequence[Curve]]) -> None:
        """Take past curves, task by task; tasks with fewer than `MIN_CURVES` count for nothing."""
        self._tasks = [list(curves) for curves in tasks if len(curves) >= MIN_CURVES]
        self._known: dict[int, tuple[list[tuple[float, bool]], float]] = {}

    def chance(self, step: int, value: float, best: float, others: Sequence[float]) -> float | None:
        """The chance to end above the best; None where too little is known of the step.

        Args:
            step: Of the trial's latest value.
            value: That value, larger is better.
            best: What the best complete trial ended at.
            others: Values of the study's other trials at the step.
        """
        if step not in self._known:
            self._known[step] = self._lags(step)
        lags, usual = self._known[step]
        if len(lags) < MIN_SAMPLES:
            return None
        own = _spread(others) if len(others) >= OWN_CURVES else 0.0
        lag = (best - value) / (own or usual)
        place = bisect_left(lags, (lag, False))
        first = max(0, min(place - N_NEAR // 2, len(lags) - N_NEAR))
        near = lags[first : first + N_NEAR]
        return (sum(won for _, won in near) + 0.5) / (len(near) + 1.0)

    def _lags(self, step: int) -> tuple[list[tuple[float, bool]], float]:
        """Lags of past trials at a step and whether they became the best, ascending; and the tasks' usual spread."""
        lags: list[tuple[float, bool]] = []
        spreads = []
        for curves in self._tasks:
            known = [(curve, at) for curve in curves if (at := curve.at(step)) is not None]
            spread = _spread([at for _, at in known])
            if len(known) < MIN_CURVES or not spread:
                continue
            spreads.append(spread)
            for order in range(N_ORDERS):
                shuffled = list(known)
                random.Random(order).shuffle(shuffled)  # noqa: S311  # an order, no secret
                best = shuffled[0][0].final
                for curve, at in shuffled[1:]:
                    lags.append(((best - at) / spread, curve.final > best))
                    best = max(best, curve.final)
        return sorted(lags), statistics.median(spreads) if spreads else 1.0


def _spread(values: Sequence[float]) -> float:
    """The median distance to the median, or the mean one where most values are equal; 0 where all are."""
    if not values:
        return 0.0
    centre = statistics.median(values)
    distances = [abs(value - centre) for value in values]
    return statistics.median(distances) or statistics.fmean(distances)
