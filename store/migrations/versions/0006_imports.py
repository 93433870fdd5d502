"""imports: where studies came from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "imports",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("import_id", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("sent_by", sa.String(200), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_imports"),
        sa.UniqueConstraint("import_id", name="uq_imports_import_id"),
    )
    op.create_table(
        "imported_studies",
        sa.Column("import_seq", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("study_seq", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("trial_numbers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_seq", "study_seq", name="pk_imported_studies"),
        sa.ForeignKeyConstraint(
            ["import_seq"], ["imports.seq"], name="fk_imported_studies_import_seq_imports", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_seq"], ["studies.seq"], name="fk_imported_studies_study_seq_studies", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_imported_studies_study_seq", "imported_studies", ["study_seq"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("imported_studies")
    op.drop_table("imports")
