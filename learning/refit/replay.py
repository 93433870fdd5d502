"""The backtest of a refit: stored tasks left out, their own recorded trials looked up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from learning.engine_surrogates import EngineSurrogateFit
from learning.limits import RefitLimits
from learning.material import Material
from learning.refit.stored_results import StoredResults
from metamodel.backtest.leave_one_out import BacktestOptions, backtest, choose_targets
from metamodel.backtest.records import RecordedTask, RecordedTasks
from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest
from metamodel.embedding.near_copies import groups_of_copies
from metamodel.maps.history import TaskHistory
from store.model_keys import ModelKey

MIN_RECORDED: Final = 5
"""A task with fewer recorded trials is no target: there is nothing to choose from."""

TPE_EVERY: Final = 2
"""Cold TPE runs on every second target: it takes most of the time."""

EVERYTHING: Final = frozenset(Method)
JUDGED: Final = frozenset({Method.ADAPTIVE})
ENGINES: Final = frozenset({Method.ADAPTIVE, Method.RECOMMENDED, Method.PORTFOLIO})
"""What rests on the past tasks' maps."""


@dataclass(frozen=True, slots=True)
class ReplayInputs:
    """What is replayed: the targets, and what is looked up on them.

    A task's table is what was tried on it, few trials or many: a configuration that was not is answered by the nearest
    that was. The table is the same whatever a version knows, so that two versions are measured alike.

    Attributes:
        key: Of the model.
        truth: All trials there are now. Targets are the tasks with `MIN_RECORDED` scores over the asked space itself.
        limits: How many targets, folds and trials.
        kept: Where folds are kept, so that an interrupted refit goes on; None if they are not.
    """

    key: ModelKey
    truth: Material
    limits: RefitLimits
    kept: StoredResults | None = None

    @property
    def targets(self) -> frozenset[str]:
        """Tasks that can be left out, by id."""
        return frozenset(h.task.task_id for h in self.truth.own if _can_be_left_out(h))

    def run(
        self,
        known: Material,
        methods: frozenset[Method],
        *,
        on_fold: Callable[[int, int], None],
        surrogate_fit: EngineSurrogateFit | None = None,
    ) -> Backtest | None:
        """Replay methods that have learned from what is known; None where fewer than two tasks can be left out.

        Args:
            known: What is learned from.
            methods: Which.
            on_fold: Called after each fold.
            surrogate_fit: Learns what suggests in place of the engine's prior.
        """
        if len(self.targets) < 2:
            return None
        past = {history.task.task_id: history for history in known.histories}
        tasks = tuple(RecordedTask(h, past.get(h.task.task_id, _nothing_of(h))) for h in self.truth.histories)
        options = BacktestOptions(
            n_trials=self.limits.backtest_trials,
            methods=methods,
            n_folds=self.limits.backtest_folds,
            tpe_every=TPE_EVERY,
            targets=self.targets,
            max_targets=self.limits.backtest_targets,
        )
        recording = _with_copies_together(
            RecordedTasks(self.truth.space, self.key.metric, self.key.direction, tasks), options
        )
        kept = self.kept if self.kept is None or surrogate_fit is None else self.kept.by(surrogate_fit.name)
        return backtest(recording, options, on_fold=on_fold, surrogate_fit=surrogate_fit, kept=kept)


def _with_copies_together(recording: RecordedTasks, options: BacktestOptions) -> RecordedTasks:
    """Near copies of a target are left out with it, or its own scores would answer for it."""
    chosen = frozenset(recording.tasks[position].task_id for position in choose_targets(recording, options))
    groups = groups_of_copies([task.truth.task for task in recording.tasks], of=chosen)
    if len({groups.get(task.task_id, task.task_id) for task in recording.tasks}) < 2:
        return recording  # one table in many versions: they are all there is to learn from
    tasks = tuple(replace(task, group=groups.get(task.task_id)) for task in recording.tasks)
    return replace(recording, tasks=tasks)


def _can_be_left_out(history: TaskHistory) -> bool:
    scores = history.scores[~np.isnan(history.scores)]
    return len(scores) >= MIN_RECORDED and bool(scores.max() > scores.min())


def _nothing_of(history: TaskHistory) -> TaskHistory:
    """A task that was not known then."""
    return TaskHistory(history.task, (), np.zeros(0), np.zeros(0))
