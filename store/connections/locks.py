"""Locks of PostgreSQL by name, for what is looked up first and written then; SQLite has one writer at a time anyway."""

import hashlib

from sqlalchemy import Connection, text

from store.connections.scope import workspace_of


def lock_name(connection: Connection, table: str, name: str) -> None:
    """Keep others of the workspace that lock the same name waiting until the transaction ends."""
    workspace = workspace_of(connection)
    if connection.dialect.name != "postgresql":
        return
    digest = hashlib.sha256(f"{table}\n{workspace.seq}\n{name}".encode(errors="surrogatepass")).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
