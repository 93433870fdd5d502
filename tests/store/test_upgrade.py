"""A database of the last version without workspaces: all that is there becomes the workspace `default`."""

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from store.connections.database import Database
from store.histories import past_tasks
from store.imports import ImportRepository
from store.models import ModelRepository
from store.pages import PageRequest
from store.registered_space import space_id_of
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from store.shipped import loaded_version
from store.studies import StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from tests.serving import ROOT
from tests.store.samples import KEY, SPACE, make_trial
from warmtune.vocabulary.errors import NotFoundError

_N_TRIALS = 2_500
_SPACE_ID = space_id_of(SPACE)
_KEY = f"'{KEY.content_key}', 'classification', 'accuracy', 'maximize'"
_NOW = "'2026-01-01 00:00:00+00:00'"
_OLD = (
    f"INSERT INTO search_spaces VALUES ('{_SPACE_ID}', '{KEY.content_key}', :definition)",
    f"INSERT INTO tasks VALUES (1, 'task_shipped', 'iris', 'binary', '{{}}', '{{}}', '1', true, {_NOW}), "
    f"(2, 'task_own', 'mine', 'binary', '{{}}', '{{}}', '1', false, {_NOW})",
    f"INSERT INTO registered_spaces VALUES (1, 'svm', 'any', '[\"binary\"]', '{_SPACE_ID}', true, 's'), "
    f"(2, 'ours', 'any', '[\"binary\"]', '{_SPACE_ID}', false, 's')",
    f"INSERT INTO studies VALUES (1, 'study_shipped', 1, '{_SPACE_ID}', 'svm', {_KEY}, NULL, '{{}}', true, 1, 0.5, "
    f"{_NOW}), (2, 'study_own', 2, '{_SPACE_ID}', 'svm', {_KEY}, 'n', '{{}}', false, {_N_TRIALS}, 0.5, {_NOW}), "
    f"(3, 'study_of_shipped', 1, '{_SPACE_ID}', NULL, {_KEY}, NULL, '{{}}', false, 0, NULL, {_NOW})",
    f"INSERT INTO revisions VALUES ({_KEY}, 3)",
    "INSERT INTO knowledge_bases VALUES ('kb', '2026-01-01 00:00:00+00:00')",
    f"INSERT INTO models VALUES (1, 'v1', {_KEY}, '{_SPACE_ID}', 'svm', 'active', false, '{{}}', 1, 1, NULL, NULL, "
    f"'r', {_NOW}, NULL, NULL)",
    f"INSERT INTO imports VALUES (1, 'import_1', 'optuna', '4', 'f', 'h', NULL, {_NOW})",
    "INSERT INTO imported_studies VALUES (1, 2, '[[0, 9]]')",
    f"INSERT INTO api_keys VALUES (1, 'wt_1', 'd', 'n', 'o', 'admin', {_NOW}, NULL, NULL, NULL)",
    f"INSERT INTO jobs (seq, job_id, kind, request, state, progress, message, cancel_requested, attempt, created_at) "
    f"VALUES (1, 'job_1', 'refit', '{{}}', 'queued', 0, '', false, 0, {_NOW})",
    f"INSERT INTO kept_answers VALUES ('k', 'r', 200, 'application/json', :body, {_NOW})",
    f"INSERT INTO claims VALUES ('k', 'o', {_NOW})",
)


def old_schema(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def filled(connection: Connection) -> None:
    for statement in _OLD:
        given = {"definition": json.dumps(SPACE.to_json()), "body": b"{}"}
        named = {name: value for name, value in given.items() if f":{name}" in statement}
        connection.execute(text(statement), named)
    rows = [
        {"study": study, "number": n, "params": json.dumps(dict(make_trial(n).configuration))}
        for study, n_trials in ((1, 1), (2, _N_TRIALS))
        for n in range(n_trials)
    ]
    insert = (
        "INSERT INTO trials (study_seq, number, state, value, duration_s, params, revision) "
        "VALUES (:study, :number, 'complete', 0.5, 1.25, :params, 3)"
    )
    connection.execute(text(insert), rows)


@pytest.mark.slow
def test_an_old_database_becomes_the_default_workspace(database_url: str) -> None:
    database = Database(database_url)
    with database.changing_schema() as connection:
        old_schema(connection, "0011")
        filled(connection)
    database.migrate()
    default = database.of_default()
    with default.reading() as connection:
        assert [t.task_id for t in TaskRepository(connection).page(PageRequest()).items] == ["task_own", "task_shipped"]
        studies = StudyRepository(connection)
        own = studies.get("study_own")
        assert (studies.count(), studies.count_trials(), own.n_trials) == (3, _N_TRIALS + 1, _N_TRIALS)
        assert [s.study_id for s in studies.page(PageRequest(), own_only=True).items] == [
            "study_of_shipped",
            "study_own",
        ]
        assert len(TrialRepository(connection).of_study(own)) == _N_TRIALS
        assert [(past.task.task_id, len(past.trials)) for past in past_tasks(connection, KEY, up_to=3)] == [
            ("task_shipped", 1),
            ("task_own", _N_TRIALS),
        ]
        assert revision_of(connection, KEY) == 3
        assert [(s.name, s.shipped) for s in SearchSpaceRepository(connection).page(PageRequest()).items] == [
            ("svm", True),
            ("ours", False),
        ]
        active = ModelRepository(connection).active(KEY)
        assert active is not None
        assert active.learned.version == "v1"
        assert [one.import_id for one in ImportRepository(connection).of_study("study_own")] == ["import_1"]
        assert loaded_version(connection) == "kb"
    with database.writing() as connection:
        other = database.of(WorkspaceRepository(connection).create("other").workspace)
    with other.reading() as connection:
        assert [past.task.task_id for past in past_tasks(connection, KEY)] == ["task_shipped"]
        assert StudyRepository(connection).count_trials() == 1
        assert ModelRepository(connection).active(KEY) is None
        for call in (StudyRepository(connection).get, TaskRepository(connection).get):
            for name in ("study_own", "task_own"):
                try:
                    call(name)
                except NotFoundError:
                    continue
                raise AssertionError(name)
    with default.writing() as connection:
        outcome = TrialRepository(connection).report(own, [make_trial(_N_TRIALS)])
    assert outcome.study.n_trials == _N_TRIALS + 1
    database.close()


@pytest.mark.slow
def test_foreign_keys_are_looked_at_again_after_a_migration(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    database.migrate()
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()
