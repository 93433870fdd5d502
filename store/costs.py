"""What trials have cost, and how many failed: for overviews."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, case, func, select

from store.connections.scope import own
from store.sums import bounded_sum
from store.tables import studies, trials
from warmtune.vocabulary.trial import TrialState

MAX_STUDIES: Final = 1_000


@dataclass(frozen=True, slots=True)
class SpaceCost:
    """The trials of one search space in a workspace's own studies.

    Attributes:
        name: The registered name, or None for studies over spaces of their own.
        metric: What was scored.
        n_studies: Studies.
        n_trials: Trials in any state.
        n_failed: Those that failed.
        n_pruned: Those that were stopped early.
        duration_s: Seconds of all together, as far as they are known.
        failed_duration_s: Seconds of those that failed.
        longest_s: Of one trial; None if not reported.
    """

    name: str | None
    metric: str
    n_studies: int
    n_trials: int
    n_failed: int
    n_pruned: int
    duration_s: float
    failed_duration_s: float
    longest_s: float | None


def costs_by_space(connection: Connection) -> tuple[SpaceCost, ...]:
    """Costs of the newest own studies, `MAX_STUDIES` at most, the dearest search space first."""
    newest = (
        select(studies.c.seq)
        .where(own(connection, studies), ~studies.c.shipped)
        .order_by(studies.c.seq.desc())
        .limit(MAX_STUDIES)
        .subquery()
    )
    failed = trials.c.state == TrialState.FAIL.value
    seconds = func.coalesce(trials.c.duration_s, 0.0)
    query = (
        select(
            studies.c.search_space_name,
            studies.c.metric,
            func.count(studies.c.seq.distinct()),
            func.count(),
            func.sum(case((failed, 1), else_=0)),
            func.sum(case((trials.c.state == TrialState.PRUNED.value, 1), else_=0)),
            bounded_sum(seconds),
            bounded_sum(case((failed, seconds), else_=0.0)),
            func.max(trials.c.duration_s),
        )
        .join_from(studies, trials)
        .where(own(connection, studies), studies.c.seq.in_(select(newest.c.seq)))
        .group_by(studies.c.search_space_name, studies.c.metric)
    )
    found = [SpaceCost(*row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda cost: -cost.duration_s))
