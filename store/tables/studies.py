"""What tuning leaves: tasks, search spaces, studies, trials, and where they were imported from."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.connections.scope import COLUMN, COMMON, OWNED, through
from store.tables.columns import Json, Sequence, UtcDateTime, definition_of_same_workspace, metadata, owner_column

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
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
    owner_column(is_key=True),
    Column("space_id", String(64), primary_key=True),
    Column("content_key", String(64), nullable=False, index=True),
    Column("definition", Text, nullable=False),  # JSON whose order of parameters counts
    info=OWNED,
)

registered_spaces = Table(
    "registered_spaces",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
    Column("name", String(200), nullable=False),
    Column("kind_group", String(20), nullable=False),
    Column("kinds", Json, nullable=False),
    Column("space_id", String(64), nullable=False),
    Column("shipped", Boolean(create_constraint=False), nullable=False),
    Column("summary", Text, nullable=False),
    definition_of_same_workspace(),
    UniqueConstraint("name", "kind_group", COLUMN),
    info=OWNED,
)

studies = Table(
    "studies",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
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
    definition_of_same_workspace(),
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
    owner_column(is_key=True),
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

imports = Table(
    "imports",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(index=True),
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

run_marks = Table(
    "run_marks",
    metadata,
    Column("study_seq", ForeignKey("studies.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("mark", BigInteger, primary_key=True, autoincrement=False, index=True),  # see `store.run_marks`
    sqlite_with_rowid=False,
    info=through("study_seq"),
)
