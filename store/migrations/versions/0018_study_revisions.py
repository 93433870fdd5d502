"""When trials of a study were reported last, so that what came in since a model was learned is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_INDEX = "ix_studies_key_revision"


def upgrade() -> None:
    """Apply."""
    op.add_column("studies", sa.Column("revision", sa.BigInteger(), nullable=True))
    op.create_index(_INDEX, "studies", ["content_key", "kind_group", "metric", "direction", "revision"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, table_name="studies")
    op.drop_column("studies", "revision")
