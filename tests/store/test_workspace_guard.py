"""A statement that forgets whose rows it may touch is refused."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from store.connections.database import Database
from store.connections.guard import ForeignRowsError
from store.connections.scope import COLUMN, ScopedByParent
from store.tables import api_keys, imported_studies, jobs, metadata, studies, tasks, trials


def test_every_table_says_whose_its_rows_are() -> None:
    for table in metadata.sorted_tables:
        scope = table.info.get("scope")
        assert scope in ("owned", "common") or isinstance(scope, ScopedByParent), table.name
        assert (scope == "owned") == (COLUMN in table.c), table.name
        if isinstance(scope, ScopedByParent):
            parents = {key.column.table.info["scope"] for name in scope.columns for key in table.c[name].foreign_keys}
            assert parents == {"owned"}, table.name
    assert {table.name for table in metadata.sorted_tables if table.info["scope"] == "common"} == {
        "workspaces",
        "knowledge_bases",
        "page_sessions",
    }


@pytest.mark.parametrize(
    "statement",
    [
        select(tasks),
        select(tasks.c.task_id).where(tasks.c.task_id == "x"),
        select(tasks).where(tasks.c[COLUMN] == 3),
        select(tasks).where(tasks.c[COLUMN].is_not(None)),
        select(trials),
        select(trials).where(trials.c.number == 3),
        select(func.count()).select_from(studies),
        select(studies, tasks).join_from(studies, tasks).where(studies.c[COLUMN] == 2),
        select(studies).where(studies.c[COLUMN] == 2, studies.c.task_seq.in_(select(tasks.c.seq))),
        select(studies.alias("s")),
        update(jobs).values(message="m"),
        delete(jobs).where(jobs.c.job_id == "x"),
        update(jobs).where(jobs.c[COLUMN] == 3).values(message="m"),
        delete(imported_studies),
        select(api_keys.c.digest),
    ],
    ids=lambda statement: re.sub(r"\s+", " ", str(statement))[:60],
)
def test_a_forgotten_condition_is_no_answer(database: Database, statement: Any) -> None:
    for _ in range(2):  # the second time the compiled statement is known
        with pytest.raises(ForeignRowsError), database.writing() as connection:
            connection.execute(statement)


@pytest.mark.parametrize("owner", [None, 0, 2])
def test_no_row_is_written_for_another(database: Database, owner: int | None) -> None:
    with pytest.raises(ForeignRowsError), database.writing() as connection:
        row = {
            "name": "n",
            "key_id": "k",
            "digest": "d",
            "owner": "o",
            "scope": "read",
            "created_at": datetime.now(UTC),
        }
        connection.execute(api_keys.insert().values(row if owner is None else {**row, COLUMN: owner}))
