"""The application: made from settings, nothing happens before it starts."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from learning.models.answering_models import AnsweringModels
from learning.models.background import BackgroundModels
from learning.models.cache import ModelCache
from learning.neural.loaded_models import LoadedModels
from learning.task_index import TaskIndex
from learning.tree_cache import TreeCache
from service.api_keys.rates import RequestRates
from service.api_keys.ring import KeyRing
from service.api_keys.routes import router as keys_router
from service.audit.routes import router as audit
from service.audit.trail import AuditTrail
from service.database_start import open_database
from service.description.pool import DescriberPool
from service.explanations.routes import router as explanations
from service.http.access import AccessLayer
from service.http.bodies import BodyLimit
from service.http.documentation import PROTECTED, document
from service.http.framing import Framing
from service.http.guards import ApiKeys, SecurityHeaders
from service.http.head_requests import HeadAsGet
from service.http.large_bodies import BodyReaders
from service.http.lingering_close import LingeringClose
from service.http.origins import OriginGuard
from service.http.problems import handle_error, handle_http_exception
from service.http.request_work import RunningWork
from service.http.validation import handle_validation_error
from service.imports.readers import HistoryReaders
from service.imports.routes import router as imports
from service.imports.routes import uploads as import_uploads
from service.job_kinds import job_kinds
from service.jobs.routes import router as jobs
from service.jobs.runner import JobRunner
from service.lift import LiftMeter
from service.measures import Measures
from service.models.routes import backtests
from service.models.routes import router as models_router
from service.neural.routes import router as neural
from service.pages.operations.actions import IMPORT_PATH as IMPORT_PAGE
from service.pages.routes import mount_static
from service.pages.routes import router as pages
from service.recommendations.routes import router as recommendations
from service.search_spaces.routes import router as search_spaces
from service.services import Services
from service.settings import Settings
from service.shared_models.routes import router as shared_models
from service.shipped_contents import shipped_models
from service.spool import Spool
from service.studies.routes import router as studies
from service.suggestions.routes import router as suggestions
from service.system.readiness import Readiness
from service.system.routes import router as system
from service.tasks.routes import router as tasks
from service.tasks.routes import uploads as task_uploads
from service.workspaces.routes import router as workspaces
from store.connections.database import Database
from warmtune.version import __version__
from warmtune.vocabulary.errors import WarmtuneError

ROUTERS = (
    recommendations,
    suggestions,
    task_uploads,
    tasks,
    search_spaces,
    backtests,
    explanations,
    studies,
    import_uploads,
    imports,
    models_router,
    neural,
    jobs,
    keys_router,
    workspaces,
    shared_models,
    audit,
    system,
    pages,
)
UPLOAD_PATHS = ("/v1/recommendations", "/v1/tasks")
IMPORT_PATH = "/v1/imports"
TAGS = [
    {"name": "Recommendations", "description": "The configurations to try first, for a task without trials."},
    {"name": "Suggestions", "description": "The next configurations, given the trials so far."},
    {"name": "Tasks", "description": "Datasets with a target, known by their meta-features."},
    {"name": "Search spaces", "description": "What may be tuned: Optuna's distributions, with conditions."},
    {"name": "Studies", "description": "Tuning runs of stored tasks, and their trials."},
    {"name": "Imports", "description": "Whole histories from elsewhere: Optuna's databases and journals, and more."},
    {"name": "Models", "description": "Versions of what was learned, how good each is, and going back."},
    {"name": "Neural models", "description": "Networks that start from what past tasks taught, and adapt to new ones."},
    {"name": "Jobs", "description": "Long work in the background: its progress, its result, its end."},
    {"name": "Keys", "description": "API keys and their permissions; for callers with the scope `admin`."},
    {"name": "Workspaces", "description": "Teams that see nothing of each other; for admin keys of `default`."},
    {"name": "Shared models", "description": "Learned models that one workspace lets another one use."},
    {"name": "Operations", "description": "For those who run the service."},
]
DESCRIPTION = """
Warmtune makes hyperparameter tuning start warm. Give it a dataset (or only its meta-features), the search space of your
Optuna study and the metric: it answers with the configurations to try first, in order, learned from every tuning run it
has seen on other datasets. Report trials back, and it proposes the next ones and remembers.

