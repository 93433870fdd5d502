"""The route of explanations."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.explanations import usecases
from service.explanations.usecases import ExplanationRequest
from service.http.documentation import problems
from service.http.route import ApiRoute
from service.services import UsesServices
from store.model_keys import group_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.explanations import ExplanationResponse

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
    name: Annotated[str, Path(description="A registered search space")],
    kind: Annotated[TaskKind, Query(description="The kind of task")],
    metric: Annotated[str | None, Query(description="By default accuracy, or r2 for regression")] = None,
    direction: Annotated[Direction | None, Query(description="Needed for a metric that Warmtune doesn't know")] = None,
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
