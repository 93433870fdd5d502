"""What was learned: versions, neural models, snapshots, and what workspaces share of them."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from store.connections.scope import COLUMN, DERIVED, OWNED
from store.tables.columns import Json, Sequence, UtcDateTime, definition_of_same_workspace, metadata, owner_column

models = Table(
    "models",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
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
    definition_of_same_workspace(),
    UniqueConstraint("version", COLUMN),
    Index("ix_models_key", "content_key", "kind_group", "metric", "direction", COLUMN),
    info=OWNED,
)

neural_models = Table(
    "neural_models",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),
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
    definition_of_same_workspace(),
    UniqueConstraint("name", COLUMN),
    info=OWNED,
)

model_snapshots = Table(
    "model_snapshots",
    metadata,
    owner_column(is_key=True),
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

shares = Table(
    "shares",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    owner_column(),  # who gives
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
    owner_column(),  # who receives
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
