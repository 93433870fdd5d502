"""Workspaces: nothing in one changes what another is answered, whatever repository it asks."""

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, func, select, update

import store
from store.api_keys import ApiKeyRepository
from store.audit import AuditRepository, PendingEntry
from store.claims import ClaimRepository
from store.database import Database
from store.guard import ForeignRowsError
from store.imported_studies import WholeStudy
from store.imports import ImportRepository
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.key_usage import KeyUsageRepository
from store.model_keys import KindGroup
from store.model_snapshots import SnapshotFacts, SnapshotRepository, Standing
from store.models import LearnedVersion, ModelRepository
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel
from store.new_trials import CompleteTrials
from store.pages import PageRequest
from store.scope import COLUMN, SHIPPED, ScopedByParent, Workspace, everywhere, within, workspace_of
from store.search_spaces import SearchSpaceRepository
from store.share_transfers import NewShare, ShareTransferRepository
from store.shares import ShareRepository
from store.shipped import ShippedStudy, ShippedTrial, replace_shipped
from store.stored_answers import StoredAnswer, StoredAnswerRepository
from store.studies import NewStudy, StudyRepository
from store.tables import api_keys, imported_studies, jobs, metadata, studies, tasks, trials, workspaces
from store.tasks import TaskRepository
from store.trial_rows import trial_row
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from tests.store.samples import KEY, SPACE, make_task, make_trial
from tests.store.workspace_functions import ABOUT_NO_WORKSPACE, FUNCTIONS
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import ConflictError, NotFoundError, ServiceError, WarmtuneError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.model_version import ModelState
from warmtune.vocabulary.shared_model import SharingSide
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

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
    ImportRepository(connection).take(record("one"), new_study(connection, "study_imported"), rows)
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


def standing_of(connection: Connection) -> Standing:
    """Of all that may be seen from here."""
    return SnapshotRepository(connection).standing(KEY.kind_group, content_keys=[KEY.content_key], up_to=None)


def keep_snapshot(connection: Connection, *, max_stored: int = 9) -> bool:
    repository = SnapshotRepository(connection)
    standing = repository.standing(KEY.kind_group, content_keys=[KEY.content_key], up_to=None)
    facts = SnapshotFacts({KEY.content_key: 1}, None, "g" * 64, None, standing)
    return repository.keep(KEY, ENGINE, facts, b"of this workspace", max_stored=max_stored)


def found_facts(connection: Connection) -> object:
    facts = SnapshotRepository(connection).facts(KEY, ENGINE)
    return None if facts is None else (facts.sources, facts.considered, facts.grounds, facts.standing.digests)


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
    past = [ShippedTrial(0, make_trial(0).configuration, 0.4, 1.0)]
    with database.of(SHIPPED).writing() as connection:
        space = SearchSpaceRepository(connection).register("shipped", SPACE)[0].space
        space_id = SearchSpaceRepository(connection).keep(space)
        study = ShippedStudy("study_shipped", task.task_id, space_id, "shipped", KEY, past)
        replace_shipped(connection, "v1", [task], [study])
        NeuralModelRepository(connection).keep_shipped(replace(MODEL, name="tabular"))


def make(database: Database, name: str) -> Database:
    with database.of(None).writing() as connection:
        return database.of(WorkspaceRepository(connection).create(name).workspace)


Call = Callable[[Connection], object]
PAGE = PageRequest(limit=2)


def _job(connection: Connection) -> Any:
    return JobRepository(connection).page(PAGE).items[0]


def _given(connection: Connection) -> str:
    return ShareRepository(connection).page(PAGE, side=SharingSide.GIVEN).items[0].share_id


def _study(connection: Connection) -> Any:
    return StudyRepository(connection).get("study_1")


