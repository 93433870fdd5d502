"""The doctor: what it finds wrong, and that it changes nothing."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from metafeatures.version import VERSION
from service.doctor.examination import examine
from service.doctor.findings import Finding, Level, worst
from service.doctor.settings_findings import examine_settings
from service.settings import Settings
from store.api_keys import ApiKeyRepository
from store.connections.database import Database
from store.jobs import JobRepository
from store.tasks import TaskRepository
from tests.serving import LiveService
from warmtune.cli.app import app
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


def settings_of(directory: Path, **given: object) -> Settings:
    base = {"database_url": f"sqlite:///{directory}/d.db", "job_directory": directory / "jobs", "port": 0}
    return Settings.model_validate(base | given)


def of(found: list[Finding], topic: str, level: Level) -> list[str]:
    return [finding.text for finding in found if (finding.topic, finding.level) == (topic, level)]


def test_a_new_installation_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    found = examine(settings_of(tmp_path))
    assert worst(found) is Level.WARNING  # the database is not there yet
    assert list(tmp_path.iterdir()) == []


def test_a_running_service_is_well(live_service: LiveService) -> None:
    port = int(live_service.url.rpartition(":")[2])
    found = examine(Settings(database_url=f"sqlite:///{live_service.database}", port=port))
    assert of(found, "port", Level.OK) == [f"a Warmtune service answers at 127.0.0.1:{port}"]
    assert len(of(found, "knowledge base", Level.OK)) == 1
    assert len(of(found, "meta-features", Level.OK)) == 1
    assert worst(found) is not Level.FAILURE


def test_what_listens_at_the_port_is_distinguished_from_a_service(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        found = examine(settings_of(tmp_path, port=stranger.getsockname()[1]))
    assert len(of(found, "port", Level.FAILURE)) == 1


@pytest.mark.parametrize("url", ["postgresql://me:hidden@127.0.0.1:9/none", "mysql://x/y", "nonsense"])
def test_a_database_that_cant_be_used_is_a_failure(tmp_path: Path, url: str) -> None:
    found = examine(settings_of(tmp_path, database_url=url))
    assert len(of(found, "database", Level.FAILURE)) == 1
    assert "hidden" not in repr(found)


def test_a_damaged_file_is_a_failure(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/d.db")
    database.migrate()
    database.close()
    content = bytearray((tmp_path / "d.db").read_bytes())
    content[8_192 + 100 :] = b"\xff" * (len(content) - 8_292)
    (tmp_path / "d.db").write_bytes(content)
    assert of(examine(settings_of(tmp_path)), "database", Level.FAILURE)


@pytest.mark.parametrize(("revision", "level"), [("0001", Level.WARNING), ("9999", Level.FAILURE)])
def test_tables_of_other_versions_are_reported(tmp_path: Path, revision: str, level: Level) -> None:
    database = Database(f"sqlite:///{tmp_path}/d.db")
    database.migrate()
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))
    database.close()
    assert len(of(examine(settings_of(tmp_path)), "database", level)) == 1


def test_tasks_of_another_version_of_the_meta_features_are_reported(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/d.db")
    database.migrate()
    described = {"now": VERSION, "before": "warmtune-0", "elsewhere": "metadataset"}
    with database.of_default().writing() as connection:
        for name, version in described.items():
            features = MetaFeatures({"n_rows": 5.0}, version=version)
            TaskRepository(connection).keep(Task(name, name, TaskKind.BINARY, features))
    database.close()
    (found,) = of(examine(settings_of(tmp_path)), "meta-features", Level.WARNING)
    assert found.startswith(f"of 3 tasks, 1 are of another version than {VERSION} (1 of warmtune-0)")


def test_keys_and_jobs_are_looked_at(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/d.db")
    database.migrate()
    with database.of_default().writing() as connection:
        keys = ApiKeyRepository(connection)
        keys.make(name="endless", owner="me", scope=Scope.ADMIN, expires_at=None)
        keys.make(name="over", owner="me", scope=Scope.READ, expires_at=datetime.now(UTC) - timedelta(days=1))
        JobRepository(connection).queue("job_1", "refit", {})
    with database.writing() as connection:
        JobRepository(connection).claim("far-away/1/1/aa", ["refit"])
    database.close()
    found = examine(settings_of(tmp_path, job_lease_s=1e-6))
    texts = of(found, "keys", Level.WARNING)
    assert any("1 have expired" in text for text in texts)
    assert any("1 never expire" in text for text in texts)
    assert "job_1" in of(found, "jobs", Level.WARNING)[0]
    assert of(found, "network", Level.OK) == ["every call needs a key"]


def test_an_open_address_without_keys_is_a_failure(tmp_path: Path) -> None:
    assert of(examine(settings_of(tmp_path, host="0.0.0.0")), "network", Level.FAILURE)  # only looked at


def test_variables_that_mean_nothing_are_reported_and_secrets_are_not() -> None:
    settings = Settings.model_validate({"api_keys": "hidden-key-1", "database_url": "postgresql://me:hidden@host/d"})
    found = list(examine_settings(settings, {"WARMTUNE_MAX_MODEL": "3", "WARMTUNE_URL": "x", "HOME": "/"}))
    assert of(found, "settings", Level.WARNING) == [
        "WARMTUNE_MAX_MODEL is not a setting and has no effect; is WARMTUNE_MAX_MODELS meant?"
    ]
    assert "hidden" not in repr(found)
    assert "api_keys=(1 keys)" in found[0].text


def test_a_file_with_secrets_that_others_can_read_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('api_keys = "hidden-key-1"\n')
    settings = Settings.model_validate({"api_keys": "hidden-key-1"})
    file.chmod(0o644)
    assert of(list(examine_settings(settings, {"WARMTUNE_SETTINGS_FILE": str(file)})), "settings", Level.WARNING)
    file.chmod(0o600)
    assert not of(list(examine_settings(settings, {"WARMTUNE_SETTINGS_FILE": str(file)})), "settings", Level.WARNING)


def test_the_command_fits_a_terminal_and_says_by_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_PORT", "0")
    monkeypatch.setenv("WARMTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/[bold]d.db")
    done = CliRunner().invoke(app, ["doctor"], catch_exceptions=False)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "[bold]" in done.stdout.replace("\n", "")
    done = CliRunner().invoke(app, ["doctor", "--database-url", "mysql://x/y", "--format", "json"])
    assert done.exit_code == 1
    assert {"topic", "level", "text"} == set(json.loads(done.stdout)[0])
