"""The next configurations, given the trials so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from learning.histories import is_whole
from learning.models.answering_models import AnsweringModel, AnswerLookup, finished
from service.search_spaces.objective_keys import check_budget, key_of
from service.search_spaces.requested_space import parsed_space, requested_spaces, spaces_in
from service.services import Services
from service.studies.checks import checked_configurations, checked_trials
from service.tasks.subjects import asked_task, subject_in
from service.tasks.task_in_space import TaskInSpace, answering_models
from store.learning_curves import past_curves
from store.search_spaces import SearchSpaceRepository
from store.studies import StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from warmtune.vocabulary.learning_curve import LearningCurve
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.spans import span
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.wire.learning_curves import LearningCurvesRequest
from warmtune.wire.recommendations import StudySuggestionsRequest, SuggestionsRequest


@dataclass(frozen=True, slots=True)
class SuggestionRequest:
    """What a suggestion is asked for.

    Attributes:
        objectives: What was read for an answer by each objective; at least one.
        space: The asked search space.
        meta_features: Of the task.
        trials: What was evaluated or is being evaluated.
        pending: Configurations that other workers are evaluating now.
        task_id: Of a stored task: what was tried on it before doesn't speak, since its trials are here.
        exclude: Past tasks that must not speak.
        time_budget_s: Seconds that are left, or None.
    """

    objectives: tuple[AnswerLookup, ...]
    space: SearchSpace
    meta_features: MetaFeatures
    trials: Sequence[Trial]
    pending: Sequence[Configuration]
    task_id: str
    exclude: frozenset[str] = frozenset()
    time_budget_s: float | None = None


def suggest_for_study(services: Services, study_id: str, asked: StudySuggestionsRequest) -> Recommendation:
    """The next configurations of a stored study."""
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        task = TaskRepository(connection).get(study.task_id).task
        trials = TrialRepository(connection).of_study(study)
        objectives = tuple(
            services.answering.look_up(connection, key, space, task_id=study.task_id) for key in study.keys
        )
    question = SuggestionRequest(
        objectives=objectives,
        space=space,
        meta_features=task.meta_features,
        trials=trials,
        pending=checked_configurations(space, asked.pending, field="pending"),
        task_id=study.task_id,
        time_budget_s=asked.time_budget_s,
    )
    return _answer(services, question, n=asked.n)


def suggest(services: Services, asked: SuggestionsRequest) -> Recommendation:
    """The next configurations; nothing is stored."""
    about, parsed = asked_task(asked.task_id, asked.task), parsed_space(asked.search_space)
    with services.database.reading() as connection:
        subject, spaces = subject_in(connection, about), spaces_in(connection, parsed)
        found = TaskInSpace.read(connection, subject, spaces, asked=asked, answering=services.answering)
    question = SuggestionRequest(
        objectives=found.objectives,
        space=found.space,
        meta_features=found.subject.meta_features,
        trials=checked_trials(found.space, asked.trials, n_objectives=len(found.objectives)),
        pending=checked_configurations(found.space, asked.pending, field="pending"),
        task_id=found.subject.task_id,
        exclude=frozenset(asked.exclude_task_ids),
        time_budget_s=asked.time_budget_s,
    )
    return _answer(services, question, n=asked.n)


def learning_curves(services: Services, asked: LearningCurvesRequest) -> tuple[LearningCurve, ...]:
    """Complete past trials with intermediate values."""
    space = requested_spaces(services, asked.search_space).for_kind(asked.kind).space
    key = key_of(space, asked.kind, metric=asked.metric, direction=asked.direction)
    with services.database.reading() as connection:
        return past_curves(connection, key, n=asked.n, exclude=frozenset(asked.exclude_task_ids))


def _answer(services: Services, question: SuggestionRequest, *, n: int) -> Recommendation:
    # one that lacks parameters, since it failed early or has just begun, says nothing that can be placed; of those that
    # completed each was checked when it came in
    trials = [
        trial
        for trial in question.trials
        if trial.state is TrialState.COMPLETE or is_whole(question.space, trial.configuration)
    ]
    models = answering_models(services, question.objectives)
    about = {"warmtune.n_configurations": n, "warmtune.n_trials": len(trials)}
    with span("answer", about), services.turns.of(len(trials)).taken():
        return finished(_suggested(services, question, trials, models, n=n), models)


def _suggested(
    services: Services,
    question: SuggestionRequest,
    trials: Sequence[Trial],
    models: Sequence[AnsweringModel],
    *,
    n: int,
) -> Recommendation:
    """What the models of all objectives say."""
    if len(models) > 1:
        check_budget(question.time_budget_s)
        from metamodel.several import suggest_several  # noqa: PLC0415  # scipy, when first needed

        return suggest_several(
            [one.model for one in models],
            question.meta_features,
            trials,
            n=n,
            pending=question.pending,
            task_id=question.task_id,
            exclude=question.exclude,
            seed=len(question.trials),
            harm_limit=services.settings.harm_limit,
        )
    return models[0].model.suggest(
        question.meta_features,
        trials,
        n=n,
        pending=question.pending,
        task_id=question.task_id,
        exclude=question.exclude,
        seed=len(question.trials),
        time_budget_s=question.time_budget_s,
        harm_limit=services.settings.harm_limit,
    )
