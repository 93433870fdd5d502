"""Several objectives: one model for each, asked together."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from metamodel.answers.front_suggestions import suggest_front
from metamodel.answers.fronts import Goal, recommend_front
from metamodel.answers.harm import HARM_LIMIT
from metamodel.engine import SpaceModel
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial


def recommend_several(
    models: Sequence[SpaceModel],
    meta_features: MetaFeatures | None,
    *,
    n: int,
    task_id: str | None = None,
    exclude: Collection[str] = (),
    seed: int = 0,
    harm_limit: float = HARM_LIMIT,
) -> Recommendation:
    """The ordered batch for a task without trials, by the dominated hypervolume of past tasks.

    Args:
        models: At least two, in the order of the study's objectives, over one search space.
        meta_features: Of the asked task, or None where nothing is known of it.
        n: Number of configurations, at least 1.
        task_id: Of the asked task, if it is stored: what was tried on it before then counts most.
        exclude: Ids of past tasks that must not be used.
        seed: Of space-filling configurations and random directions.
        harm_limit: As of `SpaceModel.recommend`, where one objective alone decides.

    Raises:
        InvalidInputError: On fewer than two models.
    """
    goals = [
        Goal(one.timed(meta_features), one.weigh(meta_features, exclude, task_id=task_id)) for one in _checked(models)
    ]
    return recommend_front(goals, n=n, seed=seed, harm_limit=harm_limit)


def suggest_several(  # noqa: PLR0913  # what `SpaceModel.suggest` takes, and the models
    models: Sequence[SpaceModel],
    meta_features: MetaFeatures | None,
    trials: Sequence[Trial],
    *,
    n: int,
    pending: Sequence[Configuration] = (),
    task_id: str | None = None,
    exclude: Collection[str] = (),
    seed: int = 0,
    harm_limit: float = HARM_LIMIT,
) -> Recommendation:
    """The next configurations of a study with several objectives.

    Args:
        models: At least two, in the order of the study's objectives, over one search space.
        meta_features: Of the task, or None.
        trials: Of the study; complete ones with a value for each objective.
        n: Number of configurations, at least 1.
        pending: Further configurations under evaluation elsewhere.
        task_id: Of the task, if it is stored: its own maps have no weight, since its trials are given.
        exclude: Ids of past tasks that must not be used.
        seed: Of local candidates, directions and draws.
        harm_limit: As of `recommend_several`.

    Raises:
        InvalidInputError: On fewer than two models, or a complete trial with another number of values.
    """
    for index, trial in enumerate(trials):
        if trial.values and len(trial.values) != len(models):
            raise InvalidInputError(
                f"trial {trial.number} has {len(trial.values)} values for {len(models)} objectives",
                field=f"trials.{index}.values",
                value=trial.values,
                limit=f"{len(models)} values",
            )
    hidden = frozenset(exclude) if task_id is None else frozenset(exclude) | {task_id}
    goals = [
        # a surrogate learned from past tasks and can't forget those that are hidden
        Goal(replace(one, use=None) if exclude else one, one.weigh(meta_features, hidden))
        for one in _checked(models)
    ]
    return suggest_front(goals, trials, n=n, pending=pending, seed=seed, harm_limit=harm_limit)


def _checked(models: Sequence[SpaceModel]) -> Sequence[SpaceModel]:
    if len(models) < 2:
        raise InvalidInputError(
            "there must be at least two objectives", field="metrics", value=len(models), limit="2 or more"
        )
    return models
