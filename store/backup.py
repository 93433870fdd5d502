"""All rows of a database in one file: the same for SQLite and PostgreSQL, so that one can become the other.

A backup is a ZIP of ``manifest.json`` and a member for each table with a JSON array a line. It is read in one
transaction that sees one state of the database, however much is written meanwhile. Nothing in it is executed.
"""

import base64
import hashlib
import json
import math
import os
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, LargeBinary, Table, Text, cast, false, select

from store.schema import HEAD, current_revision
from store.tables import UtcDateTime, metadata
from warmtune.version import __version__
from warmtune.vocabulary.errors import InvalidInputError, ServiceError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
ROWS_AT_ONCE: Final = 2_000
_LEVEL: Final = 6

Kinds = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a manifest says of a table.

    Attributes:
        name: Of the table.
        columns: How each is written, by name: ``plain``, ``json`` (its text), ``bytes`` (base64), ``time`` (ISO).
        n_rows: How many rows there are.
        sha256: Of the member, uncompressed.
    """

    name: str
    columns: Kinds
    n_rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        revision: The schema of its tables.
        warmtune: The version that wrote it.
        created_at: ISO 8601.
        tables: Those that others refer to come first.
    """

    revision: str
    warmtune: str
    created_at: str
    tables: tuple[TableFacts, ...]

    @property
    def n_rows(self) -> int:
        """Of all tables."""
        return sum(table.n_rows for table in self.tables)


def write_backup(connection: Connection, path: Path, *, on_table: Callable[[str, int], None]) -> Manifest:
    """Write everything that one state of the database holds; the file appears once it is whole and on disk.

    Args:
        connection: A reading transaction that sees one state until its end; see `one_state`.
        path: Must not exist.
        on_table: Called with each table that was written, and its number of rows.

    Raises:
        InvalidInputError: If the file exists.
        ServiceError: If the database has another version's tables.
        OSError: If it can't be written.
    """
    if path.exists():
        raise InvalidInputError("the file exists; name a new one", field="file", value=str(path))
    revision = current_revision(connection)
    if revision != HEAD:
        raise ServiceError(f"the database has the schema {revision!r}, not {HEAD!r}: start the service once first")
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as sink:
            partial.chmod(0o600)  # names, scores, hashes of keys
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                tables = []
                for table in metadata.sorted_tables:
                    tables.append(_write_table(connection, archive, table))
                    on_table(table.name, tables[-1].n_rows)
                manifest = Manifest(HEAD, __version__, datetime.now(UTC).isoformat(), tuple(tables))
                archive.writestr(MANIFEST, json.dumps(_to_json(manifest), indent=1))
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def one_state(connection: Connection) -> None:
    """Let a transaction that has not read yet see one state of the database until its end.

    SQLite's transactions do so by themselves.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """What a backup says of itself.

    Raises:
        InvalidInputError: If it is none, or of a format that this version doesn't know.
    """
    try:
        body = json.loads(archive.read(MANIFEST))
        if body["format"] != FORMAT:
            raise InvalidInputError("the backup has another format", field="file", value=body["format"], limit=FORMAT)
        tables = tuple(
            TableFacts(t["name"], dict(t["columns"]), int(t["n_rows"]), str(t["sha256"])) for t in body["tables"]
        )
        return Manifest(str(body["revision"]), str(body["warmtune"]), str(body["created_at"]), tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(
            "the file is not a backup of Warmtune: it has no valid manifest", field="file"
        ) from error


def rows_of(archive: zipfile.ZipFile, facts: TableFacts) -> Iterator[list[Any]]:
    """The rows of a table as they were written; the last one is followed by a look at checksum and count.

    Raises:
        InvalidInputError: If the member is missing or damaged; then nothing of it may be stored.
    """
    digest, n_rows = hashlib.sha256(), 0
    try:
        with archive.open(_member(facts.name)) as lines:
            for line in lines:
                digest.update(line)
                n_rows += 1
                yield json.loads(line)
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(facts) from error
    if digest.hexdigest() != facts.sha256 or n_rows != facts.n_rows:
        raise _damaged(facts)


def _damaged(facts: TableFacts) -> InvalidInputError:
    return InvalidInputError(f"the backup is damaged: table {facts.name} is not as it was written", field="file")


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _finite(value: object) -> object:
    """Sums beyond the largest float, which earlier versions stored, as the largest one: JSON has no infinities."""
    if isinstance(value, float) and math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    return value


def _write_table(connection: Connection, archive: zipfile.ZipFile, table: Table) -> TableFacts:
    kinds = {column.name: _kind(column) for column in table.columns}
    chosen = [cast(c, Text).label(c.name) if kinds[c.name] == "json" else c for c in table.columns]
    # all workspaces' rows: `store.connections.guard` would refuse that to a request
    query = select(*chosen).order_by(*table.primary_key.columns).execution_options(warmtune_everywhere=True)
    if "derived" in table.info:  # large, and made anew from the other tables
        query = query.where(false())
    writers = [_WRITERS[kind] for kind in kinds.values()]
    encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
    digest, n_rows = hashlib.sha256(), 0
    with archive.open(_member(table.name), "w", force_zip64=True) as member:
        found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
        for row in found:
            values = [None if v is None else write(v) for write, v in zip(writers, row, strict=True)]
            line = encode(values).encode() + b"\n"
            digest.update(line)
            member.write(line)
            n_rows += 1
    return TableFacts(table.name, kinds, n_rows, digest.hexdigest())


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, JSON):
        return "json"
    if isinstance(column.type, LargeBinary):
        return "bytes"
    return "time" if isinstance(column.type, UtcDateTime) else "plain"


def _as_is(value: object) -> object:
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _iso(value: datetime) -> str:
    return value.isoformat()


_WRITERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "plain": _finite,
    "json": _as_is,
    "bytes": _base64,
    "time": _iso,
}


def _to_json(manifest: Manifest) -> Mapping[str, object]:
    return {
        "format": FORMAT,
        "revision": manifest.revision,
        "warmtune": manifest.warmtune,
        "created_at": manifest.created_at,
        "tables": [
            {"name": t.name, "columns": dict(t.columns), "n_rows": t.n_rows, "sha256": t.sha256}
            for t in manifest.tables
        ],
    }
