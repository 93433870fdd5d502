"""A backup becomes a database again: as a whole or not at all."""

import base64
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, func, inspect, select

from store.backup import ROWS_AT_ONCE, Manifest, TableFacts, read_manifest, rows_of
from store.schema import migrate
from warmtune.vocabulary.errors import ConflictError, InvalidInputError

_VERSION_TABLE: Final = "alembic_version"


def restore_backup(
    connection: Connection, path: Path, *, replace: bool, on_table: Callable[[str, int], None]
) -> Manifest:
    """Put a backup's rows into a database, and bring them to this version's schema.

    Args:
        connection: Of a transaction that may change the schema; what fails is to roll it back.
        path: A file that `write_backup` wrote.
        replace: Whether a database that has tables may lose them.
        on_table: Called with each table that was read, and its number of rows.

    Raises:
        InvalidInputError: If the file is missing, no backup, or damaged.
        ConflictError: If the database is not empty and may not lose what it has.
        ServiceError: If a newer version of Warmtune wrote the backup.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInputError(f"{path} is not a readable backup: {error}", field="file") from error
    with archive:
        manifest = read_manifest(archive)
        _make_empty(connection, replace=replace)
        migrate(connection, to=manifest.revision)
        tables = MetaData()
        tables.reflect(connection)
        _check_tables(tables, manifest)
        for table in reversed(tables.sorted_tables):  # what migrations have put there is in the backup, too
            if table.name != _VERSION_TABLE:
                connection.execute(table.delete())
        for facts in manifest.tables:
            _insert(connection, facts, rows_of(archive, facts))
            on_table(facts.name, facts.n_rows)
        _continue_sequences(connection, tables)
    migrate(connection)
    return manifest


def _make_empty(connection: Connection, *, replace: bool) -> None:
    tables = MetaData()
    tables.reflect(connection)
    if tables.tables and not replace:
        raise ConflictError(
            "the database is not empty; name another one, or allow its contents to be replaced", field="database_url"
        )
    tables.drop_all(connection)


def _check_tables(tables: MetaData, manifest: Manifest) -> None:
    """Names go into SQL: they are those of the schema, or nothing is done.

    Raises:
        InvalidInputError: On a table or column that the schema doesn't have, or one that is missing.
    """
    known = {name: set(table.columns.keys()) for name, table in tables.tables.items() if name != _VERSION_TABLE}
    if known != {facts.name: set(facts.columns) for facts in manifest.tables}:
        raise InvalidInputError(
            "the backup's tables are not those of its schema", field="file", value=manifest.revision
        )


def _insert(connection: Connection, facts: TableFacts, rows: Iterator[list[Any]]) -> None:
    is_postgres = connection.dialect.name == "postgresql"
    readers = [_reader(kind, is_postgres=is_postgres) for kind in facts.columns.values()]

    def read() -> Iterator[tuple[object, ...]]:
        for row in rows:
            if len(row) != len(readers):
                raise InvalidInputError(
                    f"a row of {facts.name} has {len(row)} values", field="file", limit=len(readers)
                )
            yield tuple(None if v is None else as_value(v) for as_value, v in zip(readers, row, strict=True))

    names = ", ".join(f'"{name}"' for name in facts.columns)
    if is_postgres:
        from store.connections.postgres import copy_rows  # noqa: PLC0415  # SQLite's users need not wait for its driver

        copy_rows(connection, f'COPY "{facts.name}" ({names}) FROM STDIN', read())
        return
    statement = f'INSERT INTO "{facts.name}" ({names}) VALUES ({", ".join("?" * len(facts.columns))})'  # noqa: S608  # checked names
    values = read()
    while chunk := list(islice(values, ROWS_AT_ONCE)):
        connection.exec_driver_sql(statement, chunk)


def _reader(kind: str, *, is_postgres: bool) -> Callable[[Any], object]:
    if kind == "time":
        return datetime.fromisoformat if is_postgres else _time_of_sqlite
    readers: Mapping[str, Callable[[Any], object]] = {"bytes": base64.b64decode, "plain": _as_is, "json": _as_is}
    if kind not in readers:
        raise InvalidInputError("the backup has a column of an unknown kind", field="file", value=kind)
    return readers[kind]


def _as_is(value: object) -> object:
    return value


def _time_of_sqlite(value: str) -> str:
    """As SQLAlchemy writes a moment there: UTC, without saying so."""
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _continue_sequences(connection: Connection, tables: MetaData) -> None:
    """PostgreSQL numbers new rows after those that were given their numbers."""
    if connection.dialect.name != "postgresql":
        return
    inspector = inspect(connection)
    for table in tables.tables.values():
        numbered: Sequence[Mapping[str, Any]] = inspector.get_columns(table.name)
        for column in numbered:
            if not column.get("autoincrement"):  # true of what a sequence numbers by default
                continue
            name = column["name"]
            newest = connection.execute(select(func.max(table.c[name]))).scalar()
            sequence = func.pg_get_serial_sequence(table.name, name)
            connection.execute(select(func.setval(sequence, newest or 1, newest is not None)))
