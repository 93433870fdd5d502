"""A task's trials over other search spaces help to find the past tasks that are like it under this one.

Somebody who has tuned a forest on a table and now tunes boosted trees on it is no stranger. Where the other space's
model places the task among the tasks that both spaces know says more than meta-features do; see
`metamodel.embedding.cross_space` for how it is learned and judged.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np

from metamodel.answers.portfolio import warped
from metamodel.answers.weights import CrossSpaceWeights, weights_without
from metamodel.embedding.cross_space import MIN_TASKS, CrossSpaceFit
from metamodel.engine import SpaceModel
from metamodel.reported import MARK
from warmtune.vocabulary.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class OtherSpaces:
    """What the models of other spaces add to one; immutable, threads may share it.

    Attributes:
        fit: From traits (`traits_under` each other space) to maps.
        names: Of the other spaces, in the order of their traits.
        n_tasks: Past tasks of the model when it was fitted.
    """

    fit: CrossSpaceFit
    names: tuple[str, ...]
    n_tasks: int

    @classmethod
    def of(cls, model: SpaceModel, others: Mapping[str, SpaceModel], *, seed: int = 0) -> Self | None:
        """Learn it from the tasks that the models have in common.

        Args:
            model: The one that is asked.
            others: Models of other search spaces by name, of the same kind of tasks and under whatever metric.
            seed: Of the folds.

        Returns:
            None where fewer than `MIN_TASKS` tasks are in common, where what is learned doesn't help on held-out tasks,
            or for a model of many tasks (`metamodel.large`), which holds no maps to learn from.
        """
        if model.maps is None or model.embedding is None or model.many is not None:
            return None
        ids = [history.task.task_id for history in model.histories]
        elsewhere = [traits_under(other, ids) for other in others.values()]
        known = np.concatenate([~np.isnan(traits) for traits in elsewhere], axis=1).any(axis=1)
        if known.sum() < MIN_TASKS:
            return None
        families = model.embedding.scaler.transform([history.task.meta_features for history in model.histories])
        fit = CrossSpaceFit.of(
            np.concatenate(elsewhere, axis=1),
            warped(model.maps.mean[:, : model.maps.n_tried]),
            partial(weights_without, embedding=model.embedding, places=model.places, forest=model.forest),
            families=families,
            seed=seed,
        )
        return None if fit is None else cls(fit, tuple(others), len(ids))

    def informed(self, model: SpaceModel, others: Mapping[str, SpaceModel], *, task_id: str) -> SpaceModel:
        """The model that knows, for questions about one task, what the task's trials over other spaces say.

        Args:
            model: The one that this was learned for, or that with trials that were reported since.
            others: The models by name, which must know the task's trials.
            task_id: The task. If no other model knows it, the model is returned as it is.
        """
        traits = np.concatenate([traits_under(others[name], [task_id])[0] for name in self.names])
        if np.isnan(traits).all():
            return model
        included = np.array([history.task.task_id != task_id for history in model.histories[: self.n_tasks]])
        near = np.zeros(len(model.histories))  # tasks that came in since then speak by their meta-features alone
        near[: self.n_tasks] = self.fit.weights(traits, included)
        digest = hashlib.sha256(f"{model.version} {task_id}".encode() + traits.tobytes()).hexdigest()[:8]
        return replace(
            model,
            version=f"{model.version.partition(MARK)[0]}{MARK}{digest}",
            cross_space=CrossSpaceWeights(near, self.fit.share, self.fit.gain, self.names),
        )


def traits_under(model: SpaceModel, task_ids: Sequence[str]) -> FloatArray:
    """Where a model places tasks: coordinates in its embedding, best score, logarithm of the width of scores.

    Returns:
        Shape ``(n, E + 2)``; NaN in the rows of tasks that it doesn't know.
    """
    traits = np.full((len(task_ids), model.places.shape[1] + 2), np.nan)
    if model.maps is None:
        return traits
    if model.many is not None:
        ids = [task_id for task_id in task_ids if len(model.many.rows_of([task_id]))]
        rows = np.array([model.many.rows_of([task_id])[0] for task_id in ids], dtype=np.intp)
        maps, places = model.many.maps_of(rows, model.maps), model.many.places_of(rows)
    else:
        ids, maps, places = [history.task.task_id for history in model.histories], model.maps, model.places
    row_of = {task_id: row for row, task_id in enumerate(ids)}
    at = [(place, row_of[task_id]) for place, task_id in enumerate(task_ids) if task_id in row_of]
    if at:
        to, found = np.array(at, dtype=np.intp).T
        log_width = np.log(np.maximum(maps.width[found], 1e-12))
        traits[to] = np.column_stack([places[found], maps.best[found], log_width])
    return traits
