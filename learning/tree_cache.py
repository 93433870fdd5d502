"""Meta-decision trees of models, learned when first asked for."""

import copy
from collections import Counter
from typing import TYPE_CHECKING, Self

from optuna.distributions import CategoricalDistribution

from learning.lru import LruCache
from store.connections.scope import SHIPPED_SEQ, Workspace
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel
    from metamodel.trees.decision_tree import DecisionTree

N_REGIONS = 4


class TreeCache:
    """One tree per workspace, model and what it tells apart; threads may share it."""

    def __init__(self, *, max_trees: int) -> None:
        self._owner = SHIPPED_SEQ
        self._trees: LruCache[tuple[int, str, str | None], DecisionTree] = LruCache(
            max_items=max_trees, owner_of=lambda which: which[0]
        )

    def of(self, workspace: Workspace) -> Self:
        """The same cache, for one workspace: how long a tree takes tells nothing of what others ask."""
        bound = copy.copy(self)
        bound._owner = workspace.seq
        return bound

    def get(self, model: "SpaceModel", *, by: str | None) -> "DecisionTree":
        """The tree of a model.

        Args:
            model: Learned from at least one past task.
            by: A categorical parameter whose choices compete; None for regions of the search space.

        Raises:
            NotFoundError: If no past task is known.
            InvalidInputError: If `by` is not a categorical parameter.
        """
        key = (self._owner, model.version, by)
        found = self._trees.find(key)
        if found is None:
            found = _learn(model, by=by)
            self._trees.put(key, found)
        return found


def deciding_parameter(space: SearchSpace) -> str | None:
    """The category that decides which others there are, such as the algorithm; None where none does.

    The one that most conditions name, of those that are always active; the first among equals.
    """
    conditional = {condition.parameter for condition in space.conditions}
    named = Counter(condition.parent for condition in space.conditions)
    counts = {
        name: named[name]
        for name, distribution in space.parameters.items()
        if isinstance(distribution, CategoricalDistribution) and name not in conditional
    }
    return max(counts, key=lambda name: counts[name]) if any(counts.values()) else None


def _learn(model: "SpaceModel", *, by: str | None) -> "DecisionTree":
    from metamodel.trees.alternatives import regions_around, regions_by_choice  # noqa: PLC0415
    from metamodel.trees.search import fit_decision_tree  # noqa: PLC0415  # numpy, when first needed

    if model.maps is None:
        raise NotFoundError(
            "no past task is known for this search space and metric, so there is nothing to explain",
            field="search_space",
        )
    if by is not None and not isinstance(model.space.parameters.get(by), CategoricalDistribution):
        categories = [n for n, d in model.space.parameters.items() if isinstance(d, CategoricalDistribution)]
        raise InvalidInputError(
            f"{by!r} is not a categorical parameter",
            field="by",
            value=by,
            limit=", ".join(categories) or "none has choices",
        )
    # anchors that nobody has tried are guesses throughout: the answer rests on those that were
    n = model.maps.n_tried
    anchors, utility = model.maps.anchors[:n], model.maps.mean[:, :n]
    if by is None:
        regions = regions_around(model.space, anchors, utility, size=N_REGIONS)
    else:
        regions = regions_by_choice(model.space, anchors, utility, parameter=by)
    return fit_decision_tree(
        [history.task.meta_features for history in model.histories], regions.utility, regions.candidates, seed=0
    )
