"""Several objectives: those of a study after the first, and the values of its trials."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("studies", sa.Column("further_objectives", sa.JSON(), nullable=True))
    op.add_column("trials", sa.Column("objective_values", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("trials", "objective_values")
    op.drop_column("studies", "further_objectives")
