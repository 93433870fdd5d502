"""Whether an SQLite database has the tables of Optuna."""

import sqlite3
from typing import Final

from knowledge.importers.other_tools import refuse_database
from warmtune.vocabulary.errors import InvalidInputError

SCHEMA_VERSION: Final = 12


_TABLES = {
    "version_info": {"schema_version", "library_version"},
    "studies": {"study_id", "study_name"},
    "study_directions": {"study_id", "direction", "objective"},
    "study_user_attributes": {"study_id", "key", "value_json"},
    "study_system_attributes": {"study_id", "key", "value_json"},
    "trials": {"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"},
    "trial_params": {"trial_id", "param_name", "param_value", "distribution_json"},
    "trial_values": {"trial_id", "objective", "value", "value_type"},
    "trial_intermediate_values": {"trial_id", "step", "intermediate_value", "intermediate_value_type"},
    "trial_system_attributes": {"trial_id", "key", "value_json"},
}


def check_schema(connection: sqlite3.Connection) -> str:
    """Optuna's version that wrote the file.

    Raises:
        InvalidInputError: If the tables aren't those of Optuna's schema `SCHEMA_VERSION`.
    """
    found = dict(connection.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    tables = sorted(name for name, kind in found.items() if kind == "table")
    refuse_database(tables)
    if "version_info" not in tables or "trials" not in tables:
        raise InvalidInputError(
            f"the database is not Optuna's: it has the tables {', '.join(tables[:8]) or '(none)'}", field="file"
        )
    schema, library = _version(connection)
    if schema != SCHEMA_VERSION:
        raise InvalidInputError(
            f"the database has Optuna's schema {schema} (written by {library}); run 'optuna storage upgrade' with the "
            f"newest Optuna first",
            field="version_info.schema_version",
            value=schema,
            limit=SCHEMA_VERSION,
        )
    for table, columns in _TABLES.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if found.get(table) != "table" or not columns <= present:
            missing = sorted(columns - present) if found.get(table) == "table" else ["the table itself"]
            raise InvalidInputError(
                f"table {table!r} is not as Optuna {library} makes it, it lacks {', '.join(missing)}; run 'optuna "
                "storage upgrade' first if an Optuna before version 3 wrote it",
                field="file",
                value=table,
            )
    return library


def _version(connection: sqlite3.Connection) -> tuple[object, str]:
    try:
        row = connection.execute("SELECT schema_version, library_version FROM version_info").fetchone()
    except sqlite3.OperationalError as error:
        raise InvalidInputError("the table version_info is not Optuna's", field="version_info") from error
    if row is None:
        raise InvalidInputError(
            "the table version_info is empty, so the version of Optuna that wrote it isn't known", field="file"
        )
    return row[0], str(row[1])
