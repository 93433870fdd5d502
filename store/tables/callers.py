"""Who calls: workspaces, keys, sessions of pages, what they did, and answers that a repeated request gets."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from store.connections.scope import COLUMN, COMMON, OWNED
from store.tables.columns import Sequence, UtcDateTime, metadata, owner_column

workspaces = Table(
    "workspaces",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    info=COMMON,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(index=True),
    Column("key_id", String(20), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("scope", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    Column("last_used_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
    Column("requests_per_minute", Integer, nullable=True),
    Column("trials_per_day", BigInteger, nullable=True),
    Column("upload_bytes_per_day", BigInteger, nullable=True),
    Column("max_jobs", Integer, nullable=True),
    info=OWNED,
)

page_sessions = Table(
    "page_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("key_digest", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    info=COMMON,
)

key_usage = Table(
    "key_usage",
    metadata,
    owner_column(is_key=True),
    Column("key_id", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),  # in UTC
    Column("trials", BigInteger, nullable=False),
    Column("upload_bytes", BigInteger, nullable=False),
    info=OWNED,
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("caller", String(20), nullable=False),
    Column("method", String(10), nullable=False),
    Column("route", String(200), nullable=False),
    Column("object", String(500), nullable=True),
    Column("status", Integer, nullable=False),
    Column("code", String(100), nullable=True),
    Column("request_id", String(64), nullable=False),
    Index(None, COLUMN, "seq"),
    info=OWNED,
)

stored_answers = Table(
    "kept_answers",
    metadata,
    owner_column(is_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, COLUMN, "created_at"),
    info=OWNED,
)
