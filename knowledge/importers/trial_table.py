"""Any table of trials (CSV, Parquet, Arrow, JSON records): columns by guessed and given roles, rows as trials."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from knowledge.importers.json_cells import unfolded
from knowledge.importers.options import ImportOptions
from knowledge.importers.other_tools import refuse_columns, refuse_vectors
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.report_rows import merged
from knowledge.importers.roles import Roles, roles_of
from knowledge.importers.study_conversion import plain_value
from knowledge.importers.trial_cells import (
    UnreadCells,
    constraints_of,
    direction_of,
    directions_in,
    number_in,
    whole_in,
)
from knowledge.importers.two_headers import plain_names, with_one_header
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial_columns import are_of_trials
from warmtune.vocabulary.trial_layouts import FieldRole

SOURCE: Final = "table"
ONE_STUDY: Final = "table"
_LOOKED_AT: Final = 100
ONE_RUN: Final = "run"
"""Of a table with steps in which no column says which run a row is of."""


def read_trial_table(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read a table of trials.

    Raises:
        InvalidInputError: If it is no table, or has no metric or no parameter.
        LimitExceededError: If it is larger than may be read.
    """
    from metafeatures.limits import TableLimits  # noqa: PLC0415  # Arrow, which other sources need not wait for
    from metafeatures.reading import read_file  # noqa: PLC0415

    limits = options.limits
    with with_one_header(path) as plain:
        found = read_file(
            plain,
            limits=TableLimits(
                max_rows=limits.max_trials, max_cells=limits.max_values, max_bytes=limits.max_unpacked_bytes
            ),
        )
    table = found.table.rename_columns(plain_names(found.table.column_names))
    refuse_columns(table.column_names)
    rows = table.to_pylist()
    if {"config", "fitness"} <= set(table.column_names):
        refuse_vectors(rows)
    notes = tuple(notice.text for notice in found.reading.notices)
    return history_of_rows(*unfolded(table.column_names, rows), options, notes=notes)


def history_of_rows(
    names: list[str],
    rows: list[dict[str, Any]],
    options: ImportOptions,
    *,
    source: str = SOURCE,
    notes: tuple[str, ...] = (),
) -> ForeignHistory:
    """Studies of a table's rows; `notes` say what reading them has changed.

    Raises:
        InvalidInputError: No column is a metric or a parameter, or every metric holds words instead of numbers.
    """
    roles = roles_of(names, directions_in(names, rows) | _given_roles(names, options), metric=options.metric)
    for role in (FieldRole.METRIC, FieldRole.PARAMETER):
        if not roles.of(role):
            raise InvalidInputError(
                f"no column has the role {role}; assign it: NAME={role}", field="columns", limit=", ".join(names[:20])
            )
    if options.only_evident_tables and not options.columns and not are_of_trials(names, rows[:_LOOKED_AT]):
        raise InvalidInputError(
            "perhaps a dataset: its columns are not those of trials (a metric, and a number, state, seconds or study); "
            "import it by itself if it is a table of trials",
            field="columns",
        )
    _check_numbers(roles, rows)
    unread = UnreadCells()
    records = merged(_reports(roles, rows, options.default_name or ONE_STUDY, unread))
    facts = SourceFacts(
        source,
        roles.layout or "a table",
        notes=(*notes, *roles.in_words(), *unread.in_words()),
        direction=roles.direction,
    )
    return history_of(records, options, facts)


def _check_numbers(roles: Roles, rows: list[dict[str, Any]]) -> None:
    """Refuse words where all metrics should be: values with units, percent signs or decimal commas aren't guessed."""
    words = []
    for column in roles.of(FieldRole.METRIC):
        cells = [row[column.column] for row in rows if row[column.column] is not None]
        if not cells or any(number_in(cell) is not None for cell in cells):
            return
        words.append((column.column, str(cells[0])[:40]))
    shown = ", ".join(f"{name!r} holds {cell!r}" for name, cell in words[:3])
    raise InvalidInputError(
        f"no metric has a number: {shown}; write plain numbers, without units and with a decimal point",
        field="columns",
        value=words[0][0],
    )


def _given_roles(names: list[str], options: ImportOptions) -> dict[str, str]:
    """Roles that are said: by column, and by the options that name one."""
    roles = dict(options.columns)
    for name, role in ((options.task_by, FieldRole.TASK), (options.study_by, FieldRole.STUDY)):
        if name is not None and name in names:
            roles[name] = role.value
    return roles


def _reports(
    roles: Roles, rows: list[dict[str, Any]], unnamed: str, unread: UnreadCells
) -> Iterator[tuple[object, int | None, RunRecord]]:
    """Of each row its run, its step, and what it says by itself; cells that say nothing are noted."""
    task, study, state = (roles.one(role) for role in (FieldRole.TASK, FieldRole.STUDY, FieldRole.STATE))
    number, duration = roles.one(FieldRole.NUMBER), roles.one(FieldRole.DURATION)
    start, end = roles.one(FieldRole.START), roles.one(FieldRole.END)
    parameters, metrics, notes = (roles.of(role) for role in (FieldRole.PARAMETER, FieldRole.METRIC, FieldRole.NOTE))
    judged_by, direction = roles.one(FieldRole.METRIC_NAME), roles.one(FieldRole.DIRECTION)
    limits = roles.one(FieldRole.CONSTRAINTS)
    run, step, budget = (roles.one(role) for role in (FieldRole.RUN, FieldRole.STEP, FieldRole.BUDGET))
    firsts: dict[str, str] = {}
    for row in rows:
        own_task = None if task is None or row[task] is None else _name(row[task])
        own_study = None if study is None or row[study] is None else _name(row[study])
        parts = (own_study,) if own_study and roles.has_unique_studies else (own_study, own_task)
        name = " / ".join(part for part in parts if part) or unnamed
        values = {column.name: unread.metric(column.column, row[column.column]) for column in metrics}
        given = {column.name: row[column.column] for column in parameters if row[column.column] is not None}
        if name not in firsts:
            firsts[name] = _digest(given, values)
        has_value = any(value is not None for value in values.values())
        record = RunRecord(
            study=name,
            state=unread.state(None if state is None else row[state], has_value),
            parameters=given,
            metrics=values,
            identity=firsts[name],
            number=whole_in(row[number]) if number is not None else None,
            task=own_task,
            duration_s=unread.seconds(row, duration, start=start, end=end),
            budget=None if budget is None else number_in(row[budget]),
            metadata={column.name: plain_value(row[column.column]) for column in notes},
            metric=None if judged_by is None or row[judged_by] is None else str(row[judged_by]),
            direction=None if direction is None else direction_of(row[direction]),
            constraints=() if limits is None else constraints_of(row[limits]),
        )
        whose = row[run] if run is not None else ONE_RUN if step is not None else None
        yield whose, None if step is None else whole_in(row[step]), record


def _digest(parameters: Mapping[str, object], metrics: Mapping[str, float | None]) -> str:
    """What distinguishes a study of a table from others of its name: its first row.

    A whole number counts as one even if a fraction further down has made its column one of fractions.
    """
    plain = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in parameters.items()}
    text = json.dumps([plain, dict(metrics)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _name(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()
