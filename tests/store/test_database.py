"""Addresses, migrations, transactions, and what survives."""

import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from store import schema
from store.connections.database import Database
from store.studies import StudyRepository
from store.tables import metadata
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.serving import ROOT
from tests.store.samples import keep_study, make_task, make_trial
from warmtune.vocabulary.errors import InvalidInputError, ServiceError, UnavailableError


def test_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_documentation_lists_the_tables() -> None:
    page = (ROOT / "docs" / "storage.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", page.partition("\n## Tables\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert sorted(listed) == sorted(metadata.tables)


def test_the_head_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


@pytest.mark.slow
def test_migrating_again_or_at_the_same_time_does_no_harm(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Database.migrate, databases))
    databases[0].migrate()
    with databases[0].reading() as connection:
        assert schema.current_revision(connection) == schema.HEAD
    for opened in databases:
        opened.close()


@pytest.mark.slow
def test_a_newer_schema_is_refused(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ServiceError, match="9999"):
        database.migrate()
    database.close()


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        TaskRepository(connection).keep(make_task())
        _ = 1 / 0
    with database.reading() as connection:
        assert TaskRepository(connection).count() == 0


def test_reading_writes_nothing(database: Database) -> None:
    with database.reading() as connection:
        TaskRepository(connection).keep(make_task())
    with database.reading() as connection:
        assert TaskRepository(connection).count() == 0


def test_readers_are_not_kept_waiting_by_a_writer(database: Database) -> None:
    keep_study(database)
    seen: list[int] = []
    with database.writing() as connection:
        TaskRepository(connection).keep(make_task("other", n_rows=9.0))

        def read() -> None:
            with database.reading() as other:
                seen.append(TaskRepository(other).count())

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(10)
    assert seen == [1]


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://root@host/db", "nonsense", "", "oracle+what://x"]
)
def test_unusable_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Database(url)
    assert caught.value.field == "WARMTUNE_DATABASE_URL"


def test_a_password_is_never_shown() -> None:
    database = Database("postgresql://someone:verysecret@localhost:1/nothing")
    assert "verysecret" not in database.shown_url
    with pytest.raises(UnavailableError) as caught:
        database.ping()
    assert "verysecret" not in str(caught.value)


def test_sqlite_writes_are_durable_and_wait(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'store.db'}")
    with database.reading() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


_WRITER = """
import sys
from store.connections.database import Database
from store.trials import TrialRepository
from tests.store.samples import keep_study, make_trial
database = Database(sys.argv[1]).of_default()
study = keep_study(database)
for number in range(100_000):
    with database.writing() as connection:
        TrialRepository(connection).report(study, [make_trial(number)])
    print(number, flush=True)
"""


@pytest.mark.slow
def test_acknowledged_trials_survive_a_kill(database: Database) -> None:
    database_url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", _WRITER, database_url], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    acknowledged = -1
    while acknowledged < 40:
        acknowledged = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    acknowledged = max(int(line) for line in [str(acknowledged), *rest.decode().splitlines()[:-1]])
    with database.reading() as connection:
        kept = TrialRepository(connection).of_study(StudyRepository(connection).get("study_1"))
    numbers = [trial.number for trial in kept]
    assert numbers == list(range(len(kept)))
    assert len(kept) >= acknowledged + 1
    assert kept[acknowledged] == make_trial(acknowledged)
