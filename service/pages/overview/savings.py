"""Trials and hours that warm starts have saved, as far as backtests show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.model_keys import ModelKey
from store.models import StoredModel
from store.totals import StudySize

if TYPE_CHECKING:
    from metamodel.backtest.replay import Method
    from metamodel.backtest.result import Backtest


@dataclass(frozen=True, slots=True)
class Step:
    """After `needed` trials the service's studies are where cold ones are after `after`, in the backtest's mean.

    Attributes:
        needed: Of the service's.
        after: Of the cold ones.
        low: Lower end of the interval of `needed`.
        high: Upper end; None where the backtest doesn't reach it.
    """

    needed: int
    after: int
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Savings:
    """What the studies of one search space, or of all, have saved.

    Attributes:
        name: Of the search space; None for one without a name.
        n_studies: Studies that were run with the service and were long enough to have saved something.
        trials: Trials that cold studies would have needed besides, and the ends of the interval.
        hours: The same in hours, where durations are known.
    """

    name: str | None
    n_studies: int
    trials: tuple[float, float, float]
    hours: tuple[float, float, float]


def steps_of(stored: StoredModel) -> tuple[Step, ...]:
    """What a version's backtest says, fewest trials first; empty without one, or without cold studies in it."""
    from metamodel.backtest.replay import Method  # noqa: PLC0415  # numpy and scipy, when first needed
    from metamodel.backtest.result import Backtest  # noqa: PLC0415

    if stored.learned.backtest is None:
        return ()
    found = Backtest.from_json(stored.learned.backtest)
    if Method.ADAPTIVE not in found.regret or Method.TPE not in found.regret:
        return ()
    return tuple(_steps(found, Method.TPE))


def saved_by(sizes: Iterable[StudySize], steps: Mapping[ModelKey, Sequence[Step]]) -> tuple[Savings, ...]:
    """Sums by search space, the most trials first.

    A study has saved what the last step that it has reached tells: nothing is claimed beyond what was replayed.
    """
    sums: dict[str | None, list[tuple[StudySize, Step]]] = {}
    for size in sizes:
        reached = [step for step in steps.get(size.key, ()) if step.needed <= size.n_trials]
        if reached:
            sums.setdefault(size.search_space_name, []).append((size, reached[-1]))
    found = [_sum(name, pairs) for name, pairs in sums.items()]
    return tuple(sorted(found, key=lambda saved: -saved.trials[0]))


def total(found: Sequence[Savings]) -> Savings:
    """All search spaces together; the intervals are summed end by end, which is wider than they are."""
    return Savings(
        None,
        sum(one.n_studies for one in found),
        _added([one.trials for one in found]),
        _added([one.hours for one in found]),
    )


def _steps(found: "Backtest", baseline: "Method") -> Iterable[Step]:
    for after in found.checkpoints():
        if after > found.regret[baseline].shape[1]:
            continue
        saved = found.trials_saved(baseline, after)
        if saved.needed is not None and saved.low is not None:
            yield Step(saved.needed, after, saved.low, saved.high)


def _sum(name: str | None, pairs: Sequence[tuple[StudySize, Step]]) -> Savings:
    trials = _added([_trials(step) for _, step in pairs])
    timed = [(size.mean_duration_s, step) for size, step in pairs if size.mean_duration_s is not None]
    hours = _added([_scaled(_trials(step), duration / 3_600.0) for duration, step in timed])
    return Savings(name, len(pairs), trials, hours)


def _trials(step: Step) -> tuple[float, float, float]:
    """Saved trials with their interval; where its worse end isn't reached, the service saves nothing at worst."""
    worst = 0 if step.high is None else step.after - step.high
    return float(step.after - step.needed), float(worst), float(step.after - step.low)


def _scaled(values: tuple[float, float, float], by: float) -> tuple[float, float, float]:
    return values[0] * by, values[1] * by, values[2] * by


def _added(many: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    return sum(v[0] for v in many), sum(v[1] for v in many), sum(v[2] for v in many)
