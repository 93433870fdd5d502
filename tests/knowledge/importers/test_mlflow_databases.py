"""MLflow's database file, with the tables and columns that MLflow 3 makes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.sources import SourceKind
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import read
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState

TABLES = """
    CREATE TABLE experiments (experiment_id INTEGER, name VARCHAR(256), lifecycle_stage VARCHAR(32));
    CREATE TABLE runs (
        run_uuid VARCHAR(32), name VARCHAR(250), status VARCHAR(9), start_time BIGINT, end_time BIGINT,
        lifecycle_stage VARCHAR(20), experiment_id INTEGER
    );
    CREATE TABLE params (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
    CREATE TABLE metrics (
        key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT, is_nan BOOLEAN,
        PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan)
    );
    CREATE TABLE tags (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
    CREATE TABLE latest_metrics (key VARCHAR(250), value FLOAT, run_uuid VARCHAR(32));
"""


def written(path: Path, *statements: str) -> Path:
    """A database of one search with four runs, one of them failed and one deleted, and a deleted experiment."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO experiments VALUES (1, 'forests', 'active'), (2, 'old', 'deleted')")
        connection.execute("INSERT INTO runs VALUES ('p', 'search', 'FINISHED', 0, 9000, 'active', 1)")
        connection.execute("INSERT INTO tags VALUES ('dataset', 'houses', 'p')")
        for i, (status, stage, experiment) in enumerate(
            [
                ("FINISHED", "active", 1),
                ("FINISHED", "active", 1),
                ("FAILED", "active", 1),
                ("FINISHED", "deleted", 1),
                ("FINISHED", "active", 2),
            ]
        ):
            run = f"r{i}"
            row = (run, f"run {i}", status, 1_000 * i, 1_000 * i + 500, stage, experiment)
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute("INSERT INTO params VALUES ('eta', ?, ?)", (str(0.1 * (i + 1)), run))
            connection.execute("INSERT INTO params VALUES ('kind', ?, ?)", ("ab"[i % 2], run))
            connection.execute("INSERT INTO tags VALUES ('mlflow.parentRunId', 'p', ?)", (run,))
            for step in (1, 0):  # the order of steps counts, not that of rows
                point = (0.5 + 0.1 * i + 0.01 * step, 10 + step, run, step)
                connection.execute("INSERT INTO metrics VALUES ('validation_r2', ?, ?, ?, ?, 0)", point)
        connection.execute("INSERT INTO metrics VALUES ('loss', 0, 1, 'r0', 0, 1)")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def test_runs_below_a_parent_are_a_study(tmp_path: Path) -> None:
    history, (study,) = read(written(tmp_path / "mlflow.db"), metric="validation_r2")
    assert history.source == SourceKind.MLFLOW_SQLITE
    assert (study.name, study.task_name, study.metric) == ("forests / search", "houses", "r2")
    assert study.task.kind is TaskKind.REGRESSION
    trials = trials_of(study)
    assert [trial.state for trial in trials] == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAIL]
    assert trials[0].configuration == {"eta": 0.1, "kind": "a"}
    assert (trials[0].value, trials[0].duration_s) == (0.51, 0.5)
    assert trials[0].intermediate_values == {0: 0.5, 1: 0.51}


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP TABLE params", "'params' is not as MLflow makes it"),
        ("ALTER TABLE experiments DROP COLUMN lifecycle_stage", "lacks lifecycle_stage"),
        ("DELETE FROM runs", "no run"),
        ("UPDATE experiments SET lifecycle_stage = 'deleted'", "no run"),
    ],
)
def test_other_schemas_and_empty_ones_are_refused(statement: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=named):
        read_history(written(tmp_path / "mlflow.db", statement), ImportOptions())


def test_a_view_is_no_table(tmp_path: Path) -> None:
    path = written(
        tmp_path / "mlflow.db", "DROP TABLE tags", "CREATE VIEW tags AS SELECT key, value, run_uuid FROM params"
    )
    with pytest.raises(InvalidInputError, match="'tags' is not as MLflow makes it"):
        read_history(path, ImportOptions())


def test_a_truncated_database_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "mlflow.db")
    path.write_bytes(path.read_bytes()[:-5_000])
    with pytest.raises(InvalidInputError, match="truncated"):
        read_history(path, ImportOptions())


def test_more_than_may_be_read_is_counted_first(tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError, match="11 params"):
        read_history(
            written(tmp_path / "mlflow.db", "INSERT INTO params VALUES ('more', 1, 'r0')"),
            ImportOptions(limits=ImportLimits(max_values=10)),
        )
