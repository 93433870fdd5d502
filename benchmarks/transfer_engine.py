"""The engine on a recorded table: fitted on a fold's past, given every outcome."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from benchmarks.transfer_table import Fold, Material
from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.backtest.records import TargetTable, normalised_regret
from metamodel.backtest.replay import ModelAdvisor, replay_adaptive
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import Key, configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import interpolant
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray


def negated(history: TaskHistory, rng: np.random.Generator) -> TaskHistory:
    """The best look worst."""
    del rng
    return replace(history, scores=np.nanmin(history.scores) + np.nanmax(history.scores) - history.scores)


def shuffled(history: TaskHistory, rng: np.random.Generator) -> TaskHistory:
    """Every configuration has another one's score."""
    return replace(history, scores=rng.permutation(history.scores))


def seconds(history: TaskHistory, rng: np.random.Generator) -> TaskHistory:
    """Another metric than the asked one: the fewer seconds the better."""
    del rng
    slow = np.log(np.maximum(np.nan_to_num(history.durations_s, nan=1.0), 1e-3))
    return replace(history, scores=np.where(np.isnan(history.scores), np.nan, -slow))


MISLEADING: Final[Mapping[str, Callable[[TaskHistory, np.random.Generator], TaskHistory]]] = MappingProxyType(
    {"negated": negated, "shuffled": shuffled, "seconds": seconds}
)
"""What a wrong past may be."""


def fit_on_past(material: Material, fold: Fold, misleading: str | None = None) -> SpaceModel:
    """The engine's model of what is known of a fold's past, or of what is wrong with it."""
    table = material.table
    histories = [table.history(int(task), at) for task, at in zip(fold.past, fold.known, strict=True)]
    if misleading is not None:
        rng = np.random.default_rng(0)
        histories = [MISLEADING[misleading](history, rng) for history in histories]
    return fit_model(table.space, histories, metric=table.metric, direction=table.direction)


def tune(material: Material, model: SpaceModel, target: int, n_trials: int) -> tuple[IntArray, FloatArray]:
    """Configurations that the engine tries on one target, and the least regret so far; shape ``(n_trials,)`` each.

    It gets the target's meta-features and each outcome only. Where the target has fewer rows, the last one stays.
    Of a table with gaps the engine chooses among what the target has, as its opponents do.
    """
    has = np.flatnonzero(material.recorded(target))
    if len(has) < len(material.table.configurations):
        missing = np.flatnonzero(~material.recorded(target))
        model = without_anchors(model, {configuration_key(material.table.configurations[int(i)]) for i in missing})
    history = material.table.history(target, has)
    history = replace(history, durations_s=np.where(np.isnan(history.durations_s), 0.0, history.durations_s))
    table = target_table(material, history, has)
    advisor = ModelAdvisor(model, history.task.meta_features)
    rows = replay_adaptive(table, advisor, n_trials=min(n_trials, len(has)))
    curve = np.minimum.accumulate(table.regret[rows])
    short = n_trials - len(rows)
    return np.pad(has[rows], (0, short), mode="edge"), np.pad(curve, (0, short), mode="edge")


def without_anchors(model: SpaceModel, missing: Collection[Key]) -> SpaceModel:
    """The same model without some of its anchors: they are neither recommended nor suggested."""
    maps = model.maps
    if maps is None:
        return model
    kept = np.array([configuration_key(anchor) not in missing for anchor in maps.anchors], dtype=bool)
    columns = np.flatnonzero(kept)
    anchors = tuple(maps.anchors[int(i)] for i in columns)
    fewer = replace(
        maps,
        anchors=anchors,
        n_tried=int(kept[: maps.n_tried].sum()),
        position=MappingProxyType({configuration_key(anchor): i for i, anchor in enumerate(anchors)}),
        features=maps.features[columns],
        kernel=maps.kernel[np.ix_(columns, columns)],
        mean=maps.mean[:, columns],
        variance=maps.variance[:, columns],
        durations_s=maps.durations_s[columns],
        coefficients=interpolant(maps.features[columns] * maps.axis_scale, maps.mean[:, columns]),
    )
    outcomes = model.outcomes
    if outcomes is not None:
        stays = kept[outcomes.anchor]
        outcomes = PastOutcomes(
            task=outcomes.task[stays],
            anchor=(np.cumsum(kept) - 1)[outcomes.anchor[stays]],
            failed=outcomes.failed[stays],
            infeasible=outcomes.infeasible[stays],
        )
    return replace(model, maps=fewer, outcomes=outcomes)


def target_table(material: Material, history: TaskHistory, has: IntArray) -> TargetTable:
    """What answers: the target's recorded configurations."""
    return TargetTable(
        history=history,
        features=material.features[has],
        regret=normalised_regret(history.scores, material.table.direction),
        cube=UnitCube(material.table.space),
    )
