"""A study's curve of the best value so far, thinned so that it can be drawn whatever its length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.pages.figures import Figure, FigureKind
from service.pages.inert import Cell
from store.study_tables import TrialValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

if TYPE_CHECKING:
    from metamodel.importance.expectations import Expectation, Expectations

MAX_POINTS: Final = 1_500
_EARLY: Final = 200
_SCATTER: Final = 2_654_435_769
"""2^32 over the golden ratio: its multiples are spread evenly over 2^32 (Knuth, vol. 3, 6.4)."""
MAX_EXPECTED: Final = 200
"""Trials for which cold starts are worked out; beyond them nobody compares."""
MILESTONES: Final = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
COLUMNS: Final = ("series", "trial", "value", "low", "high")


@dataclass(frozen=True, slots=True)
class Scale:
    """From normalised regret to the metric's units, for one task.

    Attributes:
        best: The value of regret 0.
        width: The distance to the value of regret 1, signed by the direction.
    """

    best: float
    width: float

    def at(self, regret: float) -> float:
        """The value."""
        return self.best - self.width * regret


@dataclass(frozen=True, slots=True)
class Improvement:
    """A trial that was better than all before it; `n` is how many had been completed with it."""

    n: int
    number: int
    value: float


def improvements(values: Sequence[TrialValue], direction: Direction) -> tuple[Improvement, ...]:
    """The trials at which the best value so far changed, by number; the first complete one is among them."""
    found: list[Improvement] = []
    n = 0
    for trial in values:
        if trial.state is not TrialState.COMPLETE or trial.value is None:
            continue
        n += 1
        if not found or direction.sign * (trial.value - found[-1].value) > 0:
            found.append(Improvement(n, trial.number, trial.value))
    return tuple(found)


def milestones(found: Sequence[Improvement], n_complete: int) -> tuple[tuple[int, float], ...]:
    """The best value after so many complete trials, for round numbers up to the study's own."""
    result = []
    for n in (*(n for n in MILESTONES if n < n_complete), n_complete):
        reached = [one for one in found if one.n <= n]
        if reached:
            result.append((n, reached[-1].value))
    return tuple(result)


def thinned(values: Sequence[TrialValue], *, most: int = MAX_POINTS) -> tuple[TrialValue, ...]:
    """Trials to draw: all if they are few, else one of each stretch, by number, and the lowest and highest of all.

    Which one of a stretch doesn't depend on its value, so that those drawn are spread as all are.
    """
    shown = [trial for trial in values if trial.value is not None]
    if len(shown) <= most:
        return tuple(shown)
    ends = {min(shown, key=_value).number, max(shown, key=_value).number}
    kept = ends | {trial.number for trial in even_sample(shown, most=most - len(ends))}
    return tuple(trial for trial in shown if trial.number in kept)


def even_sample(values: Sequence[TrialValue], *, most: int) -> tuple[TrialValue, ...]:
    """All trials if they are few, else one of each of `most` stretches; the same ones each time.

    The place within a stretch is scattered: every k-th trial would follow whatever comes back every k trials.
    """
    if len(values) <= most:
        return tuple(values)
    kept = []
    for stretch in range(most):
        start, end = stretch * len(values) // most, (stretch + 1) * len(values) // most
        kept.append(values[start + stretch * _SCATTER % 2**32 * (end - start) // 2**32])
    return tuple(kept)


def progress_figure(
    values: Sequence[TrialValue],
    direction: Direction,
    *,
    metric: str,
    expectations: "Expectations | None" = None,
    scale: Scale | None = None,
    is_learning: bool = False,
) -> Figure:
    """The trials, the best so far, and what cold starts may expect where past tasks tell; or will, once learned."""
    rows: list[tuple[Cell, ...]] = []
    if expectations is not None and scale is not None:
        rows += _expected_rows("cold random search, expected", expectations.random, scale)
        if expectations.default_first is not None:
            rows += _expected_rows("default, then random, expected", expectations.default_first, scale)
    early, later = values[:_EARLY], values[_EARLY:]  # on the logarithmic axis of a long study, the first are apart
    drawn = [*thinned(early, most=_EARLY), *thinned(later, most=MAX_POINTS - _EARLY)]
    rows += [("trial", trial.number + 1, trial.value, None, None) for trial in drawn]
    steps = improvements(values, direction)
    rows += [("best so far", step.number + 1, step.value, None, None) for step in steps]
    if steps and values:
        rows.append(("best so far", values[-1].number + 1, steps[-1].value, None, None))
    options = {"x": "trial", "y": metric, "is_long": len(values) > MAX_EXPECTED, "learning": is_learning}
    return Figure(FigureKind.PROGRESS, COLUMNS, tuple(rows), options)


def _expected_rows(name: str, expected: "Expectation", scale: Scale) -> list[tuple[Cell, ...]]:
    curves = zip(expected.mean, expected.low, expected.high, strict=True)
    return [
        (name, n, scale.at(float(mean)), scale.at(float(high)), scale.at(float(low)))
        for n, (mean, low, high) in enumerate(curves, start=1)
    ]


def _value(trial: TrialValue) -> float:
    return trial.value if trial.value is not None else 0.0
