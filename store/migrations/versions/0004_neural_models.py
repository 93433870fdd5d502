"""neural models."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "neural_models",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("family", sa.String(20), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("space_id", sa.String(64), nullable=True),
        sa.Column("search_space_name", sa.String(200), nullable=True),
        sa.Column("kind_group", sa.String(20), nullable=True),
        sa.Column("metric", sa.String(200), nullable=True),
        sa.Column("direction", sa.String(20), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["space_id"], ["search_spaces.space_id"], name="fk_neural_models_space_id_search_spaces"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_neural_models"),
        sa.UniqueConstraint("name", name="uq_neural_models_name"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("neural_models")
