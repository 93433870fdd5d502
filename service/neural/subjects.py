"""The task that a neural model is asked about, as the model describes it."""

from maml.surrogates.surrogate import NeuralSurrogate
from service.services import Services
from service.tasks.subjects import asked_task_if_any, subject_in
from store.model_keys import group_of
from store.neural_models import StoredNeuralModel
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.wire.neural_answers import WithTask


def embedding_of(
    services: Services, stored: StoredNeuralModel, surrogate: NeuralSurrogate, asked: WithTask
) -> FloatArray | None:
    """The embedding of the task that is asked about; None where none is named: nothing is known of it then.

    Raises:
        NotFoundError: If no such task is stored.
        InvalidInputError: If two are named, it is of another kind, or the surrogate can't use meta-features.
    """
    if surrogate.describer is None:
        check_without_task(asked)
    about = asked_task_if_any(asked.task_id, asked.task, otherwise="say at most one of 'task_id' and 'task'")
    if about is None:
        return None
    with services.database.reading() as connection:
        subject = subject_in(connection, about)
    of = stored.surrogate_of
    if of is not None and group_of(subject.kind) is not of.kind_group:
        raise InvalidInputError(
            "the task is of another kind than those that the model learned from",
            field="task_id" if asked.task is None else "task.kind",
            value=subject.kind.value,
            limit=", ".join(kind.value for kind in of.kind_group.kinds),
        )
    return surrogate.describe(subject.meta_features.values)


def check_without_task(asked: WithTask) -> None:
    """Refuse a task that a model would not look at.

    Raises:
        InvalidInputError: If one is named.
    """
    if asked.task is not None or asked.task_id is not None:
        raise InvalidInputError(
            "this model can't use a task's meta-features",
            field="task_id" if asked.task is None else "task",
            value=asked.task_id if asked.task is None else asked.task.kind.value,
            limit="only for a surrogate trained with them",
        )
