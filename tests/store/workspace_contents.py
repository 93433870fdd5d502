"""What a workspace holds in the tests of workspaces: the same identifiers, names and keys in each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from store.api_keys import ApiKeyRepository
from store.audit import AuditRepository, PendingEntry
from store.claims import ClaimRepository
from store.connections.database import Database
from store.connections.scope import SHIPPED, workspace_of
from store.imports import ImportRepository
from store.jobs import JobRepository
from store.key_usage import KeyUsageRepository
from store.model_snapshots import SnapshotFacts, SnapshotRepository, StudySet
from store.models import LearnedVersion, ModelRepository
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel
from store.search_spaces import SearchSpaceRepository
from store.share_transfers import NewShare, ShareTransferRepository
from store.shipped import ShippedStudy, ShippedTrials, replace_shipped
from store.stored_answers import StoredAnswer, StoredAnswerRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trial_rows import trial_row
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from tests.store.samples import KEY, SPACE, make_task, make_trial
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.model_version import ModelState
from warmtune.vocabulary.space import SearchSpace

ME = "here/1/aa"
ENGINE = "e" * 64
TASK = make_task("mine")
ANSWER = StoredAnswer("d" * 64, 201, "application/json", b"{}")
VERSION = LearnedVersion("v1", KEY, "", "svm", {KEY.content_key: 1}, 1, 2, None, None)
NARROWER = SearchSpace({"C": SPACE.parameters["C"]})
MODEL = NewNeuralModel("mine", NeuralFamily.TASK_MODEL, b"\x00one", {"n": 1})


def record(name: str) -> ImportRecord:
    return ImportRecord(f"import_{name}", "optuna", "4.5", "o.db", "f" * 64, None, datetime(2026, 1, 1, tzinfo=UTC), 0)


def new_study(connection: Connection, study_id: str = "study_1") -> NewStudy:
    kept = TaskRepository(connection).keep(TASK)
    space_id = SearchSpaceRepository(connection).keep(SPACE)
    return NewStudy(study_id, kept.seq, space_id, "svm", KEY, "a study", {})


def fill(connection: Connection, *, value: float = 0.5) -> None:
    """A workspace's content: the same identifiers, names and keys in each."""
    spaces, studies_ = SearchSpaceRepository(connection), StudyRepository(connection)
    spaces.register("svm", SPACE)
    study = studies_.create(new_study(connection))
    TrialRepository(connection).report(study, [make_trial(n, value=value + n / 10) for n in range(3)])
    TaskRepository(connection).keep(make_task("other", n_rows=3.0))
    rows = [trial_row(make_trial(n, value=value)) for n in range(4)]
    ImportRepository(connection).take(record("one"), new_study(connection, "study_imported"), rows, (3, 4))
    ModelRepository(connection).keep(replace(VERSION, space_id=study.space_id), ModelState.ACTIVE, "first")
    NeuralModelRepository(connection).keep(MODEL, max_stored=9)
    for number in range(3):
        JobRepository(connection).queue(
            f"job_{workspace_of(connection).name}_{number}", "refit", {"n": 1}, key_id="wt_1"
        )
    AuditRepository(connection).add(PendingEntry(workspace_of(connection), "wt_1", "POST", "/v1", "study_1", 200, "r"))
    KeyUsageRepository(connection).use_trials("wt_1", 5, limit=9)
    answers(connection).keep("k" * 64, ANSWER)
    claims(connection)
    ApiKeyRepository(connection).make(name="k", owner="o", scope=Scope.READ, expires_at=None)
    keep_snapshot(connection)
    ShareTransferRepository(connection).give(NewShare("nobody", KEY, "svm", [KEY.content_key], b"content"))


def standing_of(connection: Connection) -> StudySet:
    """Of all that may be seen from here."""
    return SnapshotRepository(connection).study_set(KEY.kind_group, content_keys=[KEY.content_key], up_to=None)


def keep_snapshot(connection: Connection, *, max_stored: int = 9) -> bool:
    repository = SnapshotRepository(connection)
    standing = repository.study_set(KEY.kind_group, content_keys=[KEY.content_key], up_to=None)
    facts = SnapshotFacts({KEY.content_key: 1}, None, "g" * 64, None, standing)
    return repository.keep(KEY, ENGINE, facts, b"of this workspace", max_stored=max_stored)


def found_facts(connection: Connection) -> object:
    facts = SnapshotRepository(connection).facts(KEY, ENGINE)
    return None if facts is None else (facts.sources, facts.considered, facts.grounds, facts.studies.digests)


def answers(connection: Connection) -> StoredAnswerRepository:
    return StoredAnswerRepository(connection, max_age=timedelta(hours=1), max_stored=2)


def keep_three(connection: Connection) -> StoredAnswer | None:
    """One more than may be kept."""
    for name in "lmn":
        answers(connection).keep(name * 64, ANSWER)
    return answers(connection).find("m" * 64)


def release(connection: Connection) -> bool:
    ClaimRepository(connection).release("c" * 64, ME)
    return claims(connection)


def claims(connection: Connection) -> bool:
    return ClaimRepository(connection).claim("c" * 64, ME, lease=timedelta(hours=1), is_gone=lambda _: False)


def ship(database: Database) -> None:
    """What every workspace sees."""
    task = make_task("shipped", n_rows=9.0)
    past = ShippedTrials.of([(0, make_trial(0).configuration, 0.4, 1.0)])
    with database.of(SHIPPED).writing() as connection:
        space = SearchSpaceRepository(connection).register("shipped", SPACE)[0].space
        space_id = SearchSpaceRepository(connection).keep(space)
        study = ShippedStudy("study_shipped", task.task_id, space_id, "shipped", KEY, past)
        replace_shipped(connection, "v1", [task], [study])
        NeuralModelRepository(connection).keep_shipped(replace(MODEL, name="tabular"))


def make(database: Database, name: str) -> Database:
    with database.of(None).writing() as connection:
        return database.of(WorkspaceRepository(connection).create(name).workspace)
