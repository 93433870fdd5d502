"""Trials that came in since a model was learned change their own tasks' maps at once, in closed form."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.engine import SpaceModel
from metamodel.large.fresh import FreshTask, FreshTasks
from metamodel.large.many_tasks import ManyTasks, outcome_codes
from metamodel.maps.history import TaskHistory
from metamodel.maps.low_rank import ConditionedTasks, LowRankPrior
from metamodel.maps.performance_maps import PerformanceMaps, known_scores
from metamodel.maps.tried import TriedAnchors
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.task import MetaFeatures

MARK = "+"
"""Before what distinguishes a model's version from that without the reported trials."""


def with_reported(model: SpaceModel, histories: Sequence[TaskHistory]) -> SpaceModel:
    """The model in which some tasks' maps are those of all their trials now.

    What tasks share stays as it was learned: anchors, the prior of maps, the embedding, the forest, seconds, and the
    rules for first configurations. A task's map given them is a Gaussian that its trials condition in closed form
    (`metamodel.maps.low_rank`), so that one task costs what its own trials cost. A trial that is no anchor counts at
    the nearest one. The result is what conditioning all tasks anew would give.

    Args:
        model: As it was learned, or after earlier trials were reported.
        histories: All trials of each task, of tasks that the model knows or not, each once; those without any score
            are left out.
    """
    useful = [history for history in histories if not np.isnan(history.scores).all()]
    if not useful or model.maps is None or model.prior is None:
        return model
    tried = TriedAnchors.of_histories(model.space, useful, model.maps.position, model.maps.features)
    version = f"{model.version.partition(MARK)[0]}{MARK}{_digest(model.version, useful)}"
    if model.many is not None:
        return replace(model, version=version, many=_many_with(model, model.many, useful, tried))
    conditioned = _conditioned(model.prior, useful, tried, model)
    return replace(_few_with(model, model.maps, useful, tried, conditioned), version=version)


def _few_with(  # noqa: PLR0917  # the model, and what is new
    model: SpaceModel,
    maps: PerformanceMaps,
    reported: Sequence[TaskHistory],
    tried: TriedAnchors,
    conditioned: ConditionedTasks,
) -> SpaceModel:
    """The same where whole maps are held: rows are exchanged, or added at the end."""
    position = {history.task.task_id: row for row, history in enumerate(model.histories)}
    n_before = len(position)
    for history in reported:
        position.setdefault(history.task.task_id, len(position))
    rows = np.array([position[history.task.task_id] for history in reported], dtype=np.intp)
    mean, n_new = conditioned.mean(), len(position) - n_before
    changed = replace(
        maps,
        mean=_exchanged(maps.mean, rows, mean, n_new),
        variance=_exchanged(maps.variance, rows, conditioned.variance(), n_new),
        best=_exchanged(maps.best, rows, conditioned.best, n_new),
        width=_exchanged(maps.width, rows, conditioned.width, n_new),
        typical=_exchanged(maps.typical, rows, np.median(mean[:, : maps.n_tried], axis=1), n_new),
        coefficients=_exchanged(maps.coefficients.T, rows, maps.interpolant(mean).T, n_new).T,
    )
    places = np.zeros((len(reported), 0)) if model.embedding is None else model.embedding.place(mean)
    histories = [*model.histories, *reported[:n_new]]  # as many as there will be: those at `rows` are set next
    for row, history in zip(rows, reported, strict=True):
        histories[row] = history
    shares = model.shares
    if shares is not None and n_new:
        shares = np.concatenate([shares, np.ones(n_new)])
    return replace(
        model,
        histories=tuple(histories),
        maps=changed,
        places=_exchanged(model.places, rows, places, n_new),
        outcomes=None if model.outcomes is None else _outcomes_with(model.outcomes, rows, reported, tried),
        shares=shares,
    )


def _many_with(model: SpaceModel, many: ManyTasks, reported: Sequence[TaskHistory], tried: TriedAnchors) -> ManyTasks:
    """The same where a few numbers of each task are held: the reported ones are held beside them."""
    basis, embedding = many.basis, model.embedding
    conditioned = _conditioned(basis.prior, reported, tried, model)
    mean, uncertainty = conditioned.mean(), basis.uncertainty(conditioned)
    n_tried = 0 if model.maps is None else model.maps.n_tried
    typical = np.median(mean[:, :n_tried], axis=1)
    places = np.zeros((len(reported), 0)) if embedding is None else embedding.place(mean)
    tasks: dict[int, FreshTask] = {} if many.fresh is None else dict(many.fresh.tasks)
    n_rows = len(many)
    for place, history in enumerate(reported):
        known = many.rows_of([history.task.task_id])
        row = int(known[0]) if len(known) else n_rows
        n_rows += not len(known)
        tasks[row] = FreshTask(
            task=replace(history.task, meta_features=MetaFeatures({})),
            coefficients=conditioned.coefficients[place].astype(np.float32),
            uncertainty=uncertainty[place].astype(np.float32),
            best=float(conditioned.best[place]),
            width=float(conditioned.width[place]),
            typical=float(typical[place]),
            places=places[place].astype(np.float32),
            shares=float(many.shares_of(known)[0]) if len(known) else 1.0,
            anchor=tried.at[place],
            outcome=outcome_codes([history]),
        )
    return replace(many, fresh=FreshTasks.of(tasks, many.n_learned))


def _conditioned(
    prior: LowRankPrior, reported: Sequence[TaskHistory], tried: TriedAnchors, model: SpaceModel
) -> ConditionedTasks:
    """All of them, in their order."""
    known, low_high = known_scores(reported, tried, model.direction)
    blocks = list(prior.condition(known, low_high[:, 0], low_high[:, 1]))
    order = np.argsort(np.concatenate([rows for rows, _ in blocks]))

    def joined(name: str) -> FloatArray:
        result: FloatArray = np.concatenate([getattr(block, name) for _, block in blocks])[order]
        return result

    return ConditionedTasks(prior, *(joined(name) for name in ("coefficients", "covariance", "best", "width")))


def _exchanged(before: FloatArray, rows: IntArray, values: FloatArray, n_new: int) -> FloatArray:
    after: FloatArray = np.concatenate([before, np.empty((n_new, *before.shape[1:]))])
    after[rows] = values
    return after


def _outcomes_with(
    before: PastOutcomes, rows: IntArray, reported: Sequence[TaskHistory], tried: TriedAnchors
) -> PastOutcomes:
    stays = ~np.isin(before.task, rows)
    return PastOutcomes(
        task=np.concatenate([before.task[stays], np.repeat(rows, [len(at) for at in tried.at])]),
        anchor=np.concatenate([before.anchor[stays], *tried.at]),
        failed=np.concatenate([before.failed[stays], *(h.is_failed.astype(np.float64) for h in reported)]),
        infeasible=np.concatenate([before.infeasible[stays], *(h.is_infeasible.astype(np.float64) for h in reported)]),
    )


def _digest(before: str, reported: Sequence[TaskHistory]) -> str:
    digest = hashlib.sha256(before.encode())
    for history in reported:
        digest.update(
            history.task.task_id.encode() + repr([sorted(c.items()) for c in history.configurations]).encode()
        )
        digest.update(history.scores.tobytes() + history.is_infeasible.tobytes())
    return digest.hexdigest()[:8]