# what each method is asked; `fill` has answered it before
ASKED: dict[str, list[Call]] = {
    "TaskRepository.keep": [lambda c: TaskRepository(c).keep(make_task("new", n_rows=8.0))],
    "TaskRepository.get": [lambda c: TaskRepository(c).get(TASK.task_id), lambda c: TaskRepository(c).get("nothing")],
    "TaskRepository.page": [lambda c: pages(lambda p: TaskRepository(c).page(p))],
    "TaskRepository.count": [lambda c: TaskRepository(c).count()],
    "TaskRepository.latest_seq": [lambda c: TaskRepository(c).latest_seq() > 0],
    "TaskRepository.of_group": [lambda c: TaskRepository(c).of_group(KindGroup.CLASSIFICATION)],
    "TaskRepository.keep_new": [lambda c: sorted(TaskRepository(c).keep_new([make_task("n", n_rows=5.0)]))],
    "TaskRepository.keep_all": [
        lambda c: sorted(TaskRepository(c).keep_all([TASK, make_task("m", n_rows=6.0)])),
    ],
    "TaskRepository.found": [lambda c: sorted(TaskRepository(c).found([TASK.task_id, "nothing"]))],
    "TaskRepository.seqs": [lambda c: sorted(TaskRepository(c).seqs([TASK.task_id, "nothing"]))],
    "StudyRepository.create": [lambda c: StudyRepository(c).create(new_study(c, "study_new"))],
    "StudyRepository.find": [lambda c: StudyRepository(c).find("study_1"), lambda c: StudyRepository(c).find("n")],
    "StudyRepository.get": [lambda c: StudyRepository(c).get("study_1", for_writing=True)],
    "StudyRepository.page": [
        lambda c: pages(lambda p: StudyRepository(c).page(p)),
        lambda c: StudyRepository(c).page(PAGE, task_id=TASK.task_id, search_space="svm", own_only=True),
    ],
    "StudyRepository.space_names": [lambda c: StudyRepository(c).space_names()],
    "StudyRepository.count": [lambda c: StudyRepository(c).count()],
    "StudyRepository.count_trials": [lambda c: StudyRepository(c).count_trials()],
    "StudyRepository.keys": [lambda c: StudyRepository(c).keys()],
    "StudyRepository.refresh_totals": [lambda c: StudyRepository(c).refresh_totals(_study(c))],
    "StudyRepository.add_to_totals": [lambda c: StudyRepository(c).add_to_totals(_study(c), 2, [0.125], revision=3)],
    "TrialRepository.report": [
        lambda c: TrialRepository(c).report(_study(c), [make_trial(7)]),
        lambda c: TrialRepository(c).report(_study(c), CompleteTrials([8], [0.5], [None], ["{}"])),
    ],
    "TrialRepository.of_study": [lambda c: TrialRepository(c).of_study(_study(c))],
    "TrialRepository.page": [lambda c: TrialRepository(c).page(_study(c), PAGE)],
    "SearchSpaceRepository.keep": [lambda c: SearchSpaceRepository(c).keep(NARROWER)],
    "SearchSpaceRepository.get": [lambda c: SearchSpaceRepository(c).get(_study(c).space_id).to_json()],
    "SearchSpaceRepository.register": [
        lambda c: SearchSpaceRepository(c).register("svm", NARROWER),
        lambda c: SearchSpaceRepository(c).register("another", NARROWER)[1],
    ],
    "SearchSpaceRepository.find": [lambda c: SearchSpaceRepository(c).find("svm").space.to_json()],
    "SearchSpaceRepository.find_all": [lambda c: len(SearchSpaceRepository(c).find_all("svm"))],
    "SearchSpaceRepository.with_content": [
        lambda c: found(SearchSpaceRepository(c).with_content(SPACE.content_key, KindGroup.CLASSIFICATION))
    ],
    "SearchSpaceRepository.definition_of": [
        lambda c: found(SearchSpaceRepository(c).definition_of(SPACE.content_key, KindGroup.CLASSIFICATION))
    ],
    "SearchSpaceRepository.any_with_content": [
        lambda c: found(SearchSpaceRepository(c).any_with_content(SPACE.content_key)),
        lambda c: found(SearchSpaceRepository(c).any_with_content(NARROWER.content_key)),
    ],
    "SearchSpaceRepository.content_keys": [
        lambda c: SearchSpaceRepository(c).content_keys("svm", kinds=[TaskKind.BINARY])
    ],
    "SearchSpaceRepository.names_of": [lambda c: sorted(SearchSpaceRepository(c).names_of(SPACE.content_key))],
    "SearchSpaceRepository.editions_of": [
        lambda c: sorted(SearchSpaceRepository(c).editions_of(SPACE.content_key)),
        lambda c: sorted(SearchSpaceRepository(c).editions_of(NARROWER.content_key)),
    ],
    "SearchSpaceRepository.page": [
        lambda c: [entry.name for entry in pages(lambda p: SearchSpaceRepository(c).page(p))]
    ],
    "SearchSpaceRepository.registered_names": [lambda c: SearchSpaceRepository(c).registered_names()],
    "SearchSpaceRepository.count": [lambda c: SearchSpaceRepository(c).count()],
    "SearchSpaceRepository.n_studies": [
        lambda c: SearchSpaceRepository(c).n_studies(SearchSpaceRepository(c).find_all("svm"))
    ],
    "ImportRepository.take": [
        lambda c: ImportRepository(c).take(
            record("two"), new_study(c, "study_imported"), [trial_row(make_trial(9, value=0.1))]
        )
    ],
    "ImportRepository.take_new": [
        lambda c: ImportRepository(c).take_new(
            record("two"), [WholeStudy(new_study(c, "study_new"), [trial_row(make_trial(9, value=0.1))])]
        )
    ],
    "ImportRepository.known": [lambda c: ImportRepository(c).known(["study_imported", "study_1", "nothing"])],
    "ImportRepository.unchanged": [
        lambda c: ImportRepository(c).unchanged([WholeStudy(new_study(c, "study_imported"), [])])
    ],
    "ImportRepository.get": [lambda c: ImportRepository(c).get("import_one")],
    "ImportRepository.page": [lambda c: pages(lambda p: ImportRepository(c).page(p))],
    "ImportRepository.of_study": [lambda c: ImportRepository(c).of_study("study_imported")],
    "ModelRepository.keep": [
        lambda c: ModelRepository(c).keep(
            replace(VERSION, version="v2", space_id=_study(c).space_id), ModelState.ACTIVE, "r"
        )
    ],
    "ModelRepository.activate": [lambda c: ModelRepository(c).activate("v1", "by hand")],
    "ModelRepository.get": [lambda c: ModelRepository(c).get("v1"), lambda c: ModelRepository(c).get("v9")],
    "ModelRepository.surrogate": [lambda c: ModelRepository(c).surrogate("v1")],
    "ModelRepository.active": [lambda c: ModelRepository(c).active(KEY)],
    "ModelRepository.active_ones": [lambda c: ModelRepository(c).active_ones(limit=9)],
    "ModelRepository.active_version": [lambda c: ModelRepository(c).active_version(KEY)],
    "ModelRepository.pinned_sources": [lambda c: ModelRepository(c).pinned_sources(KEY)],
    "ModelRepository.page": [lambda c: pages(lambda p: ModelRepository(c).page(p))],
    "NeuralModelRepository.keep": [
        lambda c: NeuralModelRepository(c).keep(replace(MODEL, name="second"), max_stored=3),
        lambda c: NeuralModelRepository(c).keep(replace(MODEL, name="third"), max_stored=3),
    ],
    "NeuralModelRepository.check_room": [lambda c: NeuralModelRepository(c).check_room("x", max_stored=4)],
    "NeuralModelRepository.keep_shipped": [],  # asked of what ships only
    "NeuralModelRepository.check_name_is_free": [
        lambda c: NeuralModelRepository(c).check_name_is_free("mine", NeuralFamily.SURROGATE, None)
    ],
    "NeuralModelRepository.get": [lambda c: NeuralModelRepository(c).get("mine")],
    "NeuralModelRepository.content": [
        lambda c: NeuralModelRepository(c).content("mine"),
        lambda c: NeuralModelRepository(c).content("tabular"),
    ],
    "NeuralModelRepository.delete": [lambda c: NeuralModelRepository(c).delete("mine")],
    "NeuralModelRepository.page": [lambda c: pages(lambda p: NeuralModelRepository(c).page(p))],
    "JobLineRepository.page": [
        lambda c: [line.text for line in pages(lambda p: JobLineRepository(c).page(_job(c).seq, p))]
    ],
    "JobRepository.queue": [lambda c: JobRepository(c).queue("job_new", "refit", {}).state],
    "JobRepository.get": [lambda c: JobRepository(c).get("job_other_0"), lambda c: JobRepository(c).get("job_third_0")],
    "JobRepository.page": [lambda c: pages(lambda p: JobRepository(c).page(p))],
    "JobRepository.count": [lambda c: JobRepository(c).count(JobState.QUEUED)],
    "JobRepository.request_cancel": [lambda c: JobRepository(c).request_cancel("job_third_0").state],
    "JobRepository.drop_ended": [lambda c: JobRepository(c).drop_ended(max_stored=0)],
    "JobRepository.count_of_key": [lambda c: JobRepository(c).count_of_key("wt_1")],
    "AuditRepository.writer_of": [lambda c: AuditRepository(c).writer_of("study_1", at=datetime.now(UTC))],
    "AuditRepository.page": [lambda c: len(pages(lambda p: AuditRepository(c).page(p, caller="wt_1")))],
    "KeyUsageRepository.use_trials": [
        lambda c: KeyUsageRepository(c).use_trials("wt_1", 4, limit=9),
        lambda c: KeyUsageRepository(c).use_trials("wt_1", 5, limit=9),
    ],
    "KeyUsageRepository.use_upload": [lambda c: KeyUsageRepository(c).use_upload("wt_1", 1, limit=1)],
    "SnapshotRepository.standing": [
        lambda c: SnapshotRepository(c).standing(KEY.kind_group, content_keys=None, up_to=None).digests
    ],
    "SnapshotRepository.stands": [lambda c: SnapshotRepository(c).stands(KEY.kind_group, standing_of(c))],
    "SnapshotRepository.n_standing": [lambda c: SnapshotRepository(c).n_standing(KEY.kind_group, standing_of(c))],
    "SnapshotRepository.facts": [found_facts, lambda c: SnapshotRepository(c).facts(KEY, "other") is None],
    "SnapshotRepository.content": [lambda c: SnapshotRepository(c).content(KEY, ENGINE)],
    "SnapshotRepository.keep": [lambda c: keep_snapshot(c, max_stored=1), lambda c: keep_snapshot(c, max_stored=2)],
    "SnapshotRepository.forget": [lambda c: SnapshotRepository(c).forget(KEY, ENGINE)],
    "SnapshotRepository.forget_learned_from": [
        lambda c: SnapshotRepository(c).forget_learned_from([KEY.content_key]),
        lambda c: SnapshotRepository(c).forget_learned_from(["other"]),
    ],
    "ShareRepository.page": [
        lambda c: [one.metric for one in pages(lambda p: ShareRepository(c).page(p, side=SharingSide.GIVEN))],
        lambda c: [one.metric for one in pages(lambda p: ShareRepository(c).page(p, side=SharingSide.RECEIVED))],
    ],
    "ShareRepository.get": [
        lambda c: ShareRepository(c).get("share_of_third"),
        lambda c: ShareRepository(c).get(_given(c)).side,
    ],
    "ShareRepository.in_use": [lambda c: len(ShareRepository(c).in_use(KEY))],
    "ShareRepository.contents": [lambda c: list(ShareRepository(c).contents(KEY).values())],
    "StoredAnswerRepository.find": [lambda c: answers(c).find("k" * 64)],
    "StoredAnswerRepository.keep": [
        keep_three,
    ],
    "ClaimRepository.claim": [claims],
    "ClaimRepository.release": [release],
    "ApiKeyRepository.make": [
        lambda c: ApiKeyRepository(c).make(name="n", owner="o", scope=Scope.READ, expires_at=None)[1].workspace
    ],
    "ApiKeyRepository.page": [lambda c: [key.name for key in pages(lambda p: ApiKeyRepository(c).page(p))]],
    "ApiKeyRepository.get": [lambda c: ApiKeyRepository(c).get("wt_00000000")],
    "ApiKeyRepository.revoke": [lambda c: ApiKeyRepository(c).revoke("wt_00000000")],
}

