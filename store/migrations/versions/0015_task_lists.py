"""Lists of tasks of any kind in order, without sorting all of a workspace's."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_tasks_workspace_seq_seq", "tasks", ["workspace_seq", "seq"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_tasks_workspace_seq_seq", "tasks")
