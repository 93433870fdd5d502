"""What a backtest found: curves of regret, their means with intervals over tasks, ranks, trials saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from metamodel.backtest.records import RecordedTasks
from metamodel.backtest.replay import Method, Replay
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import RegretEstimate, TrialsSaved

CHECKPOINTS = (1, 2, 3, 5, 10, 15, 20, 30, 50, 100)
LEVEL = 0.95
N_RESAMPLES = 2_000
_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """The regret of every method on every target after every number of trials. Immutable; threads may share it.

    Attributes:
        metric: What was scored.
        direction: Which way is better.
        task_ids: Targets, ``T`` of them.
        regret: By method, shape ``(T, N)``: least normalised regret after 1 to N trials; rows of NaN where a method was
            not run on a task. N may differ between methods. Kept to 6 decimals, so that `from_json` restores it.
    """

    metric: str
    direction: Direction
    task_ids: tuple[str, ...]
    regret: Mapping[Method, FloatArray]

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On no task, no method, or curves that aren't one row a task within [0, 1].
        """
        if not self.task_ids or not self.regret:
            raise InvalidInputError("a backtest needs a task and a method", field="regret")
        for method, curves in self.regret.items():
            if curves.ndim != 2 or len(curves) != len(self.task_ids) or curves.shape[1] == 0:
                raise InvalidInputError(
                    f"{method}: {len(self.task_ids)} tasks need as many curves, got {curves.shape}", field="regret"
                )
            if not (np.isnan(curves) | ((curves >= -1e-9) & (curves <= 1.0 + 1e-9))).all():
                raise InvalidInputError(f"{method}: regret lies in [0, 1]", field="regret")
        rounded = {m: np.clip(np.round(curves, _DIGITS), 0.0, 1.0) for m, curves in self.regret.items()}
        object.__setattr__(self, "regret", rounded)

    @classmethod
    def of_replays(cls, recording: RecordedTasks, replays: Sequence[Replay]) -> "Backtest":
        """Stack the curves of targets, in the recording's order."""
        position = {task.task_id: i for i, task in enumerate(recording.tasks)}
        ordered = sorted(replays, key=lambda replay: position[replay.task_id])
        methods = [m for m in Method if any(m in replay.regret for replay in ordered)]
        regret = {method: _stack([replay.regret.get(method) for replay in ordered]) for method in methods}
        return cls(recording.metric, recording.direction, tuple(r.task_id for r in ordered), regret)

    @property
    def n_trials(self) -> int:
        """Trials of the longest curve."""
        return max(int(curves.shape[1]) for curves in self.regret.values())

    def n_tasks(self, method: Method) -> int:
        """On how many targets the method was run."""
        return int((~np.isnan(self.regret[method][:, 0])).sum())

    def after(self, method: Method, n: int) -> RegretEstimate:
        """Mean regret after `n` trials, over the targets that the method was run on."""
        self._check(method, n)
        values = self.regret[method][:, n - 1]
        return estimate(values[~np.isnan(values)])

    def curve(self, method: Method) -> FloatArray:
        """Mean, lower and upper end of the interval after 1 to N trials; shape ``(3, N)``."""
        curves = self.regret[method]
        curves = curves[~np.isnan(curves[:, 0])]
        means = _resampled_means(curves)
        tail = (1.0 - LEVEL) / 2.0
        low, high = np.quantile(means, [tail, 1.0 - tail], axis=0)
        return np.stack([curves.mean(axis=0), low, high])

    def difference(self, one: Method, other: Method, n: int) -> RegretEstimate:
        """Mean of `one` minus `other` after `n` trials, paired over the targets that both were run on.

        Raises:
            InvalidInputError: If one was not run, not for so many trials, or they share no target.
        """
        self._check(one, n)
        self._check(other, n)
        difference = self.regret[one][:, n - 1] - self.regret[other][:, n - 1]
        return estimate(difference[~np.isnan(difference)])

    def mean_ranks(self, n: int) -> dict[Method, float]:
        """Mean rank after `n` trials, 1 for the least regret, ties sharing their mean.

        Over the targets that all methods with so many trials were run on; the ranks of M methods sum to M (M + 1) / 2.
        Empty if there is no such target.
        """
        methods = [method for method, curves in self.regret.items() if curves.shape[1] >= n]
        if not methods:
            return {}
        at = np.stack([self.regret[method][:, n - 1] for method in methods])
        complete = at[:, ~np.isnan(at).any(axis=0)]
        if complete.shape[1] == 0:
            return {}
        ranks = rankdata(np.round(complete, 9), axis=0).mean(axis=1)
        return dict(zip(methods, map(float, ranks), strict=True))

    def trials_saved(self, baseline: Method, after: int, *, engine: Method = Method.ADAPTIVE) -> TrialsSaved:
        """How soon `engine` is where `baseline` is after so many trials, on the mean curves of their common targets.

        Raises:
            InvalidInputError: As in `difference`.
        """
        self._check(baseline, after)
        self._check(engine, 1)
        shared = ~np.isnan(self.regret[baseline][:, 0]) & ~np.isnan(self.regret[engine][:, 0])
        if not shared.any():
            raise InvalidInputError(f"{baseline} and {engine} share no target", field="baseline", value=baseline)
        aim, own = self.regret[baseline][shared, after - 1], self.regret[engine][shared]
        both = np.concatenate([aim[:, None], own], axis=1)
        needed = _first_below(both.mean(axis=0)[None])
        tail = (1.0 - LEVEL) / 2.0
        low, high = np.quantile(_first_below(_resampled_means(both)), [tail, 1.0 - tail], method="inverted_cdf")
        count = own.shape[1]

        def reached(n: float) -> int | None:
            return int(n) if n <= count else None

        return TrialsSaved(baseline, after, float(aim.mean()), reached(needed[0]), reached(low), reached(high))

    def checkpoints(self) -> tuple[int, ...]:
        """Those of `CHECKPOINTS` that some curve reaches."""
        return tuple(n for n in CHECKPOINTS if n <= self.n_trials)

    def to_json(self) -> dict[str, object]:
        """Everything as plain values: a summary for readers, and the curves for `from_json`."""
        summary = {
            method.value: {
                str(n): [round(value, _DIGITS) for value in (e.mean, e.low, e.high)]
                for n in self.checkpoints()
                if n <= self.regret[method].shape[1]
                for e in [self.after(method, n)]
            }
            for method in self.regret
        }
        ranks = {str(n): {m.value: round(r, 3) for m, r in self.mean_ranks(n).items()} for n in self.checkpoints()}
        return {
            "metric": self.metric,
            "direction": self.direction.value,
            "task_ids": list(self.task_ids),
            "summary": summary,
            "ranks": ranks,
            "regret": {
                method.value: [None if np.isnan(row[0]) else [float(x) for x in row] for row in curves]
                for method, curves in self.regret.items()
            },
        }

    @classmethod
    def from_json(cls, body: Mapping[str, object]) -> "Backtest":
        """Read what `to_json` wrote.

        Raises:
            InvalidInputError: If something is missing or of another form.
        """
        try:
            curves: Mapping[str, Sequence[Sequence[float] | None]] = body["regret"]  # type: ignore[assignment]
            regret = {
                Method(name): _stack([None if row is None else np.array(row, dtype=np.float64) for row in rows])
                for name, rows in curves.items()
            }
            task_ids = tuple(str(task_id) for task_id in body["task_ids"])  # type: ignore[attr-defined]
            return cls(str(body["metric"]), Direction(str(body["direction"])), task_ids, regret)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(f"not a backtest: {error}", field="backtest") from error

    def _check(self, method: Method, n: int) -> None:
        if method not in self.regret:
            raise InvalidInputError(f"{method} was not run", field="method", value=method, limit=list(self.regret))
        count = int(self.regret[method].shape[1])
        if not 1 <= n <= count:
            raise InvalidInputError(f"{method} was run for {count} trials", field="n", value=n, limit=f"1 to {count}")


