"""Backups: one state of a database, and the same again in either kind of database."""

import json
import math
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace as replace_fields
from pathlib import Path

import pytest
from sqlalchemy import select, update

from store.backup import Manifest, one_state, write_backup
from store.connections.database import Database
from store.connections.scope import SHIPPED, within
from store.jobs import JobRepository
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel
from store.restore import restore_backup
from store.studies import StudyRepository
from store.tables import metadata, trials
from store.trials import TrialRepository
from tests.store.samples import keep_study, make_task, make_trial
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, ServiceError

N_TRIALS = 2_500  # more than are read at once


def nothing(_table: str, _n_rows: int) -> None:
    """Takes what it is called with, and says nothing."""


def fill(database: Database) -> None:
    study = keep_study(database)
    with database.writing() as connection:
        TrialRepository(connection).report(study, [make_trial(number) for number in range(N_TRIALS)])
        JobRepository(connection).queue("job_ä", "refit", {"text": "\N{SNOWMAN} null", "n": None, "x": 0.1 + 0.2})
    with database.writing() as connection:
        net = NewNeuralModel("net", NeuralFamily.TASK_MODEL, bytes(range(256)), {"a": [1]})
        NeuralModelRepository(within(connection, SHIPPED)).keep_shipped(net)


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key.columns)
            rows = connection.execute(query.execution_options(warmtune_everywhere=True)).all()
            found[table.name] = [tuple(row) for row in rows]
    return found


def backed_up(database: Database, path: Path) -> Manifest:
    with database.reading() as connection:
        one_state(connection)
        return write_backup(connection, path, on_table=nothing)


def restored(database: Database, path: Path, *, replace: bool = False) -> Manifest:
    with database.altering() as connection:
        return restore_backup(connection, path, replace=replace, on_table=nothing)


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, of either kind."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'other.db'}")
    else:
        opened = Database(str(request.getfixturevalue("postgres_url")))
    yield opened
    opened.close()


@pytest.mark.slow
def test_what_is_restored_is_what_was_backed_up(database: Database, other: Database, tmp_path: Path) -> None:
    fill(database)
    manifest = backed_up(database, tmp_path / "b.zip")
    assert restored(other, tmp_path / "b.zip") == manifest
    assert content(other) == content(database)
    assert {table.name: table.n_rows for table in manifest.tables}["trials"] == N_TRIALS


@pytest.mark.slow
def test_a_restored_database_takes_new_rows(database: Database, other: Database, tmp_path: Path) -> None:
    fill(database)
    backed_up(database, tmp_path / "b.zip")
    restored(other, tmp_path / "b.zip")
    mine = other.of_default()
    with mine.writing() as connection:
        job = JobRepository(connection).queue("job_new", "refit", {})
        assert job.seq > JobRepository(connection).get("job_ä").seq
    keep_study(mine, "another", task=make_task("t2", n_rows=3.0))


@pytest.mark.slow
def test_a_backup_is_of_one_state_though_trials_come_in(database: Database, tmp_path: Path) -> None:
    fill(database)
    first_table_read, written = threading.Event(), threading.Event()

    def write() -> None:
        first_table_read.wait(30)
        study = keep_study(database, "another")
        with database.writing() as connection:
            TrialRepository(connection).report(study, [make_trial(N_TRIALS)])
        written.set()

    def meanwhile(_table: str, _n_rows: int) -> None:
        first_table_read.set()
        assert written.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    before = content(database)
    with database.reading() as connection:
        one_state(connection)
        write_backup(connection, tmp_path / "b.zip", on_table=meanwhile)
    writer.join()
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    restored(fresh, tmp_path / "b.zip")
    assert content(fresh) == before != content(database)
    fresh.close()


