"""Marks of imported studies' runs, so that the same runs are found again when they come in another format."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "run_marks",
        sa.Column("study_seq", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("study_seq", "mark", name="pk_run_marks"),
        sa.ForeignKeyConstraint(
            ["study_seq"], ["studies.seq"], name="fk_run_marks_study_seq_studies", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_marks_mark", "run_marks", ["mark"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("run_marks")
