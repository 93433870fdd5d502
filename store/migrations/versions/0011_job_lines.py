"""What jobs did, line by line; when a job is due, and whether it is quick."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column(
        "jobs",
        sa.Column("is_quick", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
    )
    op.add_column("jobs", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "job_lines",
        sa.Column("job_seq", sequence, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("job_seq", "number", name="pk_job_lines"),
        sa.ForeignKeyConstraint(["job_seq"], ["jobs.seq"], name="fk_job_lines_job_seq_jobs", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("job_lines")
    op.drop_column("jobs", "due_at")
    op.drop_column("jobs", "is_quick")
