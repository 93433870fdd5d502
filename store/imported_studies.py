"""New studies of an import, written many at a time: statements by batch, not by study."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from store.connections.scope import own, owner_of
from store.model_keys import ModelKey
from store.new_trials import insert_rows
from store.revisions import advance_all, revision_of
from store.studies import NewStudy
from store.tables import studies
from store.trial_rows import TrialRow, violation_of
from warmtune.vocabulary.metric_ranges import is_impossible
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState
from warmtune.vocabulary.work import while_wanted

_IDS: Final = 500  # in one question
_FINISHED: Final = frozenset(state.value for state in TrialState if state.is_finished)


@dataclass(frozen=True, slots=True)
class WholeStudy:
    """A study with its trials, as they are stored.

    Attributes:
        new: The study.
        rows: Its trials.
        marks: By which its runs are found when they come in another format; see `store.run_marks`.
    """

    new: NewStudy
    rows: Sequence[TrialRow]
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyTrials:
    """Trials that a stored study doesn't have yet; its keys are those of its objectives, in their order."""

    study_seq: int
    keys: tuple[ModelKey, ...]
    rows: Sequence[TrialRow]


def insert_studies(connection: Connection, given: Sequence[WholeStudy]) -> tuple[int, ...]:
    """Store studies that aren't there, with their totals and trials; their order numbers, in the same order."""
    if not given:
        return ()
    now = datetime.now(UTC)
    connection.execute(insert(studies), [{**owner_of(connection), **_row(study), "created_at": now} for study in given])
    seqs = study_seqs(connection, [study.new.study_id for study in given])
    stored = tuple(seqs[study.new.study_id] for study in given)
    insert_trials(
        connection,
        [StudyTrials(seq, study.new.keys, study.rows) for seq, study in zip(stored, given, strict=True)],
    )
    return stored


def study_seqs(connection: Connection, study_ids: Sequence[str]) -> dict[str, int]:
    """The order numbers of the workspace's own studies with these identifiers, of those that there are."""
    found: dict[str, int] = {}
    for start in range(0, len(study_ids), _IDS):
        some = study_ids[start : start + _IDS]
        query = select(studies.c.study_id, studies.c.seq).where(studies.c.study_id.in_(some), own(connection, studies))
        found.update((row.study_id, row.seq) for row in connection.execute(query))
    return found


def insert_trials(connection: Connection, given: Sequence[StudyTrials]) -> None:
    """Store trials that aren't there; the keys of studies with finished ones among them move on."""
    moving = [study for study in given if any(row[1] in _FINISHED for row in study.rows)]
    advance_all(connection, {key for study in moving for key in study.keys})
    revisions = {key: revision_of(connection, key) for key in {study.keys[0] for study in given}}
    insert_rows(
        connection,
        (
            (study.study_seq, *row, violation_of(row), revisions[study.keys[0]] if row[1] in _FINISHED else None)
            for study in given
            for row in while_wanted(study.rows)
        ),
    )


def number_ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as ranges, each from its first to its last."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def _row(study: WholeStudy) -> dict[str, object]:
    new = study.new
    complete = [
        row[2]
        for row in study.rows
        if row[1] == TrialState.COMPLETE.value
        and row[2] is not None
        and not violation_of(row)
        and not is_impossible(new.key.metric, row[2])
    ]
    best = max if new.key.direction is Direction.MAXIMIZE else min
    return {**new.columns(), "n_trials": len(study.rows), "best_value": best(complete, default=None)}
