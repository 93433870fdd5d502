"""Limits of API keys and what they have used; the audit trail of writes, to which rows are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LIMITS = ("requests_per_minute", "trials_per_day", "upload_bytes_per_day", "max_jobs")


def upgrade() -> None:
    """Apply."""
    sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in _LIMITS:
        kind = sa.BigInteger() if name.endswith("_day") else sa.Integer()
        op.add_column("api_keys", sa.Column(name, kind, nullable=True))
    op.add_column("jobs", sa.Column("key_id", sa.String(20), nullable=True))
    op.create_index("ix_jobs_key_id_state", "jobs", ["key_id", "state"])
    op.create_table(
        "key_usage",
        sa.Column("workspace_seq", sequence, nullable=False),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("trials", sa.BigInteger(), nullable=False),
        sa.Column("upload_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_seq", "key_id", "day", name="pk_key_usage"),
        sa.ForeignKeyConstraint(["workspace_seq"], ["workspaces.seq"], name="fk_key_usage_workspace_seq_workspaces"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sequence, autoincrement=True, nullable=False),
        sa.Column("workspace_seq", sequence, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(20), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("object", sa.String(500), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(100), nullable=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.ForeignKeyConstraint(["workspace_seq"], ["workspaces.seq"], name="fk_audit_workspace_seq_workspaces"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_workspace_seq_seq", "audit", ["workspace_seq", "seq"])
    for statement in _append_only(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def _append_only(dialect: str) -> list[str]:
    """Rows are never changed, whoever tries."""
    if dialect == "sqlite":
        return [
            "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END"
        ]
    return [
        "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is only added to'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    ]


def downgrade() -> None:
    """Undo."""
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION IF EXISTS audit_append_only()"))
    op.drop_table("key_usage")
    op.drop_index("ix_jobs_key_id_state", "jobs")
    op.drop_column("jobs", "key_id")
    for name in _LIMITS:
        op.drop_column("api_keys", name)
