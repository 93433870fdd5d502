"""How often a job lost its process, and how far it was then: what counts against a job that kills its process."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("jobs", sa.Column("n_lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("furthest", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Undo."""
    op.drop_column("jobs", "furthest")
    op.drop_column("jobs", "n_lost")
