"""Studies and tasks that are taken out again, with all that the database has learned from them."""

from dataclasses import replace

from sqlalchemy import delete, select

from store.connections.database import Connection
from store.connections.scope import own
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotRepository
from store.revisions import advance_all
from store.share_transfers import ShareTransferRepository
from store.studies import StudyRepository, further_objectives
from store.tables import imported_studies, models, run_marks, studies, tasks, trials
from store.tasks import TaskLock, TaskRepository
from warmtune.vocabulary.errors import ConflictError


def delete_study(connection: Connection, study_id: str) -> frozenset[str]:
    """Forget a study, its trials, and the model versions whose weights were learned from its key.

    Other versions of its key hold no more than which trials to learn from, and learn without it the next time. Models
    that were shared with other workspaces, and learned from its search space, are no longer shared.

    Returns:
        The content key of its search space: what was learned from that in memory is out of date.

    Raises:
        NotFoundError: If there is none.
        ConflictError: If it came with the knowledge base, which would bring it back at the next start.
    """
    study = StudyRepository(connection).get(study_id, for_writing=True)
    if study.shipped:
        raise ConflictError("a study that ships can't be deleted", field="study_id", value=study_id)
    return _forget(connection, [study.seq])


def delete_task(connection: Connection, task_id: str) -> frozenset[str]:
    """Forget a task with all its studies.

    Returns:
        The content keys of their search spaces.

    Raises:
        NotFoundError: If there is none.
        ConflictError: If it came with the knowledge base; its own studies can be deleted one by one.
    """
    task = TaskRepository(connection).get(task_id, lock=TaskLock.DELETE)
    if task.shipped:
        raise ConflictError(
            "a task that ships can't be deleted; delete your own studies of it", field="task_id", value=task_id
        )
    found = connection.execute(
        select(studies.c.seq).where(studies.c.task_seq == task.seq, own(connection, studies)).with_for_update()
    )
    touched = _forget(connection, list(found.scalars()))
    connection.execute(delete(tasks).where(tasks.c.seq == task.seq, own(connection, tasks)))
    return touched


def _forget(connection: Connection, seqs: list[int]) -> frozenset[str]:
    of_these = studies.c.seq.in_(seqs) & own(connection, studies)
    query = select(*ModelKey.columns_of(studies), studies.c.further_objectives).where(of_these)
    keys: set[ModelKey] = set()
    for row in connection.execute(query).mappings():
        key = ModelKey.of_row(row)
        further = further_objectives(row["further_objectives"])
        keys |= {key, *(replace(key, metric=one.metric, direction=one.direction) for one in further)}
    connection.execute(delete(imported_studies).where(imported_studies.c.study_seq.in_(seqs)))
    connection.execute(delete(run_marks).where(run_marks.c.study_seq.in_(seqs)))
    connection.execute(delete(trials).where(trials.c.study_seq.in_(seqs)))
    connection.execute(delete(studies).where(of_these))
    for key in keys:
        connection.execute(
            delete(models).where(key.matches(models), own(connection, models), models.c.surrogate.is_not(None))
        )
    advance_all(connection, keys)
    touched = frozenset(key.content_key for key in keys)
    SnapshotRepository(connection).forget_learned_from(touched)
    ShareTransferRepository(connection).end_learned_from(touched)
    return touched
