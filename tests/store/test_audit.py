"""Rows of the audit trail: committed with what they are about, added and dropped, never changed."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.api_keys.ring import Caller
from service.audit.trail import AuditTrail
from service.http.audit_entries import entry_of
from store.audit import AuditRepository, PendingEntry, audited, name_object
from store.connections.database import Database
from store.pages import PageRequest
from store.tasks import TaskRepository
from tests.store.samples import make_task
from warmtune.vocabulary.api_key import Scope

END_S = 30.0


def entry(database: Database, route: str = "/v1/tasks") -> PendingEntry:
    assert database.workspace is not None
    return PendingEntry(database.workspace, "wt_1", "POST", route, "object", 200, "request")


def listed(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row.route for row in AuditRepository(connection).page(PageRequest()).items]


def test_the_row_is_committed_with_the_write_or_not_at_all(database: Database) -> None:
    with audited(entry(database, "/failed")), pytest.raises(ZeroDivisionError), database.writing() as connection:
        TaskRepository(connection).keep(make_task())
        _ = 1 / 0
    assert listed(database) == []
    with audited(entry(database, "/done")):
        with database.bookkeeping() as connection:
            TaskRepository(connection).keep(make_task())
        assert listed(database) == []
        for _ in range(2):
            with database.writing() as connection:
                TaskRepository(connection).keep(make_task())
    with database.writing() as connection:
        TaskRepository(connection).keep(make_task())
    assert listed(database) == ["/done"]


def test_the_row_names_what_the_request_has_made(database: Database) -> None:
    name_object("of no request")
    with audited(entry(database)), database.writing() as connection:
        name_object(TaskRepository(connection).keep(make_task()).task.task_id)
    with database.reading() as connection:
        (row,) = AuditRepository(connection).page(PageRequest()).items
    assert row.object == make_task().task_id


def test_rows_can_only_be_added_and_grow_old(database: Database) -> None:
    with database.writing() as connection:
        AuditRepository(connection).add(entry(database, "/old"))
    for statement in ("UPDATE audit SET caller = 'nobody'",):
        with pytest.raises(DBAPIError), database.writing() as connection:
            connection.execute(text(statement))
    trail_ = AuditTrail(database.of(None), keep_days=1)
    trail_.start()
    for n in range(700):
        trail_.refuse(entry(database, f"/{n}"), status=403, code="forbidden")
    trail_.close(END_S)
    with database.reading() as connection:
        first = AuditRepository(connection).page(PageRequest(limit=500))
        rest = AuditRepository(connection).page(PageRequest(first.next_cursor, limit=500))
    assert len(first.items) + len(rest.items) == 701
    ancient = AuditTrail(database.of(None), keep_days=0)
    ancient.start()
    ancient.close(END_S)
    assert listed(database) == []


def test_a_refusal_is_noted_whatever_its_method_and_path_were(database: Database) -> None:
    """One that the database refused would end the noting of all others."""
    assert database.workspace is not None
    caller = Caller("wt_1", Scope.READ, database.workspace)
    odd = entry_of(caller, "M" * 40, "/v1/\x00\n" + "p" * 300, {"name": "\x00"}, status=403, request_id="r")
    trail_ = AuditTrail(database.of(None), keep_days=1)
    trail_.start()
    trail_.refuse(odd, status=403, code="forbidden")
    trail_.refuse(entry(database, "/after"), status=403, code="forbidden")
    trail_.close(END_S)
    with database.reading() as connection:
        after, noted = AuditRepository(connection).page(PageRequest()).items
    assert after.route == "/after"
    assert (noted.method, noted.object) == ("M" * 10, "\ufffd")
    assert noted.route.startswith("/v1/\ufffd\ufffdppp")


def test_a_caller_that_no_key_can_have_has_no_rows(database: Database) -> None:
    with database.writing() as connection:
        AuditRepository(connection).add(entry(database))
        assert AuditRepository(connection).page(PageRequest(), caller="\x00").items == ()
        assert len(AuditRepository(connection).page(PageRequest(), caller="wt_1").items) == 1


def test_a_writer_is_found_by_what_was_written_at_about_its_moment(database: Database) -> None:
    with audited(entry(database)), database.writing() as connection:
        TaskRepository(connection).keep(make_task())
    with database.reading() as connection:
        trail = AuditRepository(connection)
        at = trail.page(PageRequest()).items[0].at
        for seconds, writer in ((-90, None), (-30, "wt_1"), (0, "wt_1"), (30, "wt_1"), (90, None)):
            assert trail.writer_of("object", at=at + timedelta(seconds=seconds)) == writer
        assert trail.writer_of("another", at=at) is None
