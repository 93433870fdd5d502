"""What models answer from, as bytes: so that a start and other replicas need not learn it again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "model_snapshots",
        sa.Column("workspace_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("considered", sa.JSON(), nullable=True),
        sa.Column("grounds", sa.String(64), nullable=False),
        sa.Column("surrogate", sa.String(200), nullable=True),
        sa.Column("standing", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_seq", "content_key", "kind_group", "metric", "direction", "engine", name="pk_model_snapshots"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_seq"], ["workspaces.seq"], name="fk_model_snapshots_workspace_seq_workspaces"
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("model_snapshots")
