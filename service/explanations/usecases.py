"""Why these configurations: for a search space as a whole, and for one task."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learning.tree_cache import deciding_parameter
from service.explanations.past_parameters import past_parameters
from service.search_spaces.objective_keys import key_of
from service.services import Services
from store.connections.database import Connection
from store.search_spaces import SearchSpaceRepository
from store.tasks import TaskRepository
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.explanation import Explanation
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.parameter_importance import ParameterImportance, SuggestedRange
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel
    from metamodel.trees.decision_tree import DecisionTree


@dataclass(frozen=True, slots=True)
class ExplanationRequest:
    """What is to be explained: see `service.explanations.routes.get_explanation`."""

    kind: TaskKind
    metric: str | None
    direction: Direction | None
    by: str | None
    task_id: str | None


def explain(services: Services, name: str, asked: ExplanationRequest) -> Explanation:
    """The tree of a registered search space.

    Raises:
        NotFoundError: If there is no such search space or task, or no past task.
        InvalidInputError: If `by` is not a categorical parameter, or the task is of another kind.
    """
    with services.database.reading() as connection:
        found = SearchSpaceRepository(connection).find(name, kind=asked.kind, field="name")
        key = key_of(found.space, asked.kind, metric=asked.metric, direction=asked.direction)
        meta_features = None if asked.task_id is None else _meta_features(connection, asked.task_id, asked.kind)
        looked_up = services.models.look_up(connection, key, found.space)
    model = services.models.complete(looked_up).model
    by = asked.by if asked.by is not None else deciding_parameter(found.space)
    tree = services.trees.get(model, by=by)
    sentence = _overview(tree) if meta_features is None else tree.as_sentence(meta_features)
    return Explanation(
        sentence=sentence,
        text=tree.as_text(),
        by=by,
        n_tasks=tree.n_tasks,
        regret=tree.regret,
        tree=tree.to_json(),
        metric=key.metric,
        direction=key.direction,
        model_version=model.version,
    )


@dataclass(frozen=True, slots=True)
class ImportanceRequest:
    """Of which map of past tasks: see `service.explanations.routes.get_parameter_importance`."""

    kind: TaskKind
    metric: str | None
    direction: Direction | None


def importance(services: Services, name: str, asked: ImportanceRequest) -> ParameterImportance:
    """What the past tasks of a registered search space say about its parameters.

    Raises:
        NotFoundError: If there is no such search space, or no past task.
    """
    with services.database.reading() as connection:
        found = SearchSpaceRepository(connection).find(name, kind=asked.kind, field="name")
        key = key_of(found.space, asked.kind, metric=asked.metric, direction=asked.direction)
        looked_up = services.models.look_up(connection, key, found.space)
    model = services.models.complete(looked_up).model
    if model.maps is None:
        raise NotFoundError(
            "no past task is known for this search space and metric, so nothing is known of its parameters",
            field="search_space",
        )
    past = past_parameters(services, found.space, model)
    price = past.narrowing
    return ParameterImportance(
        shares=past.shares,
        ranges={
            one.name: SuggestedRange(one.low, one.high, tuple(one.choices), one.kept) for one in past.ranges.values()
        },
        mean_loss=None if price is None else price.mean_loss,
        harmed=None if price is None else price.harmed,
        n_tasks=len(model.histories),
        metric=key.metric,
        direction=key.direction,
        model_version=model.version,
    )


def sentence_for(services: Services, model: "SpaceModel", space: SearchSpace, task: MetaFeatures) -> str | None:
    """Why what is recommended, in a sentence; None where no past task is known."""
    if model.maps is None:
        return None
    return services.trees.get(model, by=deciding_parameter(space)).as_sentence(task)


def _meta_features(connection: Connection, task_id: str, kind: TaskKind) -> MetaFeatures:
    task = TaskRepository(connection).get(task_id).task
    if task.kind.is_classification != kind.is_classification:
        raise InvalidInputError("the task is of another kind", field="kind", value=kind.value, limit=task.kind.value)
    return task.meta_features


def _overview(tree: "DecisionTree") -> str:
    from metamodel.trees.nodes import questions  # noqa: PLC0415  # with the tree, when first needed

    if tree.n_leaves == 1:
        return tree.as_sentence(MetaFeatures({}))
    names = " and ".join(dict.fromkeys(question.name for question in questions(tree.root)))
    return f"What wins depends on {names}: {tree.n_leaves} kinds of tasks, learned from {tree.n_tasks} past ones."
