"""The tables. Migrations in `store.migrations` create them; a test holds the two together."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from store.scope import COLUMN, COMMON, DERIVED, OWNED, through

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Sequence = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only under the type INTEGER
Json = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _owner(*, is_key: bool = False, index: bool = False) -> Column[int]:
    """Whose a row is."""
    owner = ForeignKey("workspaces.seq")
    if is_key:
        return Column(COLUMN, owner, primary_key=True, autoincrement=False)
    return Column(COLUMN, owner, nullable=False, index=index)


def _of_space() -> ForeignKeyConstraint:
    """A definition of the same workspace."""
    return ForeignKeyConstraint([COLUMN, "space_id"], ["search_spaces.workspace_seq", "search_spaces.space_id"])


workspaces = Table(
    "workspaces",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    info=COMMON,
)

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
    Column("task_id", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("meta_features", Json, nullable=False),
    Column("gaps", Json, nullable=False),
    Column("version", String(200), nullable=False),
    Column("shipped", Boolean(create_constraint=False), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("task_id", COLUMN),
    Index(None, COLUMN, "kind", "seq"),
    Index(None, COLUMN, "seq"),
    info=OWNED,
)

search_spaces = Table(
    "search_spaces",
    metadata,
    _owner(is_key=True),
    Column("space_id", String(64), primary_key=True),
    Column("content_key", String(64), nullable=False, index=True),
    Column("definition", Text, nullable=False),  # JSON whose order of parameters counts
    info=OWNED,
)

registered_spaces = Table(
    "registered_spaces",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
    Column("name", String(200), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("kinds", Json, nullable=False),
    Column("space_id", String(64), nullable=False),
    Column("shipped", Boolean(create_constraint=False), nullable=False),
    Column("summary", Text, nullable=False),
    _of_space(),
    UniqueConstraint("name", "kind_group", COLUMN),
    info=OWNED,
)

studies = Table(
    "studies",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
    Column("study_id", String(200), nullable=False),
    Column("task_seq", ForeignKey("tasks.seq"), nullable=False, index=True),
    Column("space_id", String(64), nullable=False),
    Column("search_space_name", String(200), nullable=True, index=True),
    Column("content_key", String(64), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("metric", String(200), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("further_objectives", Json, nullable=True),  # pairs of metric and direction after the first
    Column("name", String(200), nullable=True),
    Column("metadata", Json, nullable=False),
    Column("shipped", Boolean(create_constraint=False), nullable=False),
    Column("n_trials", Integer, nullable=False),
    Column("best_value", Double, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revision", BigInteger, nullable=True),  # of the key when trials were reported last; null if none were
    _of_space(),
    UniqueConstraint("study_id", COLUMN),
    Index("ix_studies_key", "content_key", "kind_group", "metric", "direction", COLUMN),
    Index("ix_studies_key_revision", "content_key", "kind_group", "metric", "direction", "revision"),
    Index(None, COLUMN, "seq"),
    info=OWNED,
)

trials = Table(
    "trials",
    metadata,
    Column("study_seq", ForeignKey("studies.seq"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("value", Double, nullable=True),
    Column("duration_s", Double, nullable=True),
    Column("params", Json, nullable=False),
    Column("intermediate_values", Json, nullable=True),
    Column("constraints", Json, nullable=True),
    Column("objective_values", Json, nullable=True),  # of several objectives, the first included
    Column("violation", Double, nullable=True),  # the sum of what is above 0 of the constraints; null without any
    Column("revision", BigInteger, nullable=True),  # of the key when it finished; null for what came before or ships
    sqlite_with_rowid=False,
    info=through("study_seq"),
)

revisions = Table(
    "revisions",
    metadata,
    _owner(is_key=True),
    Column("content_key", String(64), primary_key=True),
    Column("kind_group", String(20), primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("direction", String(20), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    info=OWNED,
)

knowledge_bases = Table(
    "knowledge_bases",
    metadata,
    Column("version", String(200), primary_key=True),
    Column("loaded_at", UtcDateTime, nullable=False),
    info=COMMON,
)

stored_answers = Table(
    "kept_answers",
    metadata,
    _owner(is_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, COLUMN, "created_at"),
    info=OWNED,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(index=True),
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
    _owner(is_key=True),
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
    _owner(),
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

claims = Table(
    "claims",
    metadata,
    _owner(is_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    info=OWNED,
)

models = Table(
    "models",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
    Column("version", String(200), nullable=False),
    Column("content_key", String(64), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("metric", String(200), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("space_id", String(64), nullable=False),
    Column("search_space_name", String(200), nullable=True),
    Column("state", String(20), nullable=False),
    Column("pinned", Boolean(create_constraint=False), nullable=False),
    Column("sources", Json, nullable=False),
    Column("n_tasks", Integer, nullable=False),
    Column("n_trials", Integer, nullable=False),
    Column("backtest", Json, nullable=True),
    Column("comparison", Json, nullable=True),
    Column("tried_surrogates", Json, nullable=True),
    Column("surrogate", LargeBinary, nullable=True),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _of_space(),
    UniqueConstraint("version", COLUMN),
    Index("ix_models_key", "content_key", "kind_group", "metric", "direction", COLUMN),
    info=OWNED,
)

shares = Table(
    "shares",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),  # who gives
    Column("share_id", String(40), nullable=False, unique=True),
    Column("to_name", String(200), nullable=False),
    Column("to_seq", Sequence, nullable=True, index=True),  # of the receiver; null where there is none of that name
    Column("search_space_name", String(200), nullable=True),
    Column("content_key", String(64), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("metric", String(200), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("sources", Json, nullable=False),  # content keys of the search spaces that it was learned from
    Column("created_at", UtcDateTime, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=True),
    Index(None, COLUMN, "seq"),
    info=OWNED,
)

received_models = Table(
    "received_models",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),  # who receives
    Column("share_id", String(40), nullable=False, unique=True),
    Column("from_name", String(200), nullable=False),
    Column("search_space_name", String(200), nullable=True),
    Column("content_key", String(64), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("metric", String(200), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=True),
    Index(None, COLUMN, "seq"),
    Index("ix_received_models_key", COLUMN, "content_key", "kind_group", "metric", "direction"),
    info=OWNED,
)

model_snapshots = Table(
    "model_snapshots",
    metadata,
    _owner(is_key=True),
    Column("content_key", String(64), primary_key=True),
    Column("kind_group", String(20), primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("direction", String(20), primary_key=True),
    Column("engine", String(64), primary_key=True),  # of the code that learned it
    Column("sources", Json, nullable=False),
    Column("considered", Json, nullable=True),
    Column("grounds", String(64), nullable=False),
    Column("surrogate", String(200), nullable=True),
    Column("standing", Json, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    info=OWNED | DERIVED,
)

jobs = Table(
    "jobs",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
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

neural_models = Table(
    "neural_models",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(),
    Column("name", String(200), nullable=False),
    Column("family", String(20), nullable=False),
    Column("version", String(64), nullable=False),
    Column("shipped", Boolean(create_constraint=False), nullable=False),
    Column("space_id", String(64), nullable=True),
    Column("search_space_name", String(200), nullable=True),
    Column("kind_group", String(20), nullable=True),
    Column("metric", String(200), nullable=True),
    Column("direction", String(20), nullable=True),
    Column("facts", Json, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _of_space(),
    UniqueConstraint("name", COLUMN),
    info=OWNED,
)

imports = Table(
    "imports",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    _owner(index=True),
    Column("import_id", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("written_by", String(200), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("file_hash", String(64), nullable=False),
    Column("sent_by", String(200), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("import_id", COLUMN),
    info=OWNED,
)

imported_studies = Table(
    "imported_studies",
    metadata,
    Column("import_seq", ForeignKey("imports.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column(
        "study_seq", ForeignKey("studies.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    ),
    Column("trial_numbers", Json, nullable=False),  # inclusive ranges: what this import has written
    info=through("import_seq", "study_seq"),
)
