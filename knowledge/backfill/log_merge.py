"""From logs of backfills to a knowledge base, and back to what of a plan is done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from knowledge.backfill.jobs import Failure, JobKey, Protocol
from knowledge.backfill.outcome_log import OutcomeRecord
from knowledge.designs.configuration_digest import configuration_digest
from knowledge.pack.base import Details, KnowledgeBase, Status, Table
from warmtune.catalogue import CatalogueEntry, catalogue
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import KNOWN_METRICS
from warmtune.vocabulary.task import Task


@dataclass(frozen=True, slots=True)
class _Cell:
    """One configuration on one task."""

    status: Status
    scores: Mapping[str, float]
    duration_s: float
    folds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: tuple[float, ...] = ()
    peak_mb: float | None = None


@dataclass(slots=True)
class _TableDraft:
    """A table that is being put together; tasks by name."""

    entry: CatalogueEntry
    split: int
    n_folds: int
    is_main: bool
    configurations: dict[str, dict[str, ParameterValue]] = field(default_factory=dict)
    cells: dict[str, dict[str, _Cell]] = field(default_factory=dict)
    max_rows: dict[str, int] = field(default_factory=dict)


def done_in(base: KnowledgeBase) -> set[JobKey]:
    """The evaluations that a knowledge base holds, failed ones among them."""
    names = {task.task_id: task.name for task in base.tasks}
    done = set()
    for table in base.tables:
        keys = [configuration_digest(c) for c in table.configurations]
        for row, column in np.argwhere(table.status != Status.UNTRIED):
            protocol = Protocol(int(table.max_rows[row]), table.split, table.n_folds)
            done.add(JobKey(names[table.task_ids[row]], table.search_space, keys[column], protocol))
    return done


def past_rows(base: KnowledgeBase) -> dict[tuple[str, str], int]:
    """Rows that were used of each dataset in each search space: what is added later must use as many."""
    names = {task.task_id: task.name for task in base.tasks}
    return {
        (names[task_id], table.search_space): int(rows)
        for table in base.main_tables
        for task_id, rows in zip(table.task_ids, table.max_rows, strict=True)
    }


def merge(base: KnowledgeBase, records: Iterable[OutcomeRecord], *, tasks: Iterable[Task]) -> KnowledgeBase:
    """The knowledge base with the outcomes of a log added; what it has already stays as it is.

    Args:
        base: What is known.
        records: Of the log.
        tasks: Descriptions of all datasets that the log names; those of the knowledge base's tasks replace its own.

    Raises:
        InvalidInputError: If a dataset of the log isn't described.
    """
    drafts = _drafts(base)
    described = {task.name: task for task in (*base.tasks, *tasks)}
    for record in records:
        if record.dataset not in described:
            raise InvalidInputError(f"{record.dataset!r} of the log is not described", field="tasks")
        _add(drafts, record)
    tables = [_table(draft, described) for draft in drafts.values() if draft.cells]
    tables.sort(key=lambda table: not table.is_main)
    used = {task_id for table in tables for task_id in table.task_ids}
    kept = [task for task in described.values() if task.task_id in used]
    return KnowledgeBase("", tuple(sorted(kept, key=lambda t: t.name)), tuple(tables), base.facts)


def redescribe(base: KnowledgeBase, tasks: Sequence[Task]) -> KnowledgeBase:
    """The same outcomes under new descriptions, e.g. by another version of the meta-features.

    Tasks are found by their names; those without a new description keep their own.
    """
    new = {task.name: task for task in tasks}
    replaced = {task.task_id: new.get(task.name, task) for task in base.tasks}
    tables = [_renamed(table, {old: task.task_id for old, task in replaced.items()}) for table in base.tables]
    return KnowledgeBase("", tuple(replaced.values()), tuple(tables), base.facts)


def _renamed(table: Table, ids: Mapping[str, str]) -> Table:
    return replace(table, task_ids=tuple(ids[i] for i in table.task_ids))


_Where = tuple[str, bool, int, int, bool]


def _drafts(base: KnowledgeBase) -> dict[_Where, _TableDraft]:
    """The knowledge base's tables as drafts, and an empty one for every other search space, in catalogue order."""
    drafts: dict[_Where, _TableDraft] = {}
    for entry in catalogue():
        drafts[entry.name, _is_of_classes(entry), 0, 3, True] = _TableDraft(entry, 0, 3, True)
    names = {task.task_id: task.name for task in base.tasks}
    for table in base.tables:
        entry = next(e for e in catalogue() if e.name == table.search_space and e.kinds == table.kinds)
        where = (entry.name, _is_of_classes(entry), table.split, table.n_folds, table.is_main)
        draft = drafts.setdefault(where, _TableDraft(entry, table.split, table.n_folds, table.is_main))
        draft.configurations |= {configuration_digest(c): c for c in table.configurations}
        draft.max_rows |= {names[i]: int(rows) for i, rows in zip(table.task_ids, table.max_rows, strict=True)}
        for name, key, cell in _cells(table, names):
            draft.cells.setdefault(name, {})[key] = cell
    return drafts


