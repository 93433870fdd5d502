"""The task that a neural model is asked about, as the model describes it."""

import numpy as np
from numpy.typing import NDArray

from maml.surrogates.surrogate import NeuralSurrogate
from service.http.validation import InvalidRequestError
from service.services import Services
from service.tasks.usecases import Subject, kept_subject, subject_of, task_of_body
from store.keys import group_of
from store.neural_models import StoredNeuralModel
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.wire.neural import AboutTask

FloatArray = NDArray[np.float64]


def embedding_of(
    services: Services, kept: StoredNeuralModel, surrogate: NeuralSurrogate, asked: AboutTask
) -> FloatArray | None:
    """The embedding of the task that is asked about; None where none is named: nothing is known of it then.

    Raises:
        NotFoundError: If no such task is kept.
        InvalidInputError: If two are named, it is of another kind, or the surrogate can't use meta-features.
    """
    if surrogate.describer is None:
        check_without_task(asked)
    subject = _subject(services, asked)
    if subject is None:
        return None
    of = kept.surrogate_of
    if of is not None and group_of(subject.kind) is not of.kind_group:
        raise InvalidInputError(
            "the task is of another kind than those that the model learned from",
            field="task_id" if asked.task is None else "task.kind",
            value=subject.kind.value,
            limit=", ".join(kind.value for kind in of.kind_group.kinds),
        )
    return surrogate.describe(subject.meta_features.values)


def check_without_task(asked: AboutTask) -> None:
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


def _subject(services: Services, asked: AboutTask) -> Subject | None:
    if asked.task is not None:
        if asked.task_id is not None:
            raise InvalidRequestError(
                "say at most one of 'task_id' and 'task'", field="task", value=asked.task_id, limit="one of both"
            )
        return subject_of(task_of_body(asked.task), is_kept=False)
    return None if asked.task_id is None else kept_subject(services, asked.task_id)
