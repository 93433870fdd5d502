"""An Optuna study and the study that the service keeps of it."""

from optuna.study import Study

from warmtune.optuna.memory import StudyMemory, StudySubject, recall, remember
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import create_study, get_study
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, NotFoundError
from warmtune.vocabulary.task import check_name


def joined_study(connection: Connection, study: Study, subject: StudySubject) -> str:
    """The service's study of this Optuna study: the one it remembers, or a new one.

    Raises:
        ConflictError: If it remembers one of another task, metric or search space.
        UnavailableError: If the service can't be reached in time.
    """
    memory = recall(study)
    if memory is not None:
        _check_same(memory.subject, subject)
        try:
            return connection.send(get_study(memory.study_id)).study_id
        except NotFoundError:
            memory = None  # the service was set up anew: begin there as well
    created = connection.send(
        create_study(
            subject.task_id,
            subject.search_space_name or subject.search_space.to_domain(),
            metric=subject.metric,
            direction=subject.direction,
            name=_name(study),
        )
    )
    remember(study, StudyMemory(study_id=created.study_id, subject=subject))
    return created.study_id


def _check_same(known: StudySubject, wanted: StudySubject) -> None:
    differing = [
        name
        for name, before, now in (
            ("task", known.task_id, wanted.task_id),
            ("metric", known.metric, wanted.metric),
            ("search_space", known.search_space.to_domain().content_key, wanted.search_space.to_domain().content_key),
        )
        if before != now
    ]
    if differing:
        raise ConflictError(
            f"the study was warm-started before with another {' and '.join(differing)}; make a new Optuna study",
            field=differing[0],
        )


def _name(study: Study) -> str | None:
    """The study's name where the service can take it."""
    try:
        return check_name(study.study_name, field="study_name")
    except InvalidInputError:
        return None
