"""Past learning curves."""

from collections.abc import Iterable

from warmtune.rest.calls import Call
from warmtune.vocabulary.learning_curve import LearningCurve
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import reader
from warmtune.wire.bodies import SearchSpaceLike, built, direction_of, kind_of, search_space_body, sent, task_ids_of
from warmtune.wire.learning_curves import LearningCurvesRequest, LearningCurvesResponse


def learning_curves(
    search_space: SearchSpaceLike,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
    n: int = 1_000,
    exclude_task_ids: Iterable[str] = (),
) -> Call[tuple[LearningCurve, ...]]:
    """Complete past trials with intermediate values, those of the latest studies first.

    Args:
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        kind: The kind of task.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        n: How many at most, from 1 to 2,000.
        exclude_task_ids: Past tasks that are left out.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown search space.
    """
    body = built(
        LearningCurvesRequest,
        search_space=search_space_body(search_space),
        kind=kind_of(kind),
        metric=metric,
        direction=direction_of(direction),
        n=n,
        exclude_task_ids=task_ids_of(exclude_task_ids, "exclude_task_ids"),
    )
    return Call("POST", "/v1/suggestions/learning-curves", reader(LearningCurvesResponse), body=sent(body))