@pytest.mark.slow
def test_a_database_with_content_is_spared_unless_it_is_to_be_replaced(
    database: Database, other: Database, tmp_path: Path
) -> None:
    fill(database)
    backed_up(database, tmp_path / "b.zip")
    other.migrate()
    with other.of_default().writing() as connection:
        JobRepository(connection).queue("job_mine", "refit", {})
    before = content(other)
    with pytest.raises(ConflictError):
        restored(other, tmp_path / "b.zip")
    assert content(other) == before
    restored(other, tmp_path / "b.zip", replace=True)
    assert content(other) == content(database)


def damage(path: Path, name: str, change: bytes | None) -> None:
    """Write the archive again with another content of a member, or without it."""
    with zipfile.ZipFile(path) as archive:
        members = {info: archive.read(info) for info in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, old in members.items():
            if member != name:
                archive.writestr(member, old)
            elif change is not None:
                archive.writestr(member, change)


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("tables/trials.jsonl", None),
        ("tables/trials.jsonl", b""),
        ("tables/trials.jsonl", b"[1]\n"),
        ("tables/trials.jsonl", b"{"),
        ("manifest.json", None),
        ("manifest.json", b"{}"),
        ("manifest.json", b"[]"),
    ],
)
@pytest.mark.slow
def test_a_damaged_backup_changes_nothing(
    database: Database, tmp_path: Path, member: str, change: bytes | None
) -> None:
    fill(database)
    backed_up(database, tmp_path / "b.zip")
    damage(tmp_path / "b.zip", member, change)
    before = content(database)
    with pytest.raises(InvalidInputError):
        restored(database, tmp_path / "b.zip", replace=True)
    assert content(database) == before


@pytest.mark.slow
def test_names_that_the_schema_lacks_are_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    backed_up(database, path)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["tables"][0]["name"] = 'x"; DROP TABLE trials; --'
    damage(path, "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(InvalidInputError, match="not those of its schema"):
        restored(database, path, replace=True)


def test_a_backup_of_a_newer_version_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    backed_up(database, path)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    damage(path, "manifest.json", json.dumps({**manifest, "revision": "9999"}).encode())
    with pytest.raises(ServiceError, match="9999"):
        restored(database, path, replace=True)


def test_no_file_is_overwritten_and_none_is_left_half(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(b"mine")
    with pytest.raises(InvalidInputError):
        backed_up(database, path)
    assert path.read_bytes() == b"mine"

    def fail(_table: str, _n_rows: int) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), database.reading() as connection:
        write_backup(connection, tmp_path / "other.zip", on_table=fail)
    assert sorted(p.name for p in tmp_path.glob("*.zip*")) == ["b.zip"]


def test_only_owners_may_read_a_backup(database: Database, tmp_path: Path) -> None:
    backed_up(database, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0


def test_what_is_no_backup_is_reported(database: Database, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing")
    for name in ("text", "missing"):
        with pytest.raises(InvalidInputError, match="not a"):
            restored(database, tmp_path / name)


def test_numbers_that_json_cannot_hold_are_in_no_backups_way(
    database: Database, other: Database, tmp_path: Path
) -> None:
    fill(database)
    huge = replace_fields(make_trial(N_TRIALS), constraints=(1e308, 1e308, 1.0))
    with database.writing() as connection:
        study = StudyRepository(connection).get("study_1")
        TrialRepository(connection).report(study, [huge])
        its = (trials.c.study_seq == study.seq, trials.c.number == N_TRIALS)
        violations = select(trials.c.violation).where(*its)
        assert connection.execute(violations).scalar() == sys.float_info.max
        connection.execute(update(trials).where(*its).values(violation=math.inf))  # as before
    backed_up(database, tmp_path / "b.zip")
    restored(other, tmp_path / "b.zip")
    with other.of_default().reading() as connection:
        assert connection.execute(violations).scalar() == sys.float_info.max


def test_tables_are_compressed(database: Database, tmp_path: Path) -> None:
    fill(database)
    backed_up(database, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        members = [one for one in archive.infolist() if one.file_size > 1_000]
    assert len(members) > 1
    assert {one.compress_type for one in members} == {zipfile.ZIP_DEFLATED}
    assert sum(one.compress_size for one in members) < 0.3 * sum(one.file_size for one in members)
