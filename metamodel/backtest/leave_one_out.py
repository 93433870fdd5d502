"""Backtest: how good are recommendations on a knowledge base, every task left out once?

    result = backtest(Recording(space, "accuracy", Direction.MAXIMIZE, tasks))

A model is fitted on the other tasks, asked for the left-out one, and given what was recorded there. It is compared with
what needs no knowledge of similar tasks; see `docs/backtest.md`.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import partial

import numpy as np

from metamodel.backtest.records import RecordedTask, RecordedTasks, TargetTable
from metamodel.backtest.replay import Method, Replay, as_replay, expectations, replay_engine, replay_neighbours
from metamodel.backtest.result import Backtest
from metamodel.backtest.stored_folds import StoredFolds, digest_of, found_or_made
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.surrogates import SurrogateFit
from warmtune.vocabulary.errors import InvalidInputError

_NEEDS_MODEL = frozenset({Method.PORTFOLIO, Method.NEIGHBOURS, Method.RECOMMENDED, Method.ADAPTIVE})


class HoldOut(StrEnum):
    """How the target is kept out of the model that is asked for it."""

    TASK = "task"
    """A model for each target, fitted on all others: exact, and as many fits as targets."""

    FOLD = "fold"
    """A model for each fold of targets, fitted on all tasks outside it: a little pessimistic."""

    NEVER = "never"
    """One model of all tasks, asked to exclude the target, as a service does: its trials were in the fit."""


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What to replay.

    Attributes:
        n_trials: Trials of each method.
        methods: Methods to compare; without TPE the backtest takes a fraction of the time.
        refit: How targets are kept out.
        n_folds: Folds with `HoldOut.FOLD`, at most one for each group of tasks.
        n_tpe_trials: Trials of cold TPE and of the expected random draws, where more than `n_trials` are wanted.
        tpe_every: Cold TPE runs on every `tpe_every`-th target only.
        min_spread: Tasks whose recorded scores differ by no more than this are past tasks only, never targets: their
            regret is noise. In the metric's units.
        targets: Only these tasks, by id, are targets; the others are past tasks only. By default any may be.
        max_targets: Only so many targets, a random choice; all tasks stay in the past.
        seed: Of folds, models, random fillings and TPE.
    """

    n_trials: int = 30
    methods: frozenset[Method] = field(default_factory=lambda: frozenset(Method) - {Method.TPE})
    refit: HoldOut = HoldOut.FOLD
    n_folds: int = 10
    n_tpe_trials: int | None = None
    tpe_every: int = 1
    min_spread: float = 0.0
    targets: frozenset[str] | None = None
    max_targets: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On a count below 1 (folds: 2), a negative spread, or no methods.
        """
        least = {"n_trials": 1, "n_folds": 2, "n_tpe_trials": 1, "tpe_every": 1, "max_targets": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise InvalidInputError(f"{name} must be at least {low}", field=name, value=value, limit=f">= {low}")
        if not self.min_spread >= 0.0:
            raise InvalidInputError("min_spread is negative", field="min_spread", value=self.min_spread, limit=">= 0")
        if not self.methods:
            raise InvalidInputError("a backtest needs a method", field="methods")

    def trials_of(self, method: Method) -> int:
        """How many trials the method gets."""
        if method in (Method.TPE, Method.RANDOM, Method.DEFAULT):
            return max(self.n_trials, self.n_tpe_trials or 1)
        return self.n_trials


@dataclass(frozen=True, slots=True)
class BacktestFold:
    """Targets that one model answers for.

    Attributes:
        targets: Positions in the recording's tasks.
        past: Positions of what the model is fitted on.
        with_tpe: Those targets that cold TPE runs on.
    """

    targets: tuple[int, ...]
    past: tuple[int, ...]
    with_tpe: frozenset[int]


def backtest(
    recording: RecordedTasks,
    options: BacktestOptions | None = None,
    *,
    on_fold: Callable[[int, int], None] | None = None,
    surrogate_fit: SurrogateFit | None = None,
    kept: StoredFolds | None = None,
) -> Backtest:
    """Leave every task out once and replay all methods on it.

    Args:
        recording: Tasks, with what was recorded and what the past knows of each.
        options: What to replay.
        on_fold: Called after each fold with the number of folds done and of all.
        surrogate_fit: Learns a surrogate for each fold anew, which then works in place of the empirical prior.
        kept: Folds of an earlier try, of the same engine and surrogate: these are not replayed again. Further folds are
            kept there.

    Raises:
        InvalidInputError: If no task can be a target.
    """
    chosen = options or BacktestOptions()
    folds = plan_folds(recording, chosen)
    asked = "" if kept is None else digest_of(recording, asdict(chosen))
    replays: list[Replay] = []
    for done, fold in enumerate(folds, start=1):
        made = partial(replay_fold, recording, fold, chosen, surrogate_fit)
        replays.extend(made() if kept is None else found_or_made(kept, f"{asked}-{done}", made))
        if on_fold is not None:
            on_fold(done, len(folds))
    return Backtest.of_replays(recording, replays)


def plan_folds(recording: RecordedTasks, options: BacktestOptions) -> list[BacktestFold]:
    """Which targets are left out together; tasks of a group always are.

    Raises:
        InvalidInputError: If no task can be a target, or all tasks are of one group.
    """
    targets = choose_targets(recording, options)
    tpe_targets = frozenset(targets[:: options.tpe_every]) if Method.TPE in options.methods else frozenset()
    everyone = tuple(range(len(recording.tasks)))
    if options.refit is HoldOut.NEVER:
        return [BacktestFold(targets, everyone, tpe_targets)]
    groups: dict[str, list[int]] = {}
    for position, task in enumerate(recording.tasks):
        groups.setdefault(task.left_out_with, []).append(position)
    if len(groups) < 2:
        raise InvalidInputError("all tasks are left out together: nothing is left to learn from", field="tasks")
    names = list(groups)
    n_folds = len(names) if options.refit is HoldOut.TASK else min(options.n_folds, len(names))
    order = np.random.default_rng(options.seed).permutation(len(names))
    folds = []
    for start in range(n_folds):
        left_out = {p for i in order[start::n_folds] for p in groups[names[i]]}
        own = tuple(p for p in targets if p in left_out)
        if own:
            past = tuple(p for p in everyone if p not in left_out)
            folds.append(BacktestFold(own, past, tpe_targets & set(own)))
    return folds


def replay_fold(
    recording: RecordedTasks, fold: BacktestFold, options: BacktestOptions, surrogate_fit: SurrogateFit | None = None
) -> Iterator[Replay]:
    """Fit one model and replay all methods on its targets; folds are independent, so processes may share them out."""
    methods = options.methods
    past = [recording.tasks[position] for position in fold.past]
    model: SpaceModel | None = None
    if methods & _NEEDS_MODEL:
        model = fit_model(
            recording.space,
            [task.past for task in past],
            metric=recording.metric,
            direction=recording.direction,
            seed=options.seed,
            use=None if surrogate_fit is None else surrogate_fit([task.past for task in past]),
        )
    for position in fold.targets:
        target = recording.tasks[position]
        table = TargetTable.of(recording, target)
        rows: dict[Method, list[int]] = {}
        if model is not None:
            hidden = frozenset(t.task_id for t in past if t.left_out_with == target.left_out_with)
            rows |= replay_engine(table, model, methods, exclude=hidden, n_trials=options.n_trials)
            if Method.NEIGHBOURS in methods:
                seen = [t.past for t in past if t.task_id not in hidden]
                rows[Method.NEIGHBOURS] = replay_neighbours(
                    table, seen, model, n_trials=options.n_trials, seed=options.seed
                )
        if position in fold.with_tpe:
            rows[Method.TPE] = _tpe(table, recording, options, seed=options.seed + position)
        curves = expectations(table, methods, n_trials=options.trials_of(Method.RANDOM))
        yield as_replay(table, rows, curves, n_trials={m: options.trials_of(m) for m in rows})


def _tpe(table: TargetTable, recording: RecordedTasks, options: BacktestOptions, *, seed: int) -> list[int]:
    from metamodel.backtest.tpe import cold_tpe  # noqa: PLC0415  # Optuna's samplers take a second to import

    return cold_tpe(table, direction=recording.direction, n_trials=options.trials_of(Method.TPE), seed=seed)


def choose_targets(recording: RecordedTasks, options: BacktestOptions) -> tuple[int, ...]:
    """Positions of the tasks that a backtest leaves out, in their own order: only these can distinguish good from bad.

    Raises:
        InvalidInputError: If no task can be a target.
    """
    able = [i for i, task in enumerate(recording.tasks) if _can_be_target(task, options)]
    if not able:
        raise InvalidInputError(
            "no task has recorded scores that differ enough", field="min_spread", value=options.min_spread
        )
    if options.max_targets is not None and options.max_targets < len(able):
        rng = np.random.default_rng([options.seed, 1])
        able = sorted(int(i) for i in rng.choice(able, size=options.max_targets, replace=False))
    return tuple(able)


def _can_be_target(task: RecordedTask, options: BacktestOptions) -> bool:
    is_meant = options.targets is None or task.task_id in options.targets
    return is_meant and task.spread > options.min_spread
