"""What each method of the store's repositories is asked about a workspace, and which methods are about none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from store.api_keys import ApiKeyRepository
from store.audit import AuditRepository
from store.imported_studies import WholeStudy
from store.imports import ImportRepository
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.key_usage import KeyUsageRepository
from store.model_keys import KindGroup
from store.model_snapshots import SnapshotRepository
from store.models import ModelRepository
from store.neural_models import NeuralFamily, NeuralModelRepository
from store.new_trials import CompleteTrials
from store.pages import PageRequest
from store.run_marks import RunMarkRepository
from store.search_spaces import SearchSpaceRepository
from store.shares import ShareRepository
from store.studies import StudyRepository
from store.tasks import TaskRepository
from store.trial_rows import trial_row
from store.trials import TrialRepository
from tests.store.samples import KEY, SPACE, make_task, make_trial
from tests.store.workspace_contents import (
    ENGINE,
    MODEL,
    NARROWER,
    TASK,
    VERSION,
    answers,
    claims,
    found_facts,
    keep_snapshot,
    keep_three,
    new_study,
    record,
    release,
    standing_of,
)
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.model_version import ModelState
from warmtune.vocabulary.shared_model import SharingSide
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind


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
    "ImportRepository.trials_of": [lambda c: ImportRepository(c).trials_of(StudyRepository(c).get("study_imported"))],
    "RunMarkRepository.begin": [lambda c: RunMarkRepository(c).begin()],
    "RunMarkRepository.keep": [lambda c: RunMarkRepository(c).keep({_study(c).seq: [5]})],
    "RunMarkRepository.having": [lambda c: RunMarkRepository(c).having([3, 4, 5], most=9)],
    "RunMarkRepository.unmarked": [lambda c: RunMarkRepository(c).unmarked(9)],
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
    "JobRepository.cancel_of_revoked_keys": [lambda c: JobRepository(c).cancel_of_revoked_keys()],
    "JobRepository.count_of_key": [lambda c: JobRepository(c).count_of_key("wt_1")],
    "AuditRepository.writer_of": [lambda c: AuditRepository(c).writer_of("study_1", at=datetime.now(UTC))],
    "AuditRepository.page": [lambda c: len(pages(lambda p: AuditRepository(c).page(p, caller="wt_1")))],
    "KeyUsageRepository.use_trials": [
        lambda c: KeyUsageRepository(c).use_trials("wt_1", 4, limit=9),
        lambda c: KeyUsageRepository(c).use_trials("wt_1", 5, limit=9),
    ],
    "KeyUsageRepository.use_upload": [lambda c: KeyUsageRepository(c).use_upload("wt_1", 1, limit=1)],
    "SnapshotRepository.study_set": [
        lambda c: SnapshotRepository(c).study_set(KEY.kind_group, content_keys=None, up_to=None).digests
    ],
    "SnapshotRepository.has_all": [lambda c: SnapshotRepository(c).has_all(KEY.kind_group, standing_of(c))],
    "SnapshotRepository.n_left": [lambda c: SnapshotRepository(c).n_left(KEY.kind_group, standing_of(c))],
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
    "JobRepository": {"claim", "is_due", "note", "succeed", "fail", "cancel", "requeue"},
    "RunningJobRepository": {"all", "keep_alive", "unwanted", "unchanged"},
    "ApiKeyRepository": {"were_made", "valid", "note_use"},
    "ShareTransferRepository": {"give", "accept", "end", "end_learned_from"},  # tests/store/test_shares.py
    "WorkspaceRepository": {"default", "by_seq", "create", "get", "page", "delete"},
}
"""What runs the service as a whole asks, on connections that are bound to no workspace."""
