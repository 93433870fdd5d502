"""Work in the background."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, false, text

from store.connections.scope import COLUMN, OWNED, through
from store.tables.columns import Json, Sequence, UtcDateTime, metadata, owner_column

jobs = Table(
    "jobs",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
    Column("job_id", String(200), nullable=False, unique=True),
    Column("kind", String(200), nullable=False),
    Column("key_id", String(20), nullable=True),  # of the API key that has queued it
    Column("request", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("progress", Double, nullable=False),
    Column("message", String(500), nullable=False),
    Column("result", Json, nullable=True),
    Column("error", Json, nullable=True),
    Column("cancel_requested", Boolean(create_constraint=False), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("n_lost", Integer, nullable=False, server_default=text("0")),
    Column("furthest", Double, nullable=False, server_default=text("0")),  # progress when an attempt was lost
    Column("owner", String(200), nullable=True),
    Column("seen_alive_at", UtcDateTime, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=True),
    Column("finished_at", UtcDateTime, nullable=True),
    Column("is_quick", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("due_at", UtcDateTime, nullable=True),  # null: at once
    Index(None, "state", "seq"),
    Index(None, COLUMN, "seq"),
    Index(None, "key_id", "state"),
    info=OWNED,
)

job_lines = Table(
    "job_lines",
    metadata,
    Column("job_seq", ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", String(500), nullable=False),
    info=through("job_seq"),
)

claims = Table(
    "claims",
    metadata,
    owner_column(is_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    info=OWNED,
)