**Errors** are RFC 9457 problem details (`application/problem+json`) with a stable `code` and, where it applies, the
`field` that is wrong, its `value` and the `limit` it breaks. **Lists** are continued by `next_cursor`. Any **POST** may
carry an `Idempotency-Key`: repeated under it, the request gets the first one's answer. Every answer has an
`X-Request-ID`, which is in the logs too. NaN and Infinity are no JSON and are refused.
"""


JOBS_STOP_S = 2.0  # that jobs have left to end, after requests have; they were asked to at the beginning of the stop
AUDIT_STOP_S = 2.0  # for refusals that wait to be noted
WARM_UP_AFTER_S = 1.0  # importing torch must not compete with the start itself


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Make the application.

    Args:
        settings: How it runs.
        database: Opened already; by default it is opened when the application starts. It is closed with it.
    """
    measures = Measures()
    app = FastAPI(
        title="Warmtune",
        version=__version__,
        summary="Hyperparameter tuning that starts warm.",
        lifespan=_lifespan(settings, measures, database),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the framework would lead to whatever name the request was sent to
        middleware=[
            Middleware(AccessLayer, measures=measures, max_requests=settings.max_requests),
            Middleware(LingeringClose),
            Middleware(SecurityHeaders),
            Middleware(Framing),
            Middleware(
                OriginGuard,
                allowed_hosts=settings.known_hosts,
                allowed_origins=settings.known_origins,
            ),
            Middleware(ApiKeys, protected=PROTECTED),
            Middleware(
                BodyLimit,
                max_json_bytes=settings.max_json_bytes,
                max_upload_bytes={
                    **dict.fromkeys(UPLOAD_PATHS, settings.max_upload_bytes),
                    IMPORT_PATH: settings.max_import_bytes,
                    IMPORT_PAGE: settings.max_import_bytes,
                },
                max_bodies_bytes=settings.max_bodies_bytes,
                pause_s=settings.body_timeout_s,
                receive_s=settings.receive_timeout_s,
            ),
            Middleware(HeadAsGet),
        ],
        exception_handlers={
            WarmtuneError: handle_error,
            RequestValidationError: handle_validation_error,
            HTTPException: handle_http_exception,
        },
    )
    for router in ROUTERS:
        app.include_router(router)
    mount_static(app)
    app.openapi = _openapi_of(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _openapi_of(app: FastAPI) -> Callable[[], dict[str, object]]:
    made: list[dict[str, object]] = []

    def openapi() -> dict[str, object]:
        if not made:
            made.append(document(app, ROUTERS, tags=TAGS, description=DESCRIPTION))
        return made[0]

    return openapi


def _lifespan(
    settings: Settings, measures: Measures, given: Database | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = given or open_database(settings)
        spool = Spool(settings.spool_directory)
        spool.open()
        keys = KeyRing(database, given=settings.accepted_keys, limits=settings.key_limits)
        keys.refresh()
        models = ModelCache(
            database,
            on_fit=measures.count_fit,
            max_models=settings.max_models,
            rules=settings.learning_rules,
        )
        history_readers = HistoryReaders(settings)
        services = Services(
            settings=settings,
            database=database,
            describers=DescriberPool(settings, measures=measures, scratch=spool.directory),
            models=models,
            answering=AnsweringModels(models, database, max_models=settings.max_models),
            background_models=BackgroundModels(models, database),
            task_index=TaskIndex(database),
            trees=TreeCache(max_trees=settings.max_models),
            jobs=JobRunner(
                database, job_kinds(database, models, settings, history_readers), settings, measures=measures
            ),
            neural=LoadedModels(database, max_models=settings.max_loaded_neural_models),
            measures=measures,
            spool=spool,
            readiness=Readiness(database),
            keys=keys,
            rates=RequestRates(n_services=settings.n_services),
            trail=AuditTrail(database, keep_days=settings.audit_days),
            readers=BodyReaders(max_waiting=settings.max_waiting_bodies),
            running_work=RunningWork(),
        )
        services.jobs.start()
        services.trail.start()
        app.state.services = services
        lift = LiftMeter(database, measures, every_s=settings.lift_interval_s)
        lift.start()
        warming = threading.Timer(WARM_UP_AFTER_S, _warm_up, [services, history_readers])
        warming.daemon = True
        if settings.warm_up or settings.warm_describer:
            warming.start()
        structlog.get_logger().info("ready", database=database.shown_url)
        try:
            yield
        finally:
            warming.cancel()
            lift.close()
            services.jobs.close(JOBS_STOP_S)
            history_readers.close()
            services.trail.close(AUDIT_STOP_S)
            services.describers.close()
            services.answering.close()
            services.background_models.close()
            services.models.close()
            services.readiness.close()
            services.keys.close()
            spool.close()
            database.close()
            structlog.get_logger().info("stopped")

    return lifespan


def _warm_up(services: Services, history_readers: HistoryReaders) -> None:
    services.describers.warm_up()
    if not services.settings.warm_up:
        return
    import_module("sklearn.ensemble")  # half a second that the first page of parameters need not wait
    if services.settings.run_jobs:
        history_readers.prepare()
    services.models.warm_up(shipped_models())
    services.readiness.note_warm_models()
