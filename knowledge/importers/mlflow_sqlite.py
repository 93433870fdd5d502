"""MLflow's database file (``mlflow.db``), its default store since version 3.7; MLflow itself is not needed."""

import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

from knowledge.importers.mlflow_runs import Run, history_of_runs
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.sqlite_file import opened, tables_of
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.finite import is_finite_number

SOURCE: Final = "mlflow-sqlite"
_COLUMNS: Final = {
    "experiments": {"experiment_id", "name", "lifecycle_stage"},
    "runs": {"run_uuid", "experiment_id", "status", "start_time", "end_time", "lifecycle_stage"},
    "params": {"run_uuid", "key", "value"},
    "metrics": {"run_uuid", "key", "value", "step", "timestamp", "is_nan"},
    "tags": {"run_uuid", "key", "value"},
}


def is_mlflow(tables: Collection[str]) -> bool:
    """Whether a database with these tables is MLflow's."""
    return {"experiments", "runs"} <= set(tables) and bool({"metrics", "latest_metrics"} & set(tables))


def read_mlflow_sqlite(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an MLflow database file; deleted runs and those of deleted experiments are left out.

    Raises:
        InvalidInputError: If it is truncated, damaged, of another schema, or has no run.
        LimitExceededError: If it holds more than may be read.
    """
    with opened(path) as connection:
        _check(connection, options.limits)
        experiments = {
            str(key): str(name)
            for key, name in connection.execute(
                "SELECT experiment_id, name FROM experiments WHERE lifecycle_stage = 'active'"
            )
        }
        runs = _runs(connection, experiments)
    if not runs:
        raise InvalidInputError("the database has no run of MLflow's", field="file")
    return history_of_runs(runs, experiments, options, source=SOURCE, version="MLflow's database")


def _check(connection: sqlite3.Connection, limits: ImportLimits) -> None:
    """The tables as MLflow makes them, and no more in them than may be read."""
    tables = tables_of(connection)
    for table, columns in _COLUMNS.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if missing := sorted(columns - present if table in tables else columns):
            raise InvalidInputError(
                f"table {table!r} is not as MLflow makes it, it lacks {', '.join(missing)}; 'mlflow db upgrade' brings "
                "an old database up to date",
                field="file",
                value=table,
            )
    most = {"experiments": limits.max_studies, "runs": limits.max_trials}
    for table in _COLUMNS:
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        limit = most.get(table, limits.max_values)
        if count > limit:
            raise LimitExceededError(
                f"the database has {count:,} {table}, {limit:,} can be imported at once",
                field="file",
                value=count,
                limit=limit,
            )


def _runs(connection: sqlite3.Connection, experiments: Collection[str]) -> list[Run]:
    columns = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
    name = "name" if "name" in columns else "NULL"  # which MLflow 1 kept as a tag alone
    query = (
        f"SELECT run_uuid, experiment_id, {name}, status, start_time, end_time "  # noqa: S608  # one of two words
        "FROM runs WHERE lifecycle_stage = 'active'"
    )
    parameters, tags = _texts(connection, "params"), _texts(connection, "tags")
    metrics = _metrics(connection)
    return [
        Run(
            run_id=str(run_id),
            experiment_id=str(experiment_id),
            name=str(given or tags.get(run_id, {}).get("mlflow.runName", "")),
            status=str(status),
            start_ms=_number(start),
            end_ms=_number(end),
            parameters=parameters.get(run_id, {}),
            metrics=metrics.get(run_id, {}),
            tags=tags.get(run_id, {}),
        )
        for run_id, experiment_id, given, status, start, end in connection.execute(query)
        if str(experiment_id) in experiments
    ]


def _texts(connection: sqlite3.Connection, table: str) -> dict[str, dict[str, str]]:
    """Values by run and key, in the order in which they were logged."""
    found: dict[str, dict[str, str]] = {}
    for run_id, key, value in connection.execute(f"SELECT run_uuid, key, value FROM {table} ORDER BY rowid"):  # noqa: S608
        found.setdefault(run_id, {})[str(key)] = "" if value is None else str(value)
    return found


def _metrics(connection: sqlite3.Connection) -> dict[str, dict[str, dict[int, float | None]]]:
    """Values by run, key and step; the last one of a step counts."""
    found: dict[str, dict[str, dict[int, float | None]]] = {}
    query = "SELECT run_uuid, key, step, value, is_nan FROM metrics ORDER BY step, timestamp"
    for run_id, key, step, value, is_nan in connection.execute(query):
        if isinstance(step, int):
            steps = found.setdefault(run_id, {}).setdefault(str(key), {})
            steps[step] = None if is_nan else _number(value)
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and is_finite_number(value) else None