OF_THE_SERVICE = {
    "AuditRepository": {"add", "drop_older"},
    "KeyUsageRepository": {"drop_old"},
    "JobLineRepository": {"add"},  # to a job that `JobRepository` has found
    "PageSessionRepository": {"begin", "key_digest", "end"},  # by secrets, before it is known who asks
    "JobRepository": {"claim", "is_due", "unwanted", "running", "note", "succeed", "fail", "cancel", "requeue"},
    "ApiKeyRepository": {"were_made", "valid", "note_use"},
    "ShareTransferRepository": {"give", "accept", "end", "end_learned_from"},  # tests/store/test_shares.py
    "WorkspaceRepository": {"default", "by_seq", "create", "get", "page", "delete"},
}
"""What runs the service as a whole asks, on connections that are bound to no workspace."""


def pages(page: Callable[[PageRequest], Any]) -> list[Any]:
    """All items of a list, in pages of two."""
    items: list[Any] = []
    request = PAGE
    while True:
        one = page(request)
        items += one.items
        if one.next_cursor is None:
            return items
        request = PageRequest(cursor=one.next_cursor, limit=2)


def found(value: object) -> object:
    return value.to_json() if isinstance(value, SearchSpace) else type(value).__name__


def answered(database: Database, call: Call) -> object:
    """What a call answers, or the error that it raises; nothing of it stays."""
    try:
        with database.writing() as connection:
            answer = comparable(call(connection))
            raise RolledBack(answer)
    except RolledBack as ended:
        return ended.args[0]
    except WarmtuneError as error:
        return type(error).__name__, error.message, error.field, error.value, error.limit


