"""Replaying one target: every method proposes, the recorded table answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from metamodel.backtest.baselines import (
    best_so_far,
    default_then_random,
    expected_random,
    neighbours_best,
    rows_of_batch,
    static_portfolio,
)
from metamodel.backtest.records import TargetTable
from metamodel.engine import SpaceModel
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial
from warmtune.vocabulary.work import check_wanted


class Method(StrEnum):
    """What proposes configurations; the last two are the engine's."""

    RANDOM = "random"
    DEFAULT = "default"
    TPE = "cold TPE"
    NEIGHBOURS = "neighbours' best"
    PORTFOLIO = "static portfolio"
    RECOMMENDED = "recommended"
    ADAPTIVE = "adaptive"

    @property
    def is_engines(self) -> bool:
        """Whether the engine proposes."""
        return self in (Method.RECOMMENDED, Method.ADAPTIVE)


class Advisor(Protocol):
    """Proposes for one target: a model in this process, or a service."""

    def recommend(self, n: int) -> Sequence[Configuration]:
        """The ordered batch for a task without trials, `n` at most."""

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        """The next configuration after these trials; None if the space has no further one."""


@dataclass(frozen=True, slots=True)
class ModelAdvisor:
    """Asks a model as the service does: one configuration at a time, seeded by the number of trials.

    Attributes:
        model: Fitted on past tasks.
        meta_features: Of the target.
        exclude: Tasks that must not speak.
    """

    model: SpaceModel
    meta_features: MetaFeatures
    exclude: frozenset[str] = frozenset()

    def recommend(self, n: int) -> Sequence[Configuration]:
        """See `Advisor`."""
        answer = self.model.recommend(self.meta_features, n=n, exclude=self.exclude)
        return [ranked.configuration for ranked in answer.configurations]

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        """See `Advisor`."""
        answer = self.model.suggest(self.meta_features, trials, n=1, exclude=self.exclude, seed=len(trials))
        return answer.configurations[0].configuration if answer.configurations else None


@dataclass(frozen=True, slots=True)
class Replay:
    """How one target went.

    Attributes:
        task_id: The target.
        regret: By method, shape ``(n_trials,)``: least regret so far (an expectation for random draws).
        rows: By method, the recorded configurations that were tried, in order; none for expectations.
    """

    task_id: str
    regret: Mapping[Method, FloatArray]
    rows: Mapping[Method, tuple[int, ...]]


def replay_adaptive(table: TargetTable, advisor: Advisor, *, n_trials: int, n_first: int = 1) -> list[int]:
    """Rows that the engine tries when it gets every outcome, in the metric's own units.

    The first `n_first` come from its recommendation, each further one from a suggestion after all trials so far. What
    is not recorded is replaced by the nearest recorded configuration not tried yet, and reported as that one.
    """
    is_open = np.ones(table.n_configurations, dtype=bool)
    batch = list(advisor.recommend(n_first))
    rows: list[int] = []
    trials: list[Trial] = []
    while len(rows) < min(n_trials, table.n_configurations):
        check_wanted()
        asked = batch[len(rows)] if len(rows) < len(batch) else advisor.suggest(trials)
        row = int(np.flatnonzero(is_open)[0]) if asked is None else table.nearest(asked, among=is_open)
        trials.append(table.trial(row, number=len(rows)))
        rows.append(row)
        is_open[row] = False
    return rows


def replay_engine(
    table: TargetTable, model: SpaceModel, methods: Collection[Method], *, exclude: frozenset[str], n_trials: int
) -> dict[Method, list[int]]:
    """Rows of the methods that need a fitted model: static portfolio, recommended, adaptive.

    Args:
        table: Of the target.
        model: Fitted on past tasks.
        methods: Which of them.
        exclude: Past tasks that must not speak.
        n_trials: Rows of each.
    """
    advisor = ModelAdvisor(model, table.history.task.meta_features, exclude)
    rows: dict[Method, list[int]] = {}
    if Method.PORTFOLIO in methods:
        uniform = model.weigh(None, exclude).uniform
        portfolio = static_portfolio(model, uniform, n=n_trials)
        rows[Method.PORTFOLIO] = rows_of_batch(table, portfolio, n_trials=n_trials, seed=0)
    if Method.RECOMMENDED in methods:
        batch = advisor.recommend(n_trials)
        rows[Method.RECOMMENDED] = rows_of_batch(table, batch, n_trials=n_trials, seed=0)
    if Method.ADAPTIVE in methods:
        rows[Method.ADAPTIVE] = replay_adaptive(table, advisor, n_trials=n_trials)
    return rows


def replay_neighbours(
    table: TargetTable, past: Sequence[TaskHistory], model: SpaceModel, *, n_trials: int, seed: int
) -> list[int]:
    """Rows of the nearest tasks' best configurations, then random ones."""
    batch = neighbours_best(past, table.history.task.meta_features, direction=model.direction)
    return rows_of_batch(table, batch, n_trials=n_trials, seed=seed)


def expectations(table: TargetTable, methods: Collection[Method], *, n_trials: int) -> dict[Method, FloatArray]:
    """Exact expected curves of random search and of the default followed by it; none of a space without default."""
    curves: dict[Method, FloatArray] = {}
    if Method.RANDOM in methods:
        curves[Method.RANDOM] = expected_random(table.regret, n_trials=n_trials)
    default = table.cube.space.default_configuration()
    if Method.DEFAULT in methods and default is not None:
        curves[Method.DEFAULT] = default_then_random(table.regret, table.nearest(default), n_trials=n_trials)
    return curves


def as_replay(
    table: TargetTable,
    rows: Mapping[Method, Sequence[int]],
    curves: Mapping[Method, FloatArray],
    *,
    n_trials: Mapping[Method, int],
) -> Replay:
    """Rows looked up, beside the expected curves."""
    looked_up = {m: best_so_far(table.regret, picked, n_trials=n_trials[m]) for m, picked in rows.items()}
    tried = {method: tuple(picked) for method, picked in rows.items()}
    return Replay(table.history.task.task_id, {**curves, **looked_up}, tried)
