"""models."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    # by itself, not in a batch: SQLite's batch would copy all trials
    op.add_column("trials", sa.Column("revision", sa.BigInteger(), nullable=True))
    op.create_table(
        "models",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("space_id", sa.String(64), nullable=False),
        sa.Column("search_space_name", sa.String(200), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("n_tasks", sa.Integer(), nullable=False),
        sa.Column("n_trials", sa.Integer(), nullable=False),
        sa.Column("backtest", sa.JSON(), nullable=True),
        sa.Column("comparison", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_models"),
        sa.UniqueConstraint("version", name="uq_models_version"),
        sa.ForeignKeyConstraint(["space_id"], ["search_spaces.space_id"], name="fk_models_space_id_search_spaces"),
    )
    op.create_index(
        "ix_models_content_key_kind_group_metric_direction",
        "models",
        ["content_key", "kind_group", "metric", "direction"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("models")
    op.drop_column("trials", "revision")