def estimate(values: FloatArray, *, level: float = LEVEL) -> RegretEstimate:
    """The mean of values ``(T,)``, one a task, with its interval of a level.

    Raises:
        InvalidInputError: On no values.
    """
    if len(values) == 0:
        raise InvalidInputError("a mean needs at least one task", field="values")
    means = _resampled_means(values[:, None])[:, 0]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return RegretEstimate(float(values.mean()), float(low), float(high))


def _resampled_means(values: FloatArray) -> FloatArray:
    """Means over resampled tasks: ``(T, N)`` to ``(N_RESAMPLES, N)``; the same resamples for the same T."""
    n_tasks = len(values)
    counts = np.random.default_rng(0).multinomial(n_tasks, np.full(n_tasks, 1.0 / n_tasks), size=N_RESAMPLES)
    means: FloatArray = counts @ values / n_tasks
    return means


def _first_below(aim_and_curve: FloatArray) -> FloatArray:
    """Of rows of an aim and a curve the first trial at which the curve is not above the aim, else one past its end."""
    reached = aim_and_curve[:, 1:] <= aim_and_curve[:, :1] + 1e-12
    first: FloatArray = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, reached.shape[1] + 1.0)
    return first


def _stack(curves: Sequence[FloatArray | None]) -> FloatArray:
    """Curves of equal length as a matrix; NaN for those that aren't there."""
    length = max(len(curve) for curve in curves if curve is not None)
    return np.stack([np.full(length, np.nan) if curve is None else curve for curve in curves])
