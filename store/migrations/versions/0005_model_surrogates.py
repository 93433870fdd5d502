"""the surrogate of a model version."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("models", sa.Column("tried_surrogates", sa.JSON(), nullable=True))
    op.add_column("models", sa.Column("surrogate", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("models", "surrogate")
    op.drop_column("models", "tried_surrogates")