class RolledBack(Exception):  # noqa: N818  # no error: it carries an answer
    """Ends a transaction."""


def comparable(value: object) -> object:
    """An answer without what tells databases apart: order numbers and moments."""
    if is_dataclass(value) and not isinstance(value, type):
        names = {field.name for field in fields(value)} - {
            "seq",
            "study_seq",
            "task_seq",
            "workspace_seq",
            "created_at",
        }
        return {name: comparable(getattr(value, name)) for name in sorted(names - {"next_cursor", "space"})}
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Pair:
    """The same workspace, alone in a database and among others."""

    alone: Database
    among_others: Database


@pytest.fixture
def pair(database: Database, tmp_path: Any) -> Iterator[Pair]:
    ship(database)
    other = make(database, "other")  # in both, so that jobs have the same names
    busy = Database(f"sqlite:///{tmp_path / 'alone.db'}")
    busy.migrate()
    ship(busy)
    alone = make(busy, "other")
    with alone.writing() as connection:
        fill(connection)
    with database.writing() as connection:
        fill(connection, value=0.1)  # before: the default workspace
        within(connection, other.workspace or SHIPPED)
        fill(connection)
    third = make(database, "third")
    with third.writing() as connection:
        fill(connection, value=0.9)  # and after
        StudyRepository(connection).create(new_study(connection, "study_of_third"))
        SearchSpaceRepository(connection).register("of third", NARROWER)
        TaskRepository(connection).keep(make_task("of third", n_rows=77.0))
    yield Pair(alone, other)
    busy.close()


