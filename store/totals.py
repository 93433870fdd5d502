"""What is stored, counted: for overviews."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from store.connections.scope import own, visible
from store.model_keys import ModelKey
from store.tables import studies, trials

_FIRST_TRIALS = 100
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class NameTotal:
    """What was made under one name of a search space, for one kind of task.

    A name may have had other definitions before, and studies over its definition may have been made under no name:
    `SearchSpaceRepository.n_studies` counts by the definition.

    Attributes:
        name: That studies were made under, whatever its definition was then; None for those under no name.
        kind_group: Classification or regression.
        n_studies: All of them.
        n_own_studies: Those that didn't come with the knowledge base.
        n_tasks: Different tasks.
        n_trials: In any state.
    """

    name: str | None
    kind_group: str
    n_studies: int
    n_own_studies: int
    n_tasks: int
    n_trials: int


def totals_by_name(connection: Connection) -> tuple[NameTotal, ...]:
    """Totals by the name that studies were made under, the most trials first."""
    n_own = func.sum(case((studies.c.shipped, 0), else_=1))
    query = select(
        studies.c.search_space_name,
        studies.c.kind_group,
        func.count(),
        n_own,
        func.count(studies.c.task_seq.distinct()),
        func.sum(studies.c.n_trials),
    )
    query = query.where(visible(connection, studies)).group_by(studies.c.search_space_name, studies.c.kind_group)
    found = (NameTotal(*(row[:2]), *(int(n or 0) for n in row[2:])) for row in connection.execute(query))
    return tuple(sorted(found, key=lambda total: (-total.n_trials, total.name or "", total.kind_group)))


@dataclass(frozen=True, slots=True)
class StudySize:
    """How long a study was: its key, its trials, and the mean seconds of its first ones; None if not reported."""

    study_seq: int
    key: ModelKey
    search_space_name: str | None
    n_trials: int
    mean_duration_s: float | None


def own_study_sizes(
    connection: Connection, keys: Collection[ModelKey], *, limit: int, without_label: str
) -> tuple[StudySize, ...]:
    """The newest studies under these keys that were run with this service: neither shipped nor imported.

    Args:
        connection: A reading transaction.
        keys: Which to look for.
        limit: Studies that are read at most.
        without_label: A metadata name that marks imported studies.
    """
    wanted = frozenset(keys)
    query = (
        select(
            studies.c.seq,
            *ModelKey.columns_of(studies),
            studies.c.search_space_name,
            studies.c.n_trials,
            studies.c.metadata,
        )
        .where(own(connection, studies), studies.c.content_key.in_({key.content_key for key in wanted}))
        .order_by(studies.c.seq.desc())
        .limit(limit)
    )
    rows = [
        row
        for row in connection.execute(query).mappings()
        if ModelKey.of_row(row) in wanted and without_label not in row["metadata"]
    ]
    means = _mean_durations(connection, [row["seq"] for row in rows])
    return tuple(
        StudySize(row["seq"], ModelKey.of_row(row), row["search_space_name"], row["n_trials"], means.get(row["seq"]))
        for row in rows
    )


def _mean_durations(connection: Connection, seqs: list[int]) -> Mapping[int, float]:
    """Mean seconds of each study's first trials, so that long studies cost no more than short ones."""
    found: dict[int, float] = {}
    for start in range(0, len(seqs), _CHUNK):
        chosen = and_(trials.c.study_seq.in_(seqs[start : start + _CHUNK]), trials.c.number < _FIRST_TRIALS)
        query = select(trials.c.study_seq, func.avg(trials.c.duration_s)).where(chosen).group_by(trials.c.study_seq)
        found.update({seq: float(mean) for seq, mean in connection.execute(query) if mean is not None})
    return found
