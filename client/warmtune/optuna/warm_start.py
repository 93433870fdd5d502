"""Giving an Optuna study its first trials from what worked on similar tasks."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from optuna.study import Study

from warmtune.optuna.directions import check_directions, check_study, study_directions, study_metrics
from warmtune.optuna.memory import StudySubject
from warmtune.optuna.resolver import resolved_space, stored_task
from warmtune.optuna.stored_study import joined_study
from warmtune.optuna.whole_study import all_trials, storage_failures
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.recommendations import recommend
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.metrics import default_metric
from warmtune.vocabulary.recommendation import RankedConfiguration
from warmtune.vocabulary.results import RecommendationAnswer, WarmStart
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.bodies import SearchSpaceLike
from warmtune.wire.spaces import SearchSpaceBody

RANK_KEY = "warmtune:rank"
RECOMMENDATION_KEY = "warmtune:recommendation_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStartOptions:
    """What a warm start asks for; `warmtune.Client.warm_start` says what each means."""

    search_space: SearchSpaceLike
    metric: str | tuple[str, ...] | None = None
    n: int = 10
    time_budget_s: float | None = None
    exclude_task_ids: Iterable[str] = ()


def warm_start(
    connection: Connection, study: Study, task: str | TaskDescription | TableUpload, options: WarmStartOptions
) -> WarmStart:
    """Enqueue recommended configurations; see `warmtune.Client.warm_start`.

    Nothing is enqueued unless every configuration is one that the search space contains.
    """
    check_study(study)
    directions = study_directions(study)
    if options.metric is not None:
        check_directions(study_metrics(study, options.metric, default=""), directions)
    stored = stored_task(connection, task)
    metrics = study_metrics(study, options.metric, default=default_metric(stored.kind))
    check_directions(metrics, directions)
    space, space_name = resolved_space(connection, options.search_space, stored.kind)
    answer = connection.send(
        recommend(
            stored.task_id,
            space_name or space,
            metric=metrics if len(metrics) > 1 else metrics[0],
            direction=directions if len(metrics) > 1 else directions[0],
            n=options.n,
            time_budget_s=options.time_budget_s,
            exclude_task_ids=options.exclude_task_ids,
        )
    )
    configurations = [_checked(ranked, space) for ranked in answer.configurations]
    subject = StudySubject(
        task_id=stored.task_id,
        metric=metrics[0],
        direction=directions[0],
        further_metrics=metrics[1:],
        further_directions=directions[1:],
        search_space=SearchSpaceBody.from_domain(space),
        search_space_name=space_name,
    )
    study_id = joined_study(connection, study, subject)
    n_enqueued = _enqueue(study, answer, configurations)
    own = {f.name: getattr(answer, f.name) for f in fields(RecommendationAnswer)}
    own["understanding"] = stored.understanding
    return WarmStart(**own, study_id=study_id, n_enqueued=n_enqueued)


def _checked(ranked: RankedConfiguration, space: SearchSpace) -> dict[str, ParameterValue]:
    """The configuration in plain Python values; Optuna itself would ignore, clip or fail late."""
    try:
        return space.validate(ranked.configuration)
    except InvalidConfigurationError as error:
        raise InvalidConfigurationError(
            f"nothing was enqueued: the recommended configuration {ranked.rank} is not one of the search space: "
            f"{error.message}",
            field=error.field,
            limit=error.limit,
            value=dict(ranked.configuration),
        ) from error


def _enqueue(study: Study, answer: RecommendationAnswer, configurations: list[dict[str, ParameterValue]]) -> int:
    """Enqueue in order what the study doesn't hold yet; return how many that were."""
    before = _n_enqueued(study, answer)
    for ranked, configuration in zip(answer.configurations, configurations, strict=True):
        with storage_failures("write"):
            study.enqueue_trial(configuration, user_attrs=_origin(answer, ranked), skip_if_exists=True)
    return _n_enqueued(study, answer) - before


def _n_enqueued(study: Study, answer: RecommendationAnswer) -> int:
    trials = all_trials(study)
    return sum(t.user_attrs.get(RECOMMENDATION_KEY) == answer.recommendation_id for t in trials)


def _origin(answer: RecommendationAnswer, ranked: RankedConfiguration) -> dict[str, object]:
    """Where a configuration came from, as user attributes that dashboards and data frames show."""
    sources = [{"task_id": s.task_id, "task_name": s.task_name, "similarity": s.similarity} for s in ranked.sources]
    return {
        RANK_KEY: ranked.rank,
        "warmtune:strategy": str(answer.strategy),
        "warmtune:sources": sources,
        "warmtune:expected_regret": ranked.expected_regret,
        "warmtune:uncertainty": ranked.uncertainty,
        RECOMMENDATION_KEY: answer.recommendation_id,
        "warmtune:model_version": answer.model_version,
    }