def repositories() -> dict[str, type]:
    found_: dict[str, type] = {}
    for module in pkgutil.iter_modules(store.__path__):
        for name, value in vars(import_module(f"store.{module.name}")).items():
            if inspect.isclass(value) and name.endswith("Repository"):
                found_[name] = value
    return found_


def test_every_method_of_every_repository_is_asked() -> None:
    methods = {
        f"{name}.{method}"
        for name, repository in repositories().items()
        for method, value in vars(repository).items()
        if inspect.isfunction(value) and not method.startswith("_")
    }
    of_the_service = {f"{name}.{method}" for name, of in OF_THE_SERVICE.items() for method in of}
    assert methods == set(ASKED) | of_the_service
    assert not set(ASKED) & of_the_service


def functions() -> set[str]:
    """Public functions of the store that work on a connection."""
    found_: set[str] = set()
    for module in pkgutil.iter_modules(store.__path__):
        for name, value in vars(import_module(f"store.{module.name}")).items():
            if name.startswith("_") or not inspect.isfunction(value) or not value.__module__.startswith("store."):
                continue
            first = next(iter(inspect.signature(inspect.unwrap(value)).parameters.values()), None)
            if first is not None and first.annotation in (Connection, "Connection"):
                found_.add(name)
    return found_


def test_every_function_on_a_connection_is_asked() -> None:
    found_ = functions()
    assert found_ == set(FUNCTIONS) | ABOUT_NO_WORKSPACE, "tests/store/workspace_functions.py lists them"
    assert not set(FUNCTIONS) & ABOUT_NO_WORKSPACE


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


def test_no_method_answers_otherwise_since_there_are_others(pair: Pair) -> None:
    differing = []
    for name, calls in [*ASKED.items(), *FUNCTIONS.items()]:
        for number, call in enumerate(calls):
            alone, among_others = answered(pair.alone, call), answered(pair.among_others, call)
            if alone != among_others:
                differing.append((name, number, alone, among_others))
    assert differing == []


