"""Constraints of trials, and by how much each trial violates them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("trials", sa.Column("constraints", sa.JSON(), nullable=True))
    op.add_column("trials", sa.Column("violation", sa.Double(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("trials", "violation")
    op.drop_column("trials", "constraints")