def _is_of_classes(entry: CatalogueEntry) -> bool:
    return any(kind.is_classification for kind in entry.kinds)


def _cells(table: Table, names: Mapping[str, str]) -> Iterator[tuple[str, str, _Cell]]:
    keys = [configuration_digest(c) for c in table.configurations]
    details = table.details
    for row, column in np.argwhere(table.status != Status.UNTRIED):
        at = (int(row), int(column))
        folds: dict[str, tuple[float, ...]] = {}
        seconds: tuple[float, ...] = ()
        peak = None
        if details is not None:
            folds = {m: tuple(map(float, f[at])) for m, f in details.folds.items() if not np.isnan(f[at]).any()}
            seconds = tuple(map(float, details.seconds[at])) if not np.isnan(details.seconds[at]).any() else ()
            peak = None if np.isnan(details.peak_mb[at]) else float(details.peak_mb[at])
        scores = {m: float(s[at]) for m, s in table.scores.items() if not np.isnan(s[at])}
        cell = _Cell(Status(int(table.status[at])), scores, float(table.durations_s[at]), folds, seconds, peak)
        yield names[table.task_ids[row]], keys[column], cell


def _add(drafts: dict[_Where, _TableDraft], record: OutcomeRecord) -> None:
    entry = next(e for e in catalogue() if e.name == record.search_space and record.kind in e.kinds)
    protocol, of_classes = record.protocol, record.kind.is_classification
    main = drafts[entry.name, of_classes, 0, 3, True]
    is_main = (
        protocol.split == main.split
        and protocol.n_folds == main.n_folds
        and main.max_rows.setdefault(record.dataset, protocol.max_rows) == protocol.max_rows
    )
    draft = main
    if not is_main:
        where = (entry.name, of_classes, protocol.split, protocol.n_folds, False)
        draft = drafts.setdefault(where, _TableDraft(entry, protocol.split, protocol.n_folds, False))
        if draft.max_rows.setdefault(record.dataset, protocol.max_rows) != protocol.max_rows:
            raise InvalidInputError(
                f"{record.dataset} has a third number of rows in {entry.name}", field="log", value=protocol.max_rows
            )
    key = configuration_digest(record.configuration)
    draft.configurations.setdefault(key, record.configuration)
    draft.cells.setdefault(record.dataset, {}).setdefault(key, _cell(record))


def _cell(record: OutcomeRecord) -> _Cell:
    result = record.result
    if isinstance(result, Failure):
        return _Cell(Status[result.kind.name], {}, record.elapsed_s)
    return _Cell(Status.DONE, result.scores, result.duration_s, result.folds, result.seconds, result.peak_mb)


def _table(draft: _TableDraft, described: Mapping[str, Task]) -> Table:
    names = sorted(draft.cells)
    keys = _in_order(draft)
    shape = (len(names), len(keys))
    found = {m for cells in draft.cells.values() for cell in cells.values() for m in cell.scores}
    metrics = [m for m in KNOWN_METRICS if m in found]
    status = np.zeros(shape, np.uint8)
    durations, peaks = np.full(shape, np.nan), np.full(shape, np.nan)
    scores = {m: np.full(shape, np.nan) for m in metrics}
    folds = {m: np.full((*shape, draft.n_folds), np.nan) for m in metrics}
    seconds = np.full((*shape, draft.n_folds), np.nan)
    column_of = {key: i for i, key in enumerate(keys)}
    for row, name in enumerate(names):
        for key, cell in draft.cells[name].items():
            at = (row, column_of[key])
            status[at], durations[at] = cell.status, cell.duration_s
            peaks[at] = np.nan if cell.peak_mb is None else cell.peak_mb
            if cell.seconds:
                seconds[at] = cell.seconds
            for metric, value in cell.scores.items():
                scores[metric][at] = value
            for metric, values in cell.folds.items():
                folds[metric][at] = values
    return Table(
        search_space=draft.entry.name,
        kinds=draft.entry.kinds,
        task_ids=tuple(described[name].task_id for name in names),
        configurations=tuple(draft.configurations[key] for key in keys),
        scores=scores,
        durations_s=durations,
        status=status,
        max_rows=np.array([draft.max_rows[name] for name in names], dtype=np.int64),
        split=draft.split,
        n_folds=draft.n_folds,
        is_main=draft.is_main,
        details=Details(folds, seconds, peaks),
    )


def _in_order(draft: _TableDraft) -> list[str]:
    """Configurations as they were added, but the default before all."""
    default = draft.entry.space.default_configuration()
    first = None if default is None else configuration_digest(default)
    return sorted(draft.configurations, key=lambda key: key != first)


def evaluations(table: Table) -> int:
    """Configurations that were evaluated on tasks, failed ones among them."""
    return int((table.status != Status.UNTRIED).sum())
