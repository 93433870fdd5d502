"""An Optuna study's direction as the vocabulary's."""

from optuna.study import Study, StudyDirection

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


def has_several_objectives(study: Study) -> bool:
    """Whether it has more than one."""
    return len(study.directions) > 1


def first_direction(study: Study) -> Direction:
    """The direction of the study's first objective, which may be its only one."""
    return Direction.MAXIMIZE if study.directions[0] is StudyDirection.MAXIMIZE else Direction.MINIMIZE


def study_direction(study: Study) -> Direction:
    """The study's own direction.

    Raises:
        InvalidInputError: If it is no study, or has several objectives.
    """
    check_study(study)
    if len(study.directions) != 1:
        raise InvalidInputError(
            "a study of several objectives can't be warm-started",
            field="study",
            value=f"{len(study.directions)} objectives",
            limit="1 objective",
        )
    return first_direction(study)


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
