"""workspaces: everything that is there becomes the workspace ``default``, but for what ships."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OWNED = (
    "tasks",
    "search_spaces",
    "registered_spaces",
    "studies",
    "revisions",
    "kept_answers",
    "api_keys",
    "claims",
    "models",
    "jobs",
    "neural_models",
    "imports",
)
_OF_SPACES = ("registered_spaces", "studies", "models", "neural_models")
_KEY = ("content_key", "kind_group", "metric", "direction")
_UNIQUE = {
    "tasks": ("task_id",),
    "registered_spaces": ("name", "kind_group"),
    "studies": ("study_id",),
    "models": ("version",),
    "neural_models": ("name",),
    "imports": ("import_id",),
}
_PRIMARY = {
    "search_spaces": ("space_id",),
    "revisions": _KEY,
    "kept_answers": ("key_digest",),
    "claims": ("key_digest",),
}
_INDEXES = (
    ("tasks", ("kind", "seq"), ("workspace_seq", "kind", "seq")),
    ("studies", _KEY, (*_KEY, "workspace_seq")),
    ("studies", None, ("workspace_seq", "seq")),
    ("models", _KEY, (*_KEY, "workspace_seq")),
    ("kept_answers", ("created_at",), ("workspace_seq", "created_at")),
    ("jobs", None, ("workspace_seq", "seq")),
    ("api_keys", None, ("workspace_seq",)),
    ("imports", None, ("workspace_seq",)),
)


def upgrade() -> None:
    """Apply."""
    _create_workspaces()
    for table in _OWNED:
        op.add_column(table, sa.Column("workspace_seq", _SEQUENCE, nullable=True))
        op.execute(_table(table).update().values(workspace_seq=_owner_in(table)))
    _copy_shipped_definitions()
    for table, before, _ in _INDEXES:
        if before is not None:
            op.drop_index(_index(table, before), table)
    for table in _OWNED:  # definitions come before those who name them
        _own(table)
    for table, _, after in _INDEXES:
        op.create_index(_index(table, after), table, list(after))


def _create_workspaces() -> None:
    workspaces = op.create_table(
        "workspaces",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_workspaces"),
        sa.UniqueConstraint("name", name="uq_workspaces_name"),
    )
    now = datetime.now(UTC)
    rows = [(0, "(shipped)", b""), (1, "default", secrets.token_bytes(32))]
    op.bulk_insert(
        workspaces, [{"seq": seq, "name": name, "secret": secret, "created_at": now} for seq, name, secret in rows]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT setval(pg_get_serial_sequence('workspaces', 'seq'), 1)"))


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, sa.column("workspace_seq", sa.BigInteger()), *(sa.column(column) for column in columns))


def _owner_in(table: str) -> sa.ColumnElement[int]:
    if table not in ("tasks", "registered_spaces", "studies", "neural_models"):
        return sa.literal_column("1")
    return sa.case((sa.column("shipped", sa.Boolean()), sa.literal_column("0")), else_=sa.literal_column("1"))


def _copy_shipped_definitions() -> None:
    """Definitions belong to whoever names them; one that a user names and that ships is there twice."""
    if (
        op.get_bind().dialect.name == "postgresql"
    ):  # SQLite's tables are made anew below, and it looks at none till then
        for table in _OF_SPACES:
            op.drop_constraint(_fk_of_space(table), table, type_="foreignkey")
    with op.batch_alter_table("search_spaces") as batch:
        batch.drop_constraint("pk_search_spaces", type_="primary")
        batch.create_primary_key("pk_search_spaces", ["workspace_seq", "space_id"])
    named = sa.union(
        *(
            sa.select(of.c.space_id).where(of.c.workspace_seq == 0, of.c.space_id.is_not(None))
            for of in (_table(table, "space_id") for table in _OF_SPACES)
        )
    )
    columns = ("space_id", "content_key", "definition")
    spaces = _table("search_spaces", *columns)
    shipped = sa.select(sa.literal_column("0"), *(spaces.c[name] for name in columns)).where(
        spaces.c.space_id.in_(named)
    )
    op.execute(spaces.insert().from_select(["workspace_seq", *columns], shipped))


def _own(table: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column("workspace_seq", existing_type=_SEQUENCE, nullable=False)
        batch.create_foreign_key(f"fk_{table}_workspace_seq_workspaces", "workspaces", ["workspace_seq"], ["seq"])
        if table in _PRIMARY and table != "search_spaces":
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", ["workspace_seq", *_PRIMARY[table]])
        if table in _UNIQUE:
            columns = _UNIQUE[table]
            batch.drop_constraint(f"uq_{table}_{'_'.join(columns)}", type_="unique")
            batch.create_unique_constraint(f"uq_{table}_{'_'.join(columns)}_workspace_seq", [*columns, "workspace_seq"])
        if table in _OF_SPACES:
            if op.get_bind().dialect.name == "sqlite":
                batch.drop_constraint(_fk_of_space(table), type_="foreignkey")
            batch.create_foreign_key(
                f"fk_{table}_workspace_seq_space_id_search_spaces",
                "search_spaces",
                ["workspace_seq", "space_id"],
                ["workspace_seq", "space_id"],
            )


def _fk_of_space(table: str) -> str:
    return f"fk_{table}_space_id_search_spaces"


def _index(table: str, columns: tuple[str, ...]) -> str:
    if columns == (*_KEY, "workspace_seq"):
        return f"ix_{table}_key"  # the usual name would be too long
    return f"ix_{table}_{'_'.join(columns)}"


def downgrade() -> None:
    """Refuse: without workspaces, their rows would run together."""
    raise CommandError("a database with workspaces can't go back; restore the backup of before")
