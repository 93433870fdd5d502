"""Every revision that ever was, with a row in each of its tables, becomes this version's database."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, func, select

from store.connections.database import Connection, Database
from store.registered_space import space_id_of
from store.schema import HEAD, current_revision, migrate
from store.studies import StudyRepository
from store.trials import TrialRepository
from tests.serving import ROOT
from tests.store.samples import KEY, SPACE, make_trial

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SPACE_ID = space_id_of(SPACE)
OF_KEY = KEY.columns()
N_TRIALS = 25
SHIPPED = {"shipped": False}
MADE = {"created_at": NOW}
ROWS: dict[str, list[dict[str, Any]]] = {
    "search_spaces": [
        {"space_id": SPACE_ID, "content_key": KEY.content_key, "definition": json.dumps(SPACE.to_json())}
    ],
    "tasks": [
        {"seq": seq, "task_id": f"task_{seq}", "name": "n", "kind": "binary", "meta_features": {"n_rows": 1.5}}
        | {"gaps": {"skew": "none"}, "version": "1", "shipped": seq == 1, **MADE}
        for seq in (1, 2)
    ],
    "registered_spaces": [
        {"seq": 1, "name": "svm", "kind_group": "any", "kinds": ["binary"], "space_id": SPACE_ID, "summary": "s"}
        | SHIPPED
    ],
    "studies": [
        {"seq": seq, "study_id": f"study_{seq}", "task_seq": seq, "space_id": SPACE_ID, "search_space_name": "svm"}
        | {**OF_KEY, "name": "n", "metadata": {"a": 1}, "shipped": seq == 1, "n_trials": N_TRIALS, "best_value": 0.5}
        | MADE
        for seq in (1, 2)
    ],
    "trials": [
        {"study_seq": seq, "number": n, "state": "complete", "value": 0.5, "duration_s": 1.25, "revision": 1}
        | {"params": dict(make_trial(n).configuration), "intermediate_values": {"0": 0.25}}
        for seq in (1, 2)
        for n in range(N_TRIALS)
    ],
    "revisions": [{**OF_KEY, "revision": 1}],
    "knowledge_bases": [{"version": "kb", "loaded_at": NOW}],
    "kept_answers": [
        {"key_digest": "k", "request_digest": "r", "status": 200, "media_type": "application/json", "body": b"{}"}
        | MADE
    ],
    "jobs": [
        {"seq": 1, "job_id": "job_1", "kind": "refit", "request": {"n": 1}, "state": "queued", "progress": 0.0}
        | {"message": "", "cancel_requested": False, "attempt": 0, **MADE}
    ],
    "job_lines": [{"job_seq": 1, "number": 1, "at": NOW, "text": "queued"}],
    "models": [
        {"seq": 1, "version": "v1", **OF_KEY, "space_id": SPACE_ID, "search_space_name": "svm", "state": "active"}
        | {"pinned": False, "sources": {}, "n_tasks": 1, "n_trials": 1, "reason": "r", **MADE}
    ],
    "neural_models": [
        {"seq": 1, "name": "net", "family": "surrogate", "version": "1", "shipped": False, "space_id": SPACE_ID}
        | {"search_space_name": "svm", **{k: v for k, v in OF_KEY.items() if k != "content_key"}}
        | {"facts": {"a": 1}, "content": bytes(range(256)), **MADE}
    ],
    "imports": [
        {"seq": 1, "import_id": "import_1", "source": "optuna", "written_by": "4", "file_name": "f", "file_hash": "h"}
        | MADE
    ],
    "imported_studies": [{"import_seq": 1, "study_seq": 2, "trial_numbers": [[0, 9]]}],
    "claims": [{"key_digest": "k", "owner": "o", "claimed_at": NOW}],
    "api_keys": [{"seq": 1, "key_id": "wt_1", "digest": "d", "name": "n", "owner": "o", "scope": "admin", **MADE}],
}


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    return sorted(revision for revision in known if revision != HEAD)


def fill(connection: Connection) -> dict[str, int]:
    """A row or more in each table that is made for rows of users; how many there are of each."""
    tables = MetaData()
    tables.reflect(connection)
    counts = {}
    for table in tables.sorted_tables:
        rows = ROWS.get(table.name)
        if rows is None:
            continue
        for row in rows:
            missing = [c.name for c in table.columns if not c.nullable and c.name not in row and not filled_by(c)]
            assert not missing, (table.name, missing)
            values = {name: value for name, value in row.items() if name in table.columns}
            connection.execute(table.insert().values(values))
        counts[table.name] = len(rows)
    return counts


def filled_by(column: Any) -> bool:
    """Whether the database gives a value where none is said: by default, or the workspace that a migration made."""
    return column.server_default is not None or column.name == "workspace_seq"


@pytest.mark.parametrize("revision", [r for r in revisions() if r < "0012"])
@pytest.mark.slow
def test_rows_of_any_revision_survive_the_upgrade(database_url: str, revision: str) -> None:
    database = Database(database_url)
    with database.altering() as connection:
        migrate(connection, to=revision)
        counts = fill(connection)
    assert counts["trials"] == 2 * N_TRIALS
    database.migrate()
    with database.reading() as connection:
        assert current_revision(connection) == HEAD
        tables = MetaData()
        tables.reflect(connection)
        found = {name: size_of(connection, tables.tables[name]) for name in counts}
    copies = {"search_spaces"}  # what ships and what a user names are two since there are workspaces
    assert {n: c for n, c in found.items() if n not in copies} == {n: c for n, c in counts.items() if n not in copies}
    mine = database.of_default()
    with mine.writing() as connection:
        own = StudyRepository(connection).get("study_2")
        trials = TrialRepository(connection).of_study(own)
        assert [(t.number, t.value, t.duration_s) for t in trials] == [(n, 0.5, 1.25) for n in range(N_TRIALS)]
        assert trials[3].configuration == make_trial(3).configuration
        assert trials[3].intermediate_values == {0: 0.25}
        outcome = TrialRepository(connection).report(own, [make_trial(N_TRIALS)])
        assert outcome.study.n_trials == N_TRIALS + 1
    database.close()


def size_of(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
