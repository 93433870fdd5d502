"""An Optuna study's direction as the vocabulary's."""

from collections.abc import Sequence

from optuna.study import Study, StudyDirection

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.collections import several
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction, resolve_direction


def check_study(study: object) -> None:
    """Check that it is a study.

    Raises:
        InvalidInputError: If it is anything else.
    """
    if not isinstance(study, Study):
        raise InvalidInputError(
            f"an optuna.Study is needed, not {type(study).__name__}", field="study", value=study, limit="optuna.Study"
        )


def several_studies(given: object) -> tuple[Study, ...]:
    """Studies from any collection of them.

    Raises:
        InvalidInputError: If it is one thing that is none, or holds anything else.
    """
    studies: list[Study] = []
    for place, one in enumerate(several(given, "study", "an optuna.Study, or several")):
        if not isinstance(one, Study):
            where = f"study.{place}"
            raise InvalidInputError(
                f"{where} is {with_article(type(one).__name__)}", field=where, value=one, limit="an optuna.Study"
            )
        studies.append(one)
    return tuple(studies)


def study_direction(study: Study) -> Direction:
    """The direction of a study with one objective.

    Raises:
        InvalidInputError: If it has several.
    """
    if len(study.directions) != 1:
        raise InvalidInputError(
            "this is for studies with one objective",
            field="study",
            value=f"{len(study.directions)} objectives",
            limit="1 objective",
        )
    return study_directions(study)[0]


def study_directions(study: Study) -> tuple[Direction, ...]:
    """The directions of all objectives, in their order."""
    return tuple(
        Direction.MAXIMIZE if one is StudyDirection.MAXIMIZE else Direction.MINIMIZE for one in study.directions
    )


def study_metrics(study: Study, metric: str | Sequence[str] | None, *, default: str) -> tuple[str, ...]:
    """A metric for each objective of a study.

    Args:
        study: The study.
        metric: A name for each, or that of the first; the others are then called as the study calls them
            (`Study.set_metric_names`), else by their places.
        default: Of the first objective, where nothing is given.

    Raises:
        InvalidInputError: If there are names for another number of objectives, or one twice.
    """
    n_objectives = len(study.directions)
    given = [default] if metric is None else [metric] if isinstance(metric, str) else list(metric)
    if len(given) == 1 and n_objectives > 1:
        named = study.metric_names or []
        given += [named[place] if place < len(named) else f"objective_{place}" for place in range(1, n_objectives)]
    if len(given) != n_objectives or len(set(given)) < len(given):
        raise InvalidInputError(
            f"a study of {n_objectives} objectives needs {n_objectives} different metrics",
            field="metric",
            value=metric,
            limit=f"{n_objectives} names, or that of the first",
        )
    return tuple(given)


def check_directions(metrics: Sequence[str], directions: Sequence[Direction]) -> None:
    """Check that each objective goes its metric's way; see `check_direction`."""
    for metric, direction in zip(metrics, directions, strict=True):
        check_direction(metric, direction)


def check_direction(metric: str, direction: Direction) -> None:
    """Check that the study goes the metric's way.

    Raises:
        InvalidInputError: If the metric is known to go the other one.
    """
    try:
        resolve_direction(metric, direction)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{error.message}; or create the study with direction={error.limit!r}",
            field="metric",
            value=metric,
            limit=f"direction {error.limit}",
        ) from error
