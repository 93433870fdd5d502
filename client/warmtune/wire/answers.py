"""Reading the service's answers: bytes of the API, version 1, into values."""

from collections.abc import Callable
from typing import TypeVar

from warmtune.vocabulary.explanation import Explanation
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.job import Job
from warmtune.vocabulary.model_version import BacktestAnswer, ModelVersion
from warmtune.vocabulary.recommendation import Recommendation, Source
from warmtune.vocabulary.results import (
    NamedSearchSpace,
    Page,
    RecommendationAnswer,
    StudySummary,
    TaskSummary,
    TrialsReceipt,
)
from warmtune.vocabulary.task import MetaFeatures, Task
from warmtune.vocabulary.trial import Trial
from warmtune.wire.base import ResponseBody
from warmtune.wire.explanations import ExplanationResponse
from warmtune.wire.imports import ImportBody, ImportPage
from warmtune.wire.jobs import JobPage, JobResponse
from warmtune.wire.models import BacktestResponse, ModelPage, ModelResponse
from warmtune.wire.recommendations import RecommendationResponse, SuggestionsResponse
from warmtune.wire.spaces import RegisteredSearchSpace, SearchSpacePage
from warmtune.wire.studies import StudyPage, StudyResponse, TrialPage, TrialsResponse
from warmtune.wire.system import StatusResponse
from warmtune.wire.tasks import NeighboursResponse, TaskPage, TaskResponse

BodyT = TypeVar("BodyT", bound=ResponseBody)
ResultT = TypeVar("ResultT")


def reader(body: type[BodyT], convert: Callable[[BodyT], ResultT]) -> Callable[[bytes], ResultT]:
    """A function from an answer's bytes to a value; it raises ValueError on anything but such a body."""
    return lambda content: convert(body.model_validate_json(content))


def _recommendation(body: RecommendationResponse) -> RecommendationAnswer:
    core = body.to_domain()
    return RecommendationAnswer(
        configurations=core.configurations,
        strategy=core.strategy,
        confidence=core.confidence,
        model_version=core.model_version,
        reason=core.reason,
        recommendation_id=body.recommendation_id,
        explanation=body.explanation,
        task_id=body.task_id,
        metric=body.metric,
        direction=body.direction,
    )


def _suggestions(body: SuggestionsResponse) -> Recommendation:
    return body.to_domain()


def _task(body: TaskResponse) -> Task:
    described = MetaFeatures(values=body.meta_features, gaps=body.gaps, version=body.version)
    return Task(task_id=body.task_id, name=body.name, kind=body.kind, meta_features=described)


def _tasks(body: TaskPage) -> Page[TaskSummary]:
    items = tuple(TaskSummary(t.task_id, t.name, t.kind, t.created_at) for t in body.items)
    return Page(items=items, next_cursor=body.next_cursor)


def _neighbours(body: NeighboursResponse) -> tuple[Source, ...]:
    return tuple(Source(n.task_id, n.task_name, n.similarity) for n in body.neighbours)


def _search_space(body: RegisteredSearchSpace) -> NamedSearchSpace:
    return NamedSearchSpace(
        name=body.name,
        search_space=body.search_space.to_domain(),
        content_key=body.content_key,
        kinds=tuple(body.kinds),
        shipped=body.shipped,
        n_studies=body.n_studies,
    )


def _search_spaces(body: SearchSpacePage) -> Page[NamedSearchSpace]:
    return Page(items=tuple(_search_space(s) for s in body.items), next_cursor=body.next_cursor)


def _study(body: StudyResponse) -> StudySummary:
    return StudySummary(
        study_id=body.study_id,
        task_id=body.task_id,
        search_space_name=body.search_space,
        search_space_key=body.search_space_key,
        metric=body.metric,
        direction=body.direction,
        name=body.name,
        n_trials=body.n_trials,
        best_value=body.best_value,
        created_at=body.created_at,
        metadata=dict(body.metadata),
    )


def _studies(body: StudyPage) -> Page[StudySummary]:
    return Page(items=tuple(_study(s) for s in body.items), next_cursor=body.next_cursor)


def _trials(body: TrialPage) -> Page[Trial]:
    return Page(items=tuple(t.to_domain() for t in body.items), next_cursor=body.next_cursor)


def _receipt(body: TrialsResponse) -> TrialsReceipt:
    return TrialsReceipt(body.study_id, body.accepted, body.unchanged, body.n_trials)


def _job(body: JobResponse) -> Job:
    return body.to_domain()


def _jobs(body: JobPage) -> Page[Job]:
    return Page(items=tuple(_job(j) for j in body.items), next_cursor=body.next_cursor)


def _model(body: ModelResponse) -> ModelVersion:
    return body.to_domain()


def _models(body: ModelPage) -> Page[ModelVersion]:
    return Page(items=tuple(_model(m) for m in body.items), next_cursor=body.next_cursor)


def _explanation(body: ExplanationResponse) -> Explanation:
    return body.to_domain()


def _backtest(body: BacktestResponse) -> BacktestAnswer:
    return body.to_domain()


def _import(body: ImportBody) -> ImportRecord:
    return ImportRecord(
        import_id=body.import_id,
        source=body.source,
        written_by=body.written_by,
        file_name=body.file_name,
        file_hash=body.file_hash,
        sent_by=body.sent_by,
        created_at=body.created_at,
        n_studies=body.n_studies,
    )


def _imports(body: ImportPage) -> Page[ImportRecord]:
    return Page(items=tuple(_import(item) for item in body.items), next_cursor=body.next_cursor)


read_import = reader(ImportBody, _import)
read_imports = reader(ImportPage, _imports)
read_recommendation = reader(RecommendationResponse, _recommendation)
read_suggestions = reader(SuggestionsResponse, _suggestions)
read_task = reader(TaskResponse, _task)
read_tasks = reader(TaskPage, _tasks)
read_neighbours = reader(NeighboursResponse, _neighbours)
read_search_space = reader(RegisteredSearchSpace, _search_space)
read_search_spaces = reader(SearchSpacePage, _search_spaces)
read_study = reader(StudyResponse, _study)
read_studies = reader(StudyPage, _studies)
read_trials = reader(TrialPage, _trials)
read_job = reader(JobResponse, _job)
read_jobs = reader(JobPage, _jobs)
read_model = reader(ModelResponse, _model)
read_models = reader(ModelPage, _models)
read_explanation = reader(ExplanationResponse, _explanation)
read_backtest = reader(BacktestResponse, _backtest)
read_receipt = reader(TrialsResponse, _receipt)


def read_status(content: bytes) -> None:
    """Check that it is a Warmtune that says so.

    Raises:
        ValueError: If it is anything else.
    """
    StatusResponse.model_validate_json(content)


def read_nothing(content: bytes) -> None:
    """Take any successful answer as it is."""
