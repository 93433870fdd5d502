"""What a question, or a study, is compared under: a search space, a kind of task, and each objective."""

from store.model_keys import ModelKey, group_of
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction, check_metric, default_metric, resolve_direction
from warmtune.vocabulary.objectives import DURATION_METRIC
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.objectives import WithObjectives


def key_of(space: SearchSpace, kind: TaskKind, *, metric: str | None, direction: Direction | None) -> ModelKey:
    """What a question, or a study, can be compared under.

    Raises:
        InvalidInputError: If the metric is of another kind of task, or its direction neither known nor given, or
            contradicted.
    """
    chosen = check_metric(metric or default_metric(kind), kind)
    return ModelKey(space.content_key, group_of(kind), chosen, resolve_direction(chosen, direction))


def keys_of(space: SearchSpace, kind: TaskKind, asked: WithObjectives) -> tuple[ModelKey, ...]:
    """The same for each objective, the first of which is what a study is stored under.

    Raises:
        InvalidInputError: As `key_of`; on `metric` beside `metrics`, on a single one or one twice among these, and on
            directions of another number.
    """
    if not asked.metrics:
        if asked.directions:
            raise InvalidInputError(
                "directions are for several metrics; for one, pass direction", field="directions", limit="metrics"
            )
        return (key_of(space, kind, metric=asked.metric, direction=asked.direction),)
    for field in ("metric", "direction"):
        if getattr(asked, field) is not None:
            raise InvalidInputError(
                f"{field} is for one objective, metrics are for several: give one of them",
                field=field,
                value=getattr(asked, field),
                limit="null beside metrics",
            )
    if len(asked.metrics) < 2 or len(set(asked.metrics)) < len(asked.metrics):
        raise InvalidInputError(
            "several objectives are two or more different metrics", field="metrics", value=asked.metrics, limit=">= 2"
        )
    if asked.directions and len(asked.directions) != len(asked.metrics):
        raise InvalidInputError(
            f"there are {len(asked.directions)} directions for {len(asked.metrics)} metrics",
            field="directions",
            value=[str(direction) for direction in asked.directions],
            limit=f"{len(asked.metrics)} directions, or none",
        )
    directions: list[Direction | None] = [*asked.directions] or [_known_direction(metric) for metric in asked.metrics]
    return tuple(
        key_of(space, kind, metric=metric, direction=direction)
        for metric, direction in zip(asked.metrics, directions, strict=True)
    )


def check_budget(time_budget_s: float | None) -> None:
    """Check that no time budget is given for several objectives.

    Raises:
        InvalidInputError: If there is one.
    """
    if time_budget_s is not None:
        raise InvalidInputError(
            f"a time budget is for one objective; to make seconds an objective, add {DURATION_METRIC!r} to the metrics",
            field="time_budget_s",
            value=time_budget_s,
            limit="null beside metrics",
        )


def _known_direction(metric: str) -> Direction | None:
    return Direction.MINIMIZE if metric == DURATION_METRIC else None
