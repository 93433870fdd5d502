"""Failures of a database are distinguished."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import event, text

from store.connections.database import Database
from store.jobs import JobRepository
from tests.conftest import fresh_database
from tests.databases import migrated
from warmtune.vocabulary.errors import InvalidInputError, StorageFullError, UnavailableError, WarmtuneError


@pytest.fixture
def small(tmp_path: Path) -> Database:
    """A database whose file may not grow by much."""
    database = Database(f"sqlite:///{tmp_path / 'small.db'}", timeout_s=1.0)

    @event.listens_for(database.engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 64")

    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x BLOB)"))
    return database


def test_a_full_disk_is_no_silence(small: Database) -> None:
    with pytest.raises(StorageFullError, match="no disk space") as full, small.writing() as connection:
        connection.execute(text("INSERT INTO t VALUES (zeroblob(1000000))"))
    assert full.value.code == "storage_full"
    with small.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    with small.writing() as connection:
        connection.execute(text("INSERT INTO t VALUES ('small')"))
    small.close()


def test_a_full_postgresql_is_no_silence(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(StorageFullError), database.writing() as connection:
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"))
    database.close()


def test_what_may_only_be_read_says_so(tmp_path: Path, postgres_url: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'read.db'}")
    database.migrate()
    with pytest.raises(UnavailableError) as refused, database.writing() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        connection.execute(text("CREATE TABLE t (x)"))
    assert refused.value.code == "database_read_only"
    database.close()
    other = Database(postgres_url)
    with pytest.raises(UnavailableError) as refused, other.writing() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("CREATE TABLE t (x int)"))
    assert refused.value.code == "database_read_only"
    other.close()


@pytest.mark.slow
def test_a_lock_of_another_is_waited_for_and_no_longer(database_url: str) -> None:
    patient, other = Database(database_url, timeout_s=1.0), Database(database_url)
    other.migrate()
    with other.writing() as holder:
        holder.execute(text("INSERT INTO knowledge_bases VALUES ('v', CURRENT_TIMESTAMP)"))
        with pytest.raises(UnavailableError) as busy, patient.writing() as connection:
            connection.execute(text("INSERT INTO knowledge_bases VALUES ('v', CURRENT_TIMESTAMP)"))
    assert busy.value.code == "busy"
    patient.close()
    other.close()


def test_a_mistake_in_sql_is_not_taken_for_an_outage(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(Exception, match="nowhere") as raised, database.reading() as connection:
        connection.execute(text("SELECT 1 FROM nowhere WHERE 1 = :secret"), {"secret": "a-password"})
    assert "a-password" not in str(raised.value)
    database.close()


@pytest.mark.slow
def test_writers_of_one_process_wait_for_each_other(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}", timeout_s=20.0)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    failed: list[WarmtuneError] = []

    def write() -> None:
        for number in range(20):
            try:
                with database.writing() as connection:
                    connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})
            except WarmtuneError as error:
                failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 800
    database.close()


@pytest.mark.slow
def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gone.db'}")
    database.migrate()
    database.ping()
    for left in tmp_path.glob("gone.db*"):
        left.unlink()
    for attempt in (database.ping, database.migrate):
        with pytest.raises(UnavailableError) as gone:
            attempt()
        assert gone.value.code == "database_gone"
    database.close()
    with pytest.raises(UnavailableError):
        database.ping()
    assert not (tmp_path / "gone.db").exists()


def test_a_damaged_database_says_so(tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "text.db").write_bytes(b"this is no database at all, but long enough to be one" * 100)
    database = Database(f"sqlite:///{tmp_path / 'text.db'}")
    with pytest.raises(UnavailableError, match="restore a backup") as refused:
        database.migrate()
    assert refused.value.code == "database_damaged"
    database.close()
    other = Database(postgres_url)
    with pytest.raises(UnavailableError) as refused, other.writing() as connection:
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'torn page' USING ERRCODE = 'XX001'; END $$"))
    assert refused.value.code == "database_damaged"
    other.close()


def test_a_transaction_that_stood_still_is_ended_and_tells_so(postgres_url: str) -> None:
    database = Database(postgres_url, timeout_s=0.25)  # the server waits for twice as long
    with pytest.raises(UnavailableError), database.writing() as connection:
        connection.execute(text("SELECT 1"))
        time.sleep(1.5)  # as a process that is stopped, or starved of processor
        connection.execute(text("SELECT 1"))
    with database.writing() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()


def test_a_postgresql_that_cannot_hold_all_text_is_refused(postgres_server: str) -> None:
    options = "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    with fresh_database(postgres_server, options) as url:
        database = Database(url)
        with pytest.raises(InvalidInputError) as refused:
            database.migrate()
        database.close()
    assert (refused.value.field, refused.value.value, refused.value.limit) == (
        "WARMTUNE_DATABASE_URL",
        "'LATIN1'",
        "UTF8",
    )


def test_text_of_all_languages_comes_through_whatever_the_environment_says(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with migrated(postgres_url) as database:
        with database.writing() as connection:
            JobRepository(connection).queue("job_1", "refit", {"name": "漢字 €"})
        with database.reading() as connection:
            assert JobRepository(connection).get("job_1").request == {"name": "漢字 €"}


@pytest.mark.slow
def test_a_deleted_log_of_sqlite_is_no_success(tmp_path: Path) -> None:
    with migrated(f"sqlite:///{tmp_path / 'a.db'}") as database:
        with database.writing() as connection:
            JobRepository(connection).queue("job_1", "refit", {})
        (tmp_path / "a.db-wal").unlink()
        with pytest.raises(UnavailableError) as refused, database.writing() as connection:
            JobRepository(connection).queue("job_2", "refit", {})
        assert refused.value.code == "database_gone"


@pytest.mark.slow
def test_a_log_that_sqlite_itself_deletes_is_none(tmp_path: Path) -> None:
    with migrated(f"sqlite:///{tmp_path / 'a.db'}") as database:
        for number in range(3):
            with database.writing() as connection:
                JobRepository(connection).queue(f"job_{number}", "refit", {})
            database.close()  # the last connection: the log goes with it
            assert not (tmp_path / "a.db-wal").exists()
