"""An Optuna study and the study that the service stores of it."""

from collections.abc import Sequence

from optuna.study import Study

from warmtune.optuna.memory import StudyMemory, StudySubject, recall, remember, remember_reported
from warmtune.optuna.origin import creation_key
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import create_study, get_study
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, NotFoundError
from warmtune.vocabulary.task import check_name
from warmtune.vocabulary.text import check_still
from warmtune.wire.spaces import SearchSpaceBody


def joined_study(
    connection: Connection, study: Study, subject: StudySubject, *, begun_with: StudySubject | None = None
) -> str:
    """The service's study of this Optuna study: the one it remembers, or a new one.

    Args:
        connection: To the service.
        study: The Optuna study.
        subject: What it is about.
        begun_with: What a new one was to be about, where that has another search space.

    Raises:
        ConflictError: If it remembers one of another task, metric or search space.
        UnavailableError: If the service can't be reached in time.
    """
    memory = recall(study)
    if memory is not None:
        check_same(memory, subject)
        if memory.is_of(study):
            try:
                return connection.send(get_study(memory.study_id)).study_id
            except NotFoundError:
                pass  # the service was set up anew: begin there as well
    return begun_study(connection, study, subject, begun_with=begun_with).study_id


def begun_study(
    connection: Connection,
    study: Study,
    subject: StudySubject,
    *,
    parent_id: str | None = None,
    begun_with: StudySubject | None = None,
) -> StudyMemory:
    """Make the service's study of this Optuna study, to which nothing is reported yet, and remember it.

    Args:
        connection: To the service.
        study: The Optuna study.
        subject: What it is about.
        parent_id: The service's study that it has left, where it is a copy that went on by itself.
        begun_with: What the study was to be about, where that has another search space.
    """
    study_id = created_study(connection, study, subject, parent_id=parent_id)
    memory = StudyMemory(study_id=study_id, subject=subject, study_name=study.study_name, begun_with=begun_with)
    remember_reported(study, study_id, ())  # a service that was set up anew may give the same identifier
    remember(study, memory)
    return memory


def created_study(connection: Connection, study: Study, subject: StudySubject, *, parent_id: str | None = None) -> str:
    """The identifier of the service's study of this Optuna study, the same for all that ask; see `begun_study`."""
    call = create_study(
        subject.task_id,
        subject.search_space_name or subject.search_space.to_domain(),
        metric=subject.metrics if subject.further_metrics else subject.metric,
        direction=subject.directions if subject.further_metrics else subject.direction,
        name=_name(study),
        creation_key=creation_key(study, subject, parent_id=parent_id),
    )
    return connection.send(call).study_id


def check_same(memory: StudyMemory, wanted: StudySubject) -> None:
    """Check that a study is used for what it was warm-started for, whatever its trials have asked for since.

    Raises:
        ConflictError: Naming what differs.
    """
    is_as_asked = _key_of(memory.asked.search_space) == _key_of(wanted.search_space)
    known = memory.asked if is_as_asked else memory.subject
    conflict = differing(known, task_id=wanted.task_id, metrics=wanted.metrics, search_space=wanted.search_space)
    if conflict is not None:
        raise conflict


def differing(
    known: StudySubject, *, task_id: str, metrics: Sequence[str], search_space: SearchSpaceBody | None = None
) -> ConflictError | None:
    """The error for a study that was warm-started for something else, or None where all is the same."""
    pairs = [("task", known.task_id, task_id), ("metric", ", ".join(known.metrics), ", ".join(metrics))]
    if search_space is not None:
        pairs.append(("search_space", _key_of(known.search_space), _key_of(search_space)))
    others = [(name, before, now) for name, before, now in pairs if before != now]
    if not others:
        return None
    field, before, now = others[0]
    return ConflictError(
        f"the study was warm-started before with another {' and '.join(name for name, _, _ in others)}; "
        "make a new Optuna study",
        field=field,
        value=now,
        limit=before,
    )


def _key_of(space: SearchSpaceBody) -> str:
    return space.to_domain().content_key


def _name(study: Study) -> str | None:
    """The study's name where the service can take it."""
    try:
        name = check_name(study.study_name, field="study_name")
        check_still((name,), field="study_name")
    except InvalidInputError:
        return None
    return name
