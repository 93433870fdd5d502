"""first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "tasks",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("task_id", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("meta_features", sa.JSON(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_tasks"),
        sa.UniqueConstraint("task_id", name="uq_tasks_task_id"),
    )
    op.create_index("ix_tasks_kind_seq", "tasks", ["kind", "seq"])
    op.create_table(
        "search_spaces",
        sa.Column("space_id", sa.String(64), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space_id", name="pk_search_spaces"),
    )
    op.create_index("ix_search_spaces_content_key", "search_spaces", ["content_key"])
    op.create_table(
        "registered_spaces",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("space_id", sa.String(64), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_registered_spaces"),
        sa.UniqueConstraint("name", "kind_group", name="uq_registered_spaces_name_kind_group"),
        sa.ForeignKeyConstraint(
            ["space_id"], ["search_spaces.space_id"], name="fk_registered_spaces_space_id_search_spaces"
        ),
    )
    _create_studies()
    op.create_table(
        "trials",
        sa.Column("study_seq", _SEQUENCE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("intermediate_values", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("study_seq", "number", name="pk_trials"),
        sa.ForeignKeyConstraint(["study_seq"], ["studies.seq"], name="fk_trials_study_seq_studies"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revisions",
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("content_key", "kind_group", "metric", "direction", name="pk_revisions"),
    )
    op.create_table(
        "knowledge_bases",
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("loaded_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_knowledge_bases"),
    )
    op.create_table(
        "kept_answers",
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key_digest", name="pk_kept_answers"),
    )
    op.create_index("ix_kept_answers_created_at", "kept_answers", ["created_at"])


def _create_studies() -> None:
    op.create_table(
        "studies",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("study_id", sa.String(200), nullable=False),
        sa.Column("task_seq", _SEQUENCE, nullable=False),
        sa.Column("space_id", sa.String(64), nullable=False),
        sa.Column("search_space_name", sa.String(200), nullable=True),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("n_trials", sa.Integer(), nullable=False),
        sa.Column("best_value", sa.Double(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_studies"),
        sa.UniqueConstraint("study_id", name="uq_studies_study_id"),
        sa.ForeignKeyConstraint(["task_seq"], ["tasks.seq"], name="fk_studies_task_seq_tasks"),
        sa.ForeignKeyConstraint(["space_id"], ["search_spaces.space_id"], name="fk_studies_space_id_search_spaces"),
    )
    op.create_index("ix_studies_task_seq", "studies", ["task_seq"])
    op.create_index("ix_studies_search_space_name", "studies", ["search_space_name"])
    op.create_index(
        "ix_studies_content_key_kind_group_metric_direction",
        "studies",
        ["content_key", "kind_group", "metric", "direction"],
    )


def downgrade() -> None:
    """Undo."""
    for table in (
        "kept_answers",
        "knowledge_bases",
        "revisions",
        "trials",
        "studies",
        "registered_spaces",
        "search_spaces",
        "tasks",
    ):
        op.drop_table(table)
