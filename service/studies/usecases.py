"""Studies of stored tasks, and what is reported to them."""

import hashlib
import uuid
from collections.abc import Sequence

from service.api_keys.request_caller import use_trials
from service.http.json_bodies import validated_items
from service.search_spaces.objective_keys import keys_of
from service.search_spaces.requested_space import requested_spaces
from service.services import Services
from service.studies.checks import checked_trials
from service.studies.columns import TrialColumns
from store import deletion
from store.audit import name_object
from store.new_trials import CompleteTrials
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StoredStudy, StudyRepository
from store.tasks import TaskLock, TaskRepository
from store.trials import TrialRepository
from warmtune.vocabulary.metric_ranges import is_impossible, why_impossible
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.study import QuarantinedTrial, StudySummary, TrialsReceipt
from warmtune.vocabulary.text import check_still
from warmtune.vocabulary.trial import Trial
from warmtune.wire.studies import StudyBody, TrialBody


def create_study(services: Services, body: StudyBody, *, idempotency_digest: str | None) -> StoredStudy:
    """Store a new study.

    Under an Idempotency-Key its identifier comes from the key: even if the service was killed before it could keep
    its answer, the repeated request finds the study that the first one made. A creation key goes before it: requests
    of several workers find one study.
    """
    check_still(body.metadata, field="metadata")
    digest = idempotency_digest or uuid.uuid4().hex
    if body.creation_key is not None:
        digest = hashlib.sha256(f"creation {body.creation_key}".encode()).hexdigest()
    study_id = f"study_{digest[:32]}"
    spaces = requested_spaces(services, body.search_space)  # before the write lock is taken
    with services.database.writing() as connection:
        task = TaskRepository(connection).get(body.task_id, lock=TaskLock.USE)
        kind = task.task.kind
        asked = spaces.for_kind(kind)
        keys = keys_of(asked.space, kind, body)
        new = NewStudy(
            study_id=study_id,
            task_seq=task.seq,
            space_id=SearchSpaceRepository(connection).keep(asked.space),
            search_space_name=asked.name,
            key=keys[0],
            further=tuple(Objective(key.metric, key.direction) for key in keys[1:]),
            name=body.name,
            metadata=body.metadata,
        )
        name_object(study_id)
        return StudyRepository(connection).create(new)


def get_study(services: Services, study_id: str) -> StoredStudy:
    """A stored study."""
    with services.database.reading() as connection:
        return StudyRepository(connection).get(study_id)


def get_study_search_space(services: Services, study_id: str) -> SearchSpace:
    """The search space of a stored study."""
    with services.database.reading() as connection:
        return SearchSpaceRepository(connection).get(StudyRepository(connection).get(study_id).space_id)


def delete_study(services: Services, study_id: str) -> None:
    """Forget a study, here and in the database.

    Raises:
        NotFoundError: If there is none.
        ConflictError: If it ships.
    """
    with services.database.writing() as connection:
        touched = deletion.delete_study(connection, study_id)
    for content_key in touched:
        services.models.forget_source(content_key)


def list_studies(
    services: Services, page: PageRequest, *, task_id: str | None, search_space: str | None, own_only: bool
) -> Page[StudySummary]:
    """Stored studies, newest first."""
    with services.database.reading() as connection:
        found = StudyRepository(connection).page(page, task_id=task_id, search_space=search_space, own_only=own_only)
    return found.map(lambda stored: stored.summary)


def report_trials(services: Services, study_id: str, reported: Sequence[TrialBody] | TrialColumns) -> TrialsReceipt:
    """Take in a batch of trials, all of it or nothing."""
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
    batch = _checked(study, space, reported)
    with services.database.writing() as connection:
        use_trials(connection, len(batch))
        outcome = TrialRepository(connection).report(study, batch)
    services.measures.count_trials(outcome.accepted)
    return TrialsReceipt(
        study_id,
        outcome.accepted,
        outcome.unchanged,
        outcome.study.n_trials,
        quarantined=_quarantined(study.key.metric, batch),
    )


def _checked(
    study: StoredStudy, space: SearchSpace, reported: Sequence[TrialBody] | TrialColumns
) -> CompleteTrials | tuple[Trial, ...]:
    """The trials of a batch, by columns where that is as good."""
    if isinstance(reported, TrialColumns):
        complete = reported.within(space) if len(study.objectives) == 1 else None
        if complete is not None:
            return complete
        reported = validated_items(TrialBody, reported.items)
    return checked_trials(space, reported, n_objectives=len(study.objectives))


def _quarantined(metric: str, batch: CompleteTrials | Sequence[Trial]) -> tuple[QuarantinedTrial, ...]:
    """The trials of a batch that are stored but not learned from, since the metric can't have their value."""
    if not isinstance(batch, CompleteTrials):
        numbered = [(trial.number, trial.value) for trial in batch]
    elif is_impossible(metric, min(batch.values)) or is_impossible(metric, max(batch.values)):
        numbered = list(zip(batch.numbers, batch.values, strict=True))
    else:
        return ()
    return tuple(
        QuarantinedTrial(number, why_impossible(metric, value))
        for number, value in numbered
        if value is not None and is_impossible(metric, value)
    )


def list_trials(services: Services, study_id: str, page: PageRequest) -> Page[Trial]:
    """Trials of a study, by number."""
    with services.database.reading() as connection:
        return TrialRepository(connection).page(StudyRepository(connection).get(study_id), page)
