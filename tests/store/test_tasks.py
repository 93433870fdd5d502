"""Tasks come back as they were kept."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from store.connections.database import Database
from store.model_keys import KindGroup
from store.pages import PageRequest
from store.tasks import TaskRepository
from tests.store.samples import make_task
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


@pytest.mark.slow
def test_a_task_comes_back_exactly(database: Database) -> None:
    task = make_task(name="Grüße — 数据 🔥")
    with database.writing() as connection:
        TaskRepository(connection).keep(task)
    with database.reading() as connection:
        kept = TaskRepository(connection).get(task.task_id)
    assert kept.task == task
    assert kept.created_at.utcoffset() is not None
    assert not kept.shipped


def test_the_same_content_is_one_task_and_the_first_name_stays(database: Database) -> None:
    with database.writing() as connection:
        first = TaskRepository(connection).keep(make_task("first"))
    with database.writing() as connection:
        again = TaskRepository(connection).keep(make_task("second"))
        assert TaskRepository(connection).count() == 1
    assert again == first


def test_meta_features_of_another_version_replace_those_that_are_kept(database: Database) -> None:
    old = make_task()
    newer = Task(old.task_id, old.name, old.kind, MetaFeatures({"n_rows": 151.0}, version="warmtune-2"))
    with database.writing() as connection:
        TaskRepository(connection).keep(old)
        TaskRepository(connection).keep(newer)
    with database.reading() as connection:
        assert TaskRepository(connection).get(old.task_id).task == newer


@pytest.mark.parametrize("unknown", ["task_nowhere", "", "nul\x00", "x" * 300, "\ud800", "%"])
def test_an_unknown_task_is_named(database: Database, unknown: str) -> None:
    with database.reading() as connection, pytest.raises(NotFoundError) as caught:
        TaskRepository(connection).get(unknown)
    assert caught.value.field == "task_id"


def test_pages_hold_every_task_once_newest_first(database: Database) -> None:
    tasks = [make_task(f"t{i}", n_rows=float(i)) for i in range(7)]
    with database.writing() as connection:
        for task in tasks:
            TaskRepository(connection).keep(task)
    names: list[str] = []
    cursor: str | None = None
    with database.reading() as connection:
        for _ in range(4):
            page = TaskRepository(connection).page(PageRequest(cursor, limit=2))
            names += [stored.name for stored in page.items]
            cursor = page.next_cursor
    assert names == [f"t{i}" for i in reversed(range(7))]
    assert cursor is None


def test_a_page_that_is_just_full_has_no_next(database: Database) -> None:
    with database.writing() as connection:
        for i in range(2):
            TaskRepository(connection).keep(make_task(n_rows=float(i)))
        assert TaskRepository(connection).page(PageRequest(limit=2)).next_cursor is None


@pytest.mark.parametrize("cursor", ["nonsense", "!!!", "", "LTU=", "é", "MTA3x"])
def test_a_foreign_cursor_is_refused(database: Database, cursor: str) -> None:
    with database.reading() as connection, pytest.raises(InvalidInputError) as caught:
        TaskRepository(connection).page(PageRequest(cursor))
    assert caught.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_size_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        PageRequest(limit=limit)
    assert caught.value.field == "limit"


def test_tasks_of_a_group_are_those_of_its_kinds(database: Database) -> None:
    with database.writing() as connection:
        repository = TaskRepository(connection)
        for i, kind in enumerate(TaskKind):
            repository.keep(make_task(str(kind), kind, n_rows=float(i)))
        assert [t.kind for t in repository.of_group(KindGroup.CLASSIFICATION)] == [
            TaskKind.BINARY,
            TaskKind.MULTICLASS,
        ]
        assert [t.kind for t in repository.of_group(KindGroup.REGRESSION)] == [TaskKind.REGRESSION]
        page = repository.page(PageRequest(), kind=TaskKind.BINARY)
    assert [stored.kind for stored in page.items] == [TaskKind.BINARY]


def test_identifiers_tell_content_apart_and_ignore_order() -> None:
    one = MetaFeatures({"a": 1.0, "b": 2.0})
    assert task_id_of(TaskKind.BINARY, one) == task_id_of(TaskKind.BINARY, MetaFeatures({"b": 2.0, "a": 1.0}))
    assert task_id_of(TaskKind.BINARY, one) != task_id_of(TaskKind.REGRESSION, one)
    assert task_id_of(TaskKind.BINARY, one) != task_id_of(TaskKind.BINARY, MetaFeatures({"a": 1.0, "b": 2.5}))
    by_hash = task_id_of(TaskKind.BINARY, one, content_hash="abc")
    assert by_hash == task_id_of(TaskKind.BINARY, MetaFeatures({}), content_hash="abc")
    assert by_hash != task_id_of(TaskKind.BINARY, one, content_hash="abd")


@pytest.mark.parametrize("kind", [None, TaskKind.BINARY])
@pytest.mark.slow
def test_a_page_is_read_in_order_and_sorts_no_rows(tmp_path: Path, kind: TaskKind | None) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    opened.migrate()
    database = opened.of_default()
    asked: list[tuple[str, object]] = []

    def note(_connection: Connection, _cursor: object, statement: str, given: object, *_: object) -> None:
        asked.append((statement, given))

    with database.reading() as connection:
        event.listen(opened.engine, "before_cursor_execute", note)
        TaskRepository(connection).page(PageRequest(), kind=kind)
        event.remove(opened.engine, "before_cursor_execute", note)
        lists = [(statement, given) for statement, given in asked if statement.startswith("SELECT")]
        assert len(lists) == 2  # of what ships, and of the workspace's own
        for statement, given in lists:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)  # type: ignore[arg-type]
            steps = [row[3] for row in plan]
            assert steps and all("SEARCH tasks USING INDEX" in step for step in steps), steps
    opened.close()


def test_the_newest_own_task_has_the_highest_number_and_none_is_0(database: Database) -> None:
    with database.writing() as connection:
        repository = TaskRepository(connection)
        before = repository.latest_seq()
        repository.keep(make_task("one"))
        first = repository.latest_seq()
        repository.keep(make_task("two", n_rows=151.0))
        assert before == 0 < first < repository.latest_seq()
