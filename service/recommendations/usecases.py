"""From a task, a search space and a metric to the configurations to try first."""

import uuid
from collections.abc import Sequence

from learning.models.answering_models import AnsweringModel, finished
from learning.remembered_answers import Question
from service.explanations.usecases import sentence_for
from service.http.forms import UploadedFile
from service.search_spaces.objective_keys import check_budget
from service.search_spaces.requested_space import ParsedSpace, parsed_space, spaces_in
from service.services import Services
from service.tasks.subjects import AskedTask, UploadedTable, asked_subject, described, subject_in
from service.tasks.task_in_space import TaskInSpace, answering_models
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.results import RecommendationAnswer
from warmtune.vocabulary.spans import span
from warmtune.wire.recommendations import RecommendationRequest


def recommend(services: Services, asked: RecommendationRequest, file: UploadedFile | None) -> RecommendationAnswer:
    """Describe the task if need be, and ask the model of its search space and metric.

    A stored task's own past trials may speak for a configuration; `exclude_task_ids` keeps them out.
    """
    about, space = asked_subject(asked, file), parsed_space(asked.search_space)
    if isinstance(about, UploadedTable):
        found = _found_of_file(services, asked, about, space)
    else:
        found = _found_of_task(services, asked, about, space)
    subject, key = found.subject, found.objectives[0].found.key
    if len(found.objectives) > 1:
        check_budget(asked.time_budget_s)
    models = answering_models(services, found.objectives)
    question = Question(
        meta_features=subject.meta_features,
        n=asked.n_configurations,
        task_id=subject.task_id,
        exclude=frozenset(asked.exclude_task_ids),
        time_budget_s=asked.time_budget_s,
        harm_limit=services.settings.harm_limit,
    )
    with span("answer", {"warmtune.n_configurations": asked.n_configurations}):
        answer = services.remembered.get(models, question, lambda: _computed(services, question, models))
    own = models[0].learned.model
    sentence = sentence_for(services, own, found.space, subject.meta_features) if asked.explain else None
    return RecommendationAnswer(
        configurations=answer.configurations,
        strategy=answer.strategy,
        confidence=answer.confidence,
        model_version=answer.model_version,
        reason=answer.reason,
        share_ids=answer.share_ids,
        recommendation_id=f"rec_{uuid.uuid4().hex}",
        task_id=subject.task_id if subject.is_stored else None,
        metric=key.metric,
        direction=key.direction,
        explanation=sentence,
        understanding=subject.understanding,
    )


def _found_of_task(
    services: Services, asked: RecommendationRequest, about: AskedTask, space: ParsedSpace
) -> TaskInSpace:
    """All that is read for a task, in one transaction."""
    with services.database.reading() as connection:
        spaces = spaces_in(connection, space)
        return TaskInSpace.read(
            connection, subject_in(connection, about), spaces, asked=asked, answering=services.answering
        )


def _found_of_file(
    services: Services, asked: RecommendationRequest, about: UploadedTable, space: ParsedSpace
) -> TaskInSpace:
    """The same for a file, which is described in between: what is wrong with the search space is found before."""
    with services.database.reading() as connection:
        spaces = spaces_in(connection, space)
    subject = described(services, about)
    with services.database.reading() as connection:
        return TaskInSpace.read(connection, subject, spaces, asked=asked, answering=services.answering)


def _computed(services: Services, question: Question, models: Sequence[AnsweringModel]) -> Recommendation:
    """What the models of all objectives say, as the workspace may see it; one request at a time."""
    with services.turns.of(0).taken():
        return finished(_recommended(question, models), models)


def _recommended(question: Question, models: Sequence[AnsweringModel]) -> Recommendation:
    if len(models) > 1:
        from metamodel.several import recommend_several  # noqa: PLC0415  # scipy, when first needed

        return recommend_several(
            [one.model for one in models],
            question.meta_features,
            n=question.n,
            task_id=question.task_id,
            exclude=question.exclude,
            harm_limit=question.harm_limit,
        )
    return models[0].model.recommend(
        question.meta_features,
        n=question.n,
        task_id=question.task_id,
        exclude=question.exclude,
        time_budget_s=question.time_budget_s,
        harm_limit=question.harm_limit,
    )
