"""From a task, a search space and a metric to the configurations to try first."""

import uuid

from service.explanations.usecases import sentence_for
from service.http.forms import UploadedFile
from service.http.validation import InvalidRequestError
from service.search_spaces.usecases import AskedSpace, key_of, resolve_space
from service.services import Services
from service.tasks.usecases import Subject, describe_file, keep_task, kept_subject, subject_of, task_of_body
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.results import RecommendationAnswer
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.recommendations import RecommendationRequest


def recommend(services: Services, asked: RecommendationRequest, file: UploadedFile | None) -> RecommendationAnswer:
    """Describe the task if need be, and ask the model of its search space and metric.

    A kept task's own past trials may speak for a configuration; `exclude_task_ids` keeps them out.
    """
    _check_one_subject(asked, file)
    if file is not None:
        _check_early(services, asked)
    subject = _subject(services, asked, file)
    with services.database.reading() as connection:
        found: AskedSpace = resolve_space(connection, asked.search_space, subject.kind)
    key = key_of(found.space, subject.kind, metric=asked.metric, direction=asked.direction)
    learned = services.models.get(key, found.space)
    recommendation = learned.model.recommend(
        subject.meta_features,
        n=asked.n_configurations,
        task_id=subject.task_id,
        exclude=frozenset(asked.exclude_task_ids),
        time_budget_s=asked.time_budget_s,
    )
    sentence = sentence_for(services, learned.model, found.space, subject.meta_features) if asked.explain else None
    answer = learned.with_adjustments(recommendation)
    return RecommendationAnswer(
        configurations=answer.configurations,
        strategy=answer.strategy,
        confidence=answer.confidence,
        model_version=answer.model_version,
        reason=answer.reason,
        recommendation_id=f"rec_{uuid.uuid4().hex}",
        task_id=subject.task_id if subject.is_kept else None,
        metric=key.metric,
        direction=key.direction,
        explanation=sentence,
        understanding=subject.understanding,
    )


def _check_one_subject(asked: RecommendationRequest, file: UploadedFile | None) -> None:
    if file is not None:
        if asked.target is None:
            raise InvalidRequestError("name the file's target column", field="target")
        if asked.task_id is not None or asked.task is not None:
            field = "task_id" if asked.task_id is not None else "task"
            raise InvalidRequestError(f"a file came along, so {field!r} must not", field=field)
        return
    if asked.target is not None:
        raise InvalidRequestError(
            "a target needs a file: send a multipart form with the parts 'file' and 'request'", field="file"
        )
    if (asked.task_id is None) == (asked.task is None):
        raise InvalidRequestError("say exactly one of 'task_id' and 'task', or send a file", field="task")
    for name in ("kind", "nominal", "ignore", "sheet", "name", "keep"):
        value = getattr(asked, name)
        if value:
            raise InvalidRequestError(f"{name!r} goes with a file only", field=name, value=value)


def _check_early(services: Services, asked: RecommendationRequest) -> None:
    """Find what can be found wrong before a file is parsed."""
    with services.database.reading() as connection:
        resolve_space(connection, asked.search_space, None)


def _subject(services: Services, asked: RecommendationRequest, file: UploadedFile | None) -> Subject:
    if asked.task_id is not None:
        return kept_subject(services, asked.task_id)
    if asked.task is not None:
        return subject_of(task_of_body(asked.task), is_kept=False)
    if file is None or asked.target is None:
        raise InvalidInputError("there is no task to recommend for", field="task")
    task, understanding = describe_file(services, file, asked.target, hints=_hints_of(asked))
    if asked.keep:
        task = keep_task(services, task, name=asked.name).task
    return subject_of(task, is_kept=asked.keep, understanding=understanding)


def _hints_of(asked: RecommendationRequest) -> TableHints:
    return TableHints(
        kind=_kind(asked.kind),
        metric=asked.metric,
        nominal=tuple(asked.nominal),
        ignore=tuple(asked.ignore),
        sheet=asked.sheet,
    )


def _kind(given: str | None) -> TaskKind | None:
    if given is None:
        return None
    try:
        return TaskKind(given)
    except ValueError as error:
        kinds = ", ".join(TaskKind)
        raise InvalidRequestError(f"kind is one of {kinds}", field="kind", value=given, limit=kinds) from error
