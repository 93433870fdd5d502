"""Learned models that one workspace lets another one use: what was given, and what was received."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _key() -> list[sa.Column[str]]:
    return [
        sa.Column("search_space_name", sa.String(200), nullable=True),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("kind_group", sa.String(20), nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
    ]


def upgrade() -> None:
    """Apply."""
    sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "shares",
        sa.Column("seq", sequence, autoincrement=True, nullable=False),
        sa.Column("workspace_seq", sequence, nullable=False),
        sa.Column("share_id", sa.String(40), nullable=False),
        sa.Column("to_name", sa.String(200), nullable=False),
        sa.Column("to_seq", sequence, nullable=True),
        *_key(),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_shares"),
        sa.UniqueConstraint("share_id", name="uq_shares_share_id"),
        sa.ForeignKeyConstraint(["workspace_seq"], ["workspaces.seq"], name="fk_shares_workspace_seq_workspaces"),
    )
    op.create_index("ix_shares_to_seq", "shares", ["to_seq"])
    op.create_index("ix_shares_workspace_seq_seq", "shares", ["workspace_seq", "seq"])
    op.create_table(
        "received_models",
        sa.Column("seq", sequence, autoincrement=True, nullable=False),
        sa.Column("workspace_seq", sequence, nullable=False),
        sa.Column("share_id", sa.String(40), nullable=False),
        sa.Column("from_name", sa.String(200), nullable=False),
        *_key(),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_received_models"),
        sa.UniqueConstraint("share_id", name="uq_received_models_share_id"),
        sa.ForeignKeyConstraint(
            ["workspace_seq"], ["workspaces.seq"], name="fk_received_models_workspace_seq_workspaces"
        ),
    )
    op.create_index("ix_received_models_workspace_seq_seq", "received_models", ["workspace_seq", "seq"])
    op.create_index(
        "ix_received_models_key",
        "received_models",
        ["workspace_seq", "content_key", "kind_group", "metric", "direction"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("received_models")
    op.drop_table("shares")
