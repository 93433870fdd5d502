"""Versions of a model: what was learned at a refit, how good it was, and whether it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from warmtune.vocabulary.metrics import Direction


class ModelState(StrEnum):
    """What became of a version."""

    CANDIDATE = "candidate"
    """Learned and backtested, not put to use: the refit was asked not to."""

    ACTIVE = "active"
    """Answers; one at most for each search space, kind group, metric and direction."""

    RETIRED = "retired"
    """Answered once."""

    REJECTED = "rejected"
    """Its backtest was worse than that of the version that answered."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A version against the one that answered, on the same tasks with the same recorded trials.

    Attributes:
        other: The other version.
        n_tasks: Tasks that both were replayed on.
        difference: Mean normalised regret of this minus that of the other: above 0 is worse.
        low: Lower end of its 95 % interval over tasks.
        high: Upper end.
        margin: So much worse is accepted.
    """

    other: str
    n_tasks: int
    difference: float
    low: float
    high: float
    margin: float

    @property
    def is_worse(self) -> bool:
        """Whether its mean regret is above the other's by more than the margin; who doubts that can force it."""
        return self.difference > self.margin


@dataclass(frozen=True, slots=True)
class TriedSurrogate:
    """A neural surrogate that a refit has tried in place of the engine's prior.

    Attributes:
        algorithm: Which.
        role: ``maps``, it completes what is known of past tasks; ``suggestions``, it conditions on a study's trials.
        n_tasks: Tasks that both were replayed on.
        difference: Mean normalised regret with it minus without: below 0 is better.
        low: Lower end of its 97.5 % interval over tasks: two roles are tried.
        high: Upper end.
        is_used: Whether it works in the prior's place: the best of those whose whole interval is below 0, or, where an
            algorithm was asked for, its better role.
    """

    algorithm: str
    role: str
    n_tasks: int
    difference: float
    low: float
    high: float
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version as the service stores it.

    Attributes:
        version: Its name; the same trials learned by the same engine have the same.
        search_space_name: The name that the refit was asked under, or None.
        search_space_key: The search space's `content_key`.
        kind_group: ``classification`` or ``regression``.
        metric: What is scored.
        direction: Which way is better.
        state: What became of it.
        pinned: Whether answers are learned from its own trials only, not from those that came in since.
        revision: How often finished trials had come in when it was learned.
        n_tasks: Past tasks that it was learned from.
        n_trials: Their trials.
        comparison: Against the version that answered then; None where there was none, or too few tasks.
        surrogates: Neural surrogates that were tried in place of the engine's prior.
        reason: Why its state is what it is, in a sentence.
        created_at: When it was learned.
    """

    version: str
    search_space_name: str | None
    search_space_key: str
    kind_group: str
    metric: str
    direction: Direction
    state: ModelState
    pinned: bool
    revision: int
    n_tasks: int
    n_trials: int
    comparison: Comparison | None
    surrogates: tuple[TriedSurrogate, ...]
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RegretEstimate:
    """A mean over tasks with its 95 % bootstrap interval (percentiles)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TrialsSaved:
    """How soon the mean regret of adaptive suggestions reaches what another method has after `after` trials.

    Attributes:
        baseline: The other method.
        after: Its trials.
        regret: Its mean regret then, over the tasks that both were run on.
        needed: Trials that suggestions need for that, or None if all of their trials don't reach it.
        low: Lower end of the 95 % bootstrap interval of `needed`.
        high: Upper end; None where the resamples in question don't reach it.
    """

    baseline: str
    after: int
    regret: float
    needed: int | None
    low: int | None
    high: int | None

    @property
    def saved(self) -> int | None:
        """Trials that suggestions save; negative where they are slower."""
        return None if self.needed is None else self.after - self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAnswer:
    """How good recommendations are on the stored studies: every task left out once, its recorded trials looked up.

    Attributes:
        version: The version that was tested.
        search_space: The name that was asked for.
        metric: What was scored.
        direction: Which way is better.
        n_tasks: Tasks that were left out.
        created_at: When the version was learned.
        summary: By method and number of trials, the mean normalised regret: 0 is a task's best recorded score.
        ranks: By number of trials and method, the mean rank.
        trials_saved: Against each other method, at the last number of trials of the summary.
        regret: By method and task, the least regret after 1, 2, ... trials; without tasks that a method was not run on.
    """

    version: str
    search_space: str
    metric: str
    direction: Direction
    n_tasks: int
    created_at: datetime
    summary: Mapping[str, Mapping[int, RegretEstimate]]
    ranks: Mapping[int, Mapping[str, float]]
    trials_saved: tuple[TrialsSaved, ...]
    regret: Mapping[str, Mapping[str, Sequence[float]]]
