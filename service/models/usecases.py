"""Refits, versions, going back, and backtests."""

from dataclasses import replace

from learning.job_requests import RefitJob
from service.models.job_kind import REFIT
from service.search_spaces.objective_keys import key_of
from service.search_spaces.requested_space import requested_spaces
from service.services import Services
from store.connections.database import Connection
from store.model_keys import ModelKey
from store.models import ModelRepository, StoredModel
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.stored_job import StoredJob
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import Comparison, ModelState, ModelVersion
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.models import RefitRequest


def refit(services: Services, asked: RefitRequest) -> StoredJob:
    """Queue a refit."""
    found = requested_spaces(services, asked.search_space).for_kind(asked.kind)
    key = key_of(found.space, asked.kind, metric=asked.metric, direction=asked.direction)
    with services.database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(found.space)
    request = RefitJob(
        search_space=found.name,
        space_id=space_id,
        content_key=key.content_key,
        kind_group=key.kind_group,
        metric=key.metric,
        direction=key.direction,
        activate=asked.activate,
        surrogate=asked.surrogate,
    )
    return services.jobs.submit(REFIT, request.model_dump(mode="json"))


def list_models(
    services: Services, page: PageRequest, *, search_space: str | None, kind: TaskKind | None, metric: str | None
) -> Page[ModelVersion]:
    """Versions, newest first; of a name, those of both its search spaces unless the kind of task says which."""
    with services.database.reading() as connection:
        spaces = SearchSpaceRepository(connection)
        keys = None
        if search_space is not None:
            kinds = [kind] if kind is not None else list(TaskKind)
            keys = spaces.content_keys(search_space, kinds=kinds)
        found = ModelRepository(connection).page(page, content_keys=keys, metric=metric)
    return found.map(lambda stored: stored.model_version)


def activate(services: Services, version: str, *, force: bool) -> StoredModel:
    """Let a version answer; a worse one only by force.

    Raises:
        NotFoundError: If there is no such version.
        ConflictError: If its backtest is worse than that of the active one, with the figures.
    """
    with services.database.writing() as connection:
        repository = ModelRepository(connection)
        chosen = repository.get(version)
        active = repository.active(chosen.learned.key)
        found = None if active is None else compared(chosen, active, margin=services.settings.refit_margin)
        reason = "it was chosen by hand"
        if found is not None:
            from learning.refit.comparison import in_words  # noqa: PLC0415  # numpy, when first needed

            reason = f"chosen by hand; {in_words(found)}"
            if found.is_worse and not force:
                raise ConflictError(
                    f"this version is {in_words(found)}; pass force to activate it anyway",
                    field="force",
                    value=force,
                    limit=f"difference of {found.margin:g}",
                )
        stored = repository.activate(version, reason)
        space = SearchSpaceRepository(connection).get(stored.learned.space_id)
    services.models.refresh(stored.learned.key, space)
    return stored


def compared(chosen: StoredModel, active: StoredModel, *, margin: float) -> Comparison | None:
    """How a version does against the active one: as a refit has measured it, else by the backtests of both."""
    from learning.refit.comparison import compare, turned  # noqa: PLC0415
    from metamodel.backtest.result import Backtest  # noqa: PLC0415  # numpy and scipy, when first needed

    if chosen.learned.version == active.learned.version:
        return None
    ours, theirs = chosen.learned.comparison, active.learned.comparison
    if ours is not None and ours.other == active.learned.version:
        return replace(ours, margin=margin)
    if theirs is not None and theirs.other == chosen.learned.version:
        return replace(turned(theirs, other=active.learned.version), margin=margin)
    if chosen.learned.backtest is None or active.learned.backtest is None:
        return None
    return compare(
        Backtest.from_json(chosen.learned.backtest),
        Backtest.from_json(active.learned.backtest),
        version=active.learned.version,
        margin=margin,
    )


def backtest_of(
    services: Services, name: str, *, kind: TaskKind, metric: str | None, direction: Direction | None
) -> StoredModel:
    """The version that answers, with its backtest.

    Raises:
        NotFoundError: If there is no such search space, or no version of it with a backtest.
    """
    with services.database.reading() as connection:
        found = SearchSpaceRepository(connection).find(name, kind=kind, field="name")
        key = key_of(found.space, kind, metric=metric, direction=direction)
        return _tested(connection, key)


def _tested(connection: Connection, key: ModelKey) -> StoredModel:
    stored = ModelRepository(connection).active(key)
    if stored is None or stored.state is not ModelState.ACTIVE:
        raise NotFoundError(
            f"no version was learned for {key.metric} yet: POST /v1/models/refit creates one",
            field="metric",
            value=key.metric,
        )
    if stored.learned.backtest is None:
        raise NotFoundError(
            "too few tasks have enough trials to be left out: the version has no backtest",
            field="metric",
            value=key.metric,
        )
    return stored
