"""Loading a knowledge base into the database, once per version, as one transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice, repeat
from typing import NamedTuple, Self

from sqlalchemy import Connection, delete, func, insert, select, update

from store.connections.scope import COLUMN, SHIPPED, everywhere, own, within
from store.model_keys import KindGroup, ModelKey
from store.model_snapshots import forget_all
from store.revisions import advance_all
from store.tables import knowledge_bases, studies, tasks, trials
from store.tasks import TaskRepository
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.trial import TrialState

_CHUNK = 10_000
_COMPLETE, _FAILED = TrialState.COMPLETE.value, TrialState.FAIL.value
_INSERT_TRIAL = (
    "INSERT INTO trials (study_seq, number, state, value, duration_s, params, intermediate_values) "
    "VALUES (?, ?, ?, ?, ?, ?, NULL)"
)
_COPY_TRIALS = "COPY trials (study_seq, number, state, value, duration_s, params) FROM STDIN"

TrialRow = tuple[int, int, str, float | None, float | None, str]


class ShippedTrials(NamedTuple):
    """Finished trials of a study, valid in its search space, as columns: there are hundreds of thousands at a start.

    Attributes:
        numbers: Of each.
        configurations: Of each; studies best share the sequence itself, which is then encoded once.
        values: Finite, or None where the trial failed.
        durations_s: Seconds, or None.
    """

    numbers: Sequence[int]
    configurations: Sequence[Configuration]
    values: Sequence[float | None]
    durations_s: Sequence[float | None]

    @classmethod
    def of(cls, trials: Iterable[tuple[int, Configuration, float | None, float | None]]) -> Self:
        """From one tuple a trial, in the order of the columns."""
        numbers, configurations, values, durations_s = zip(*trials, strict=True)
        return cls(numbers, configurations, values, durations_s)


@dataclass(frozen=True, slots=True)
class ShippedStudy:
    """A study of a knowledge base.

    Attributes:
        study_id: Unique and the same in every installation.
        task_id: One of the knowledge base's tasks.
        space_id: Identifier of a stored search space.
        search_space_name: Its registered name.
        key: What it can be compared under.
        trials: All its trials.
        metadata: Where it is from.
    """

    study_id: str
    task_id: str
    space_id: str
    search_space_name: str
    key: ModelKey
    trials: ShippedTrials
    metadata: Mapping[str, str] = field(default_factory=dict)


def loaded_version(connection: Connection) -> str | None:
    """The version of the knowledge base that is loaded, or None."""
    return connection.execute(select(knowledge_bases.c.version)).scalar()


class LoadedDefinition(NamedTuple):
    """Which definition the loaded studies of a name are stored under."""

    name: str
    kind_group: KindGroup
    space_id: str


def loaded_definitions(connection: Connection) -> frozenset[LoadedDefinition]:
    """All definitions that the loaded knowledge base's studies are stored under; any connection will do."""
    query = (
        select(studies.c.search_space_name, studies.c.kind_group, studies.c.space_id)
        .where(studies.c[COLUMN] == SHIPPED.seq)
        .distinct()
    )
    return frozenset(
        LoadedDefinition(row[0], KindGroup(row[1]), row[2]) for row in connection.execute(everywhere(query))
    )


def loaded_descriptions(connection: Connection) -> dict[str, int]:
    """How many of the loaded tasks there are of each version of the meta-features; any connection will do."""
    query = select(tasks.c.version, func.count()).where(tasks.c[COLUMN] == SHIPPED.seq).group_by(tasks.c.version)
    return {row[0]: row[1] for row in connection.execute(everywhere(query))}


def replace_shipped(
    connection: Connection, version: str, new_tasks: Sequence[Task], new_studies: Sequence[ShippedStudy]
) -> None:
    """Put a knowledge base in the place of the one that is loaded, if any; users' own studies stay as they are.

    Args:
        connection: Writing, of any workspace: it is bound to the shipped data until the transaction ends.
        version: Of the knowledge base.
        new_tasks: Its tasks. One that a workspace has stored by itself is the shipped one from now on.
        new_studies: Its studies.
    """
    within(connection, SHIPPED)
    touched = _drop_shipped(connection)
    task_seqs = TaskRepository(connection).keep_new(new_tasks)
    _leave_dropped(connection, task_seqs)
    _adopt(connection, task_seqs)
    now = datetime.now(UTC)
    rows = [_study_row(study, task_seqs[study.task_id], now) for study in new_studies]
    if rows:
        connection.execute(insert(studies), rows)
    found = connection.execute(select(studies.c.study_id, studies.c.seq).where(own(connection, studies)))
    _insert_trials(connection, _trial_rows(new_studies, {row[0]: row[1] for row in found}))
    advance_all(connection, touched | {study.key for study in new_studies})
    forget_all(connection)
    connection.execute(delete(knowledge_bases))
    connection.execute(insert(knowledge_bases).values(version=version, loaded_at=now))


