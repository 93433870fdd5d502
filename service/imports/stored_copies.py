"""Studies of an import that are stored already, from another file or under another metric, by what their trials are."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from knowledge.importers.run_content import (
    RunContent,
    SameBy,
    has_results,
    have_configurations_in_common,
    identity_mark,
    runs_of_rows,
    same_runs,
)
from knowledge.importers.values import ConvertedStudy
from service.provenance import IMPORT_LABEL
from store.connections.database import Connection
from store.imports import ImportRepository
from store.run_marks import RunMarkRepository
from store.studies import StoredStudy, StudyRepository
from store.trial_rows import TrialRow
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.objectives import Objective

_CANDIDATES: Final = 8
"""So many stored studies are compared with one that comes in: those with the most and rarest marks in common."""
_MOST_HOLDERS: Final = 500
"""A mark that more studies have (a rounded score with a common category) identifies nothing, and reading is slow."""
_UNNAMED: Final = frozenset({"objective", "value", "score"})
"""What formats without a name for the metric call it."""


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A stored study that has the runs of one that comes in.

    Attributes:
        study: The stored one.
        rows: Its trials, by number.
        same_by: What the two agree in; None where only the source says that they are one.
        is_grown: Whether the one that comes in has more of them.
        is_whole: Whether the one that comes in has all of them.
    """

    study: StoredStudy
    rows: Mapping[int, TrialRow]
    same_by: SameBy | None
    is_grown: bool = False
    is_whole: bool = False

    def is_filed_as(self, study: ConvertedStudy) -> bool:
        """Whether metrics and directions are the same, as far as the one that comes in has names for them.

        A format that holds some of the objectives only adds nothing to what is stored.
        """
        mine, theirs = objectives_of(study), self.study.objectives
        if self.same_by is not SameBy.VALUES:
            return False
        if len(mine) < len(theirs):
            return not self.is_grown and set(mine) <= set(theirs)
        if len(mine) > len(theirs):
            return False
        return all(
            one.direction is other.direction and (one.metric == other.metric or one.metric in _UNNAMED)
            for one, other in zip(mine, theirs, strict=True)
        )


def objectives_of(study: ConvertedStudy) -> tuple[Objective, ...]:
    """All objectives, in their order."""
    return (Objective(study.metric, study.direction), *study.further)


class StoredCopies:
    """Finds the stored studies that an import brings again."""

    def __init__(self, record: ImportRecord) -> None:
        """Look for what other imports have stored: within one source, equal studies are taken as its own."""
        self._record = record
        self._own: set[str] = set()

    def find(self, connection: Connection, studies: Sequence[ConvertedStudy]) -> dict[int, StoredCopy]:
        """By its place: the stored study that has its runs, of those that there is one of."""
        having = RunMarkRepository(connection).having(
            [mark for study in studies for mark in study.marks], most=_MOST_HOLDERS
        )
        found = {}
        for place, study in enumerate(studies) if having else ():
            if (copy := self._copy_of(connection, study, having)) is not None:
                found[place] = copy
        return found

    def _copy_of(
        self, connection: Connection, study: ConvertedStudy, having: Mapping[int, Sequence[str]]
    ) -> StoredCopy | None:
        same_source = set(having.get(identity_mark(study.identity), ()))
        weights: dict[str, float] = {}
        for holders in (having.get(mark, ()) for mark in study.marks):
            for study_id in holders:
                weights[study_id] = weights.get(study_id, 0.0) + math.log(2 * _MOST_HOLDERS / len(holders))
        order = sorted(weights, key=lambda study_id: (study_id not in same_source, -weights[study_id]))
        mine = runs_of_rows(study.rows) if order else []
        for stored in islice(self._of_others(connection, order), _CANDIDATES):
            study_id = stored.study_id
            rows = ImportRepository(connection).trials_of(stored)
            copy = _compared(study, mine, StoredCopy(stored, rows, same_by=None))
            if copy is not None:
                return copy
            if study_id in same_source and have_configurations_in_common(mine, runs_of_rows(rows.values())):
                return StoredCopy(stored, rows, same_by=None)
        return None

    def _of_others(self, connection: Connection, study_ids: Iterable[str]) -> Iterator[StoredStudy]:
        """Those that other imports have stored; the import's own are read once."""
        for study_id in study_ids:
            if study_id in self._own:
                continue
            stored = StudyRepository(connection).get(study_id)
            if stored.metadata.get(IMPORT_LABEL) == self._record.import_id:
                self._own.add(study_id)
            else:
                yield stored


def _compared(study: ConvertedStudy, mine: Sequence[RunContent], copy: StoredCopy) -> StoredCopy | None:
    theirs = runs_of_rows(copy.rows.values())
    is_same_task = copy.study.task_name == study.task_name or copy.study.task_id == study.task.task_id
    if (same_by := same_runs(mine, theirs, is_same_task=is_same_task)) is not None:
        return replace(copy, same_by=same_by, is_whole=len(mine) >= len(theirs))
    if not has_results(theirs):  # few trials with few results may be the beginning of anything
        return None
    same_by = same_runs(theirs, mine, is_same_task=is_same_task)
    return None if same_by is None else replace(copy, same_by=same_by, is_grown=True, is_whole=True)
