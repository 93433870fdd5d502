"""The routes of explanations and of parameters' importance."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.explanations import usecases
from service.explanations.usecases import ExplanationRequest, ImportanceRequest
from service.http.documentation import problems
from service.http.route import ApiRoute
from service.services import UsesServices
from store.model_keys import group_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.explanations import ExplanationResponse
from warmtune.wire.parameter_importance import ImportanceResponse

SpaceName = Annotated[str, Path(description="A registered search space")]
AskedKind = Annotated[TaskKind, Query(description="The kind of task")]
AskedMetric = Annotated[str | None, Query(description="By default accuracy, or r2 for regression")]
AskedDirection = Annotated[Direction | None, Query(description="Needed for a metric that Warmtune doesn't know")]

router = APIRouter(prefix="/v1/search-spaces", tags=["Search spaces"], route_class=ApiRoute)


@router.get(
    "/{name}/explanation",
    operation_id="get_explanation",
    summary="Explain which configurations win on which tasks",
    responses=problems(404, 422),
)
def get_explanation(
    services: UsesServices,
    *,
    name: SpaceName,
    kind: AskedKind,
    metric: AskedMetric = None,
    direction: AskedDirection = None,
    by: Annotated[
        str | None,
        Query(
            description="Categorical parameter whose choices are compared; by default the one on which other "
            "parameters depend, else regions of the search space"
        ),
    ] = None,
    task_id: Annotated[str | None, Query(description="A stored task that the sentence is to explain")] = None,
) -> ExplanationResponse:
    """A shallow tree over meta-features, learned from the past tasks: which configurations win on which tasks.

    A sentence, the tree as text of at most 80 columns, and the tree as JSON. It explains; recommendations don't follow
    it. Where meta-features predict nothing beyond chance, the tree is a single leaf, and the sentence states this.
    """
    asked = ExplanationRequest(kind, metric, direction, by, task_id)
    found = usecases.explain(services, name, asked)
    return ExplanationResponse.from_domain(found, search_space=name, kind_group=group_of(kind).value)


@router.get(
    "/{name}/importance",
    operation_id="get_parameter_importance",
    summary="Say which parameters matter on past tasks",
    responses=problems(404, 422),
)
def get_parameter_importance(
    services: UsesServices,
    *,
    name: SpaceName,
    kind: AskedKind,
    metric: AskedMetric = None,
    direction: AskedDirection = None,
) -> ImportanceResponse:
    """Importance of the parameters over all past tasks, with the narrower ranges in which good values lie.

    A share is that of a score's variance over the whole search space, which the parameter explains by itself: a
    functional analysis of variance of every past task's map (Hutter et al. 2014). Ranges hold nine tenths of the best
    values of past tasks (Perrone et al. 2019); `mean_loss` and `harmed` are their price on tasks that were left out.
    """
    found = usecases.importance(services, name, ImportanceRequest(kind, metric, direction))
    return ImportanceResponse.from_domain(found, search_space=name, kind_group=group_of(kind).value)