def test_what_one_writes_changes_no_row_of_others(pair: Pair) -> None:
    def rows(connection: Connection) -> dict[str, Any]:
        of_others = {}
        for table in metadata.sorted_tables:
            if COLUMN in table.c:
                theirs = select(table).where(table.c[COLUMN] != mine).order_by(*table.primary_key)
                of_others[table.name] = connection.execute(everywhere(theirs)).all()
        theirs = select(studies.c.seq).where(studies.c[COLUMN] != mine)
        kept = select(trials).where(trials.c.study_seq.in_(theirs)).order_by(trials.c.study_seq, trials.c.number)
        of_others["trials"] = connection.execute(everywhere(kept)).all()
        return of_others

    assert pair.among_others.workspace is not None
    mine = pair.among_others.workspace.seq
    for call in [call for calls in (*ASKED.values(), *FUNCTIONS.values()) for call in calls]:
        try:
            with pair.among_others.writing() as connection:
                before = rows(connection)
                call(connection)
                assert rows(connection) == before
                raise RolledBack
        except (RolledBack, ConflictError, NotFoundError):
            continue
        except WarmtuneError as error:
            assert error.code in ("limit_exceeded", "rate_limited"), error


def test_an_unbound_connection_asks_for_nobodys_rows(pair: Pair) -> None:
    unbound = pair.among_others.of(None)
    asked = {name: calls for name, calls in ASKED.items() if not name.startswith(("Job", "ApiKeyRepository"))}
    asked |= {
        name: ASKED[name] for name in ("JobRepository.queue", "ApiKeyRepository.make")
    }  # the rest see all of them
    for name, calls in [*asked.items(), *FUNCTIONS.items()]:
        for call in calls:
            with pytest.raises(ServiceError, match="workspace"), unbound.writing() as connection:
                call(connection)
                raise AssertionError(name)


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


def test_cursors_open_in_their_own_workspace_only_and_tell_no_number(pair: Pair) -> None:
    third = pair.among_others.of(None)
    with pair.among_others.reading() as connection:
        cursor = TaskRepository(connection).page(PageRequest(limit=1)).next_cursor
    assert cursor is not None
    with third.reading() as connection:
        foreign = third.of(WorkspaceRepository(connection).get("third").workspace)
    with foreign.reading() as connection, pytest.raises(WarmtuneError) as refused:
        TaskRepository(connection).page(PageRequest(cursor, limit=1))
    assert refused.value.field == "cursor"


def test_what_is_deleted_with_a_workspace_and_what_stays(pair: Pair) -> None:
    database = pair.among_others.of(None)
    assert pair.among_others.workspace is not None
    gone = pair.among_others.workspace

    def n_rows(connection: Connection, table: Table) -> int:
        return int(connection.execute(everywhere(select(func.count()).select_from(table))).scalar_one())

    def own_rows(connection: Connection, owner: Workspace) -> int:
        counted = [
            select(func.count()).where(table.c[COLUMN] == owner.seq)
            for table in metadata.sorted_tables
            if COLUMN in table.c
        ]
        return sum(int(connection.execute(everywhere(one)).scalar_one()) for one in counted)

    with database.writing() as connection:
        before = n_rows(connection, trials)
        assert own_rows(connection, gone) > 15
        assert WorkspaceRepository(connection).delete("other") == gone
        assert own_rows(connection, gone) == 0
        assert n_rows(connection, trials) == before - 7
        assert n_rows(connection, workspaces) == 3
        with pytest.raises(ConflictError):
            WorkspaceRepository(connection).delete("default")
        with pytest.raises(NotFoundError):
            WorkspaceRepository(connection).delete("(shipped)")
        with pytest.raises(NotFoundError):
            WorkspaceRepository(connection).delete("other")
    with pytest.raises(NotFoundError), database.reading() as connection:
        WorkspaceRepository(connection).by_seq(gone.seq)


def test_names_of_workspaces_are_unique(database: Database) -> None:
    make(database, "a")
    with pytest.raises(ConflictError):
        make(database, "a")
    with pytest.raises(ConflictError):
        make(database, "(shipped)")
    with database.of(None).reading() as connection:
        assert [one.workspace.name for one in WorkspaceRepository(connection).page(PageRequest()).items] == [
            "a",
            "default",
        ]


def test_a_deleted_workspaces_number_is_nobodys_for_ever(database: Database) -> None:
    """What is in memory or under way for it, such as a job, is known by this number."""
    numbers = []
    for _ in range(3):
        with database.of(None).writing() as connection:
            numbers.append(WorkspaceRepository(connection).create("short-lived").workspace.seq)
        with database.of(None).writing() as connection:
            WorkspaceRepository(connection).delete("short-lived")
    assert numbers == sorted(set(numbers))