def _drop_shipped(connection: Connection) -> set[ModelKey]:
    mine = own(connection, studies)
    shipped = select(studies.c.seq).where(mine)
    query = select(*ModelKey.columns_of(studies)).where(mine).distinct()
    keys = {ModelKey.of_row(row) for row in connection.execute(query).mappings()}
    connection.execute(delete(trials).where(trials.c.study_seq.in_(shipped)))
    connection.execute(delete(studies).where(mine))
    return keys


def _leave_dropped(connection: Connection, current: Mapping[str, int]) -> None:
    """Tasks that ship no more: who has studies of one gets it as a task of its own, and nobody else learns of that."""
    known = select(tasks.c.seq, tasks.c.task_id).where(own(connection, tasks))
    dropped = [row.seq for row in connection.execute(known) if row.task_id not in current]
    for seq in dropped:
        users = select(studies.c[COLUMN]).where(studies.c.task_seq == seq).distinct()
        for user in connection.execute(everywhere(users)).scalars().all():
            task = dict(
                connection.execute(select(tasks).where(tasks.c.seq == seq, own(connection, tasks))).mappings().one()
            )
            del task["seq"]
            copied = insert(tasks).values(task | {COLUMN: user, "shipped": False}).returning(tasks.c.seq)
            _repoint(connection, seq, connection.execute(everywhere(copied)).scalar_one(), user=user)
        connection.execute(delete(tasks).where(tasks.c.seq == seq, own(connection, tasks)))


def _adopt(connection: Connection, current: Mapping[str, int]) -> None:
    """Tasks that a workspace has stored and that ship now are one: its studies are of the shipped one."""
    stored = select(tasks.c.seq, tasks.c.task_id, tasks.c[COLUMN]).where(tasks.c[COLUMN] != SHIPPED.seq)
    for seq, task_id, owner in connection.execute(everywhere(stored)).all():
        if task_id in current:
            _repoint(connection, seq, current[task_id], user=owner)
            connection.execute(everywhere(delete(tasks).where(tasks.c.seq == seq)))


def _repoint(connection: Connection, old: int, new: int, *, user: int) -> None:
    theirs = (studies.c.task_seq == old) & (studies.c[COLUMN] == user)
    connection.execute(everywhere(update(studies).where(theirs).values(task_seq=new)))


def _study_row(study: ShippedStudy, task_seq: int, now: datetime) -> dict[str, object]:
    values = [value for value in study.trials.values if value is not None]
    best = max if study.key.direction is Direction.MAXIMIZE else min
    return {
        COLUMN: SHIPPED.seq,
        "study_id": study.study_id,
        "task_seq": task_seq,
        "space_id": study.space_id,
        "search_space_name": study.search_space_name,
        **study.key.columns(),
        "name": None,
        "metadata": dict(study.metadata),
        "shipped": True,
        "n_trials": len(study.trials.numbers),
        "best_value": best(values, default=None),
        "created_at": now,
    }


def _trial_rows(new_studies: Iterable[ShippedStudy], seqs: Mapping[str, int]) -> Iterator[TrialRow]:
    """Without a step of Python for each: it would take longer than the database does."""
    texts = _Texts()
    return chain.from_iterable(
        zip(
            repeat(seqs[study.study_id]),
            study.trials.numbers,
            [_FAILED if value is None else _COMPLETE for value in study.trials.values],
            study.trials.values,
            study.trials.durations_s,
            texts.of(study.trials.configurations),
            strict=False,  # the first has no end
        )
        for study in new_studies
    )


class _Texts:
    """Configurations as they are stored; each sequence is encoded once, and so is each configuration."""

    def __init__(self) -> None:
        self._encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode  # twice as fast as dumps
        self._one: dict[int, str] = {}  # by identity: tasks share configurations, and the studies of a task all of them
        self._all: dict[int, list[str]] = {}

    def of(self, configurations: Sequence[Configuration]) -> list[str]:
        """Of each; the sequence has to outlive this object."""
        known = self._all.get(id(configurations))
        if known is None:
            known = self._all[id(configurations)] = [self._text(one) for one in configurations]
        return known

    def _text(self, configuration: Configuration) -> str:
        known = self._one.get(id(configuration))
        if known is None:
            known = self._one[id(configuration)] = self._encode(dict(configuration))
        return known


def _insert_trials(connection: Connection, rows: Iterator[TrialRow]) -> None:
    """Past SQLAlchemy's per-value processing, which would take most of a first start's time."""
    if connection.dialect.name == "sqlite":
        while chunk := list(islice(rows, _CHUNK)):
            connection.exec_driver_sql(_INSERT_TRIAL, chunk)
        return
    from store.connections.postgres import copy_rows  # noqa: PLC0415  # its driver takes 0.15 s that SQLite's users need not wait

    copy_rows(connection, _COPY_TRIALS, rows)
