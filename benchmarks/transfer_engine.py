"""The engine on a recorded table: fitted on a fold's past, told every outcome."""

from dataclasses import replace

import numpy as np

from benchmarks.transfer_table import Fold, Material
from metamodel.backtest.records import TargetTable, normalised_regret
from metamodel.backtest.replay import ModelAdvisor, replay_adaptive
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray


def fit_on_past(material: Material, fold: Fold) -> SpaceModel:
    """The engine's model of what is known of a fold's past."""
    table = material.table
    histories = [table.history(int(task), at) for task, at in zip(fold.past, fold.known, strict=True)]
    return fit_model(table.space, histories, metric=table.metric, direction=table.direction)


def tune(material: Material, model: SpaceModel, target: int, n_trials: int) -> tuple[IntArray, FloatArray]:
    """Configurations that the engine tries on one target, and the least regret so far; shape ``(n_trials,)`` each.

    Told nothing but the target's meta-features and each outcome. Where the target has fewer rows, the last one stays.
    """
    has = np.flatnonzero(material.recorded(target))
    history = material.table.history(target, has)
    history = replace(history, durations_s=np.where(np.isnan(history.durations_s), 0.0, history.durations_s))
    table = target_table(material, history, has)
    advisor = ModelAdvisor(model, history.task.meta_features)
    rows = replay_adaptive(table, advisor, n_trials=min(n_trials, len(has)))
    curve = np.minimum.accumulate(table.regret[rows])
    short = n_trials - len(rows)
    return np.pad(has[rows], (0, short), mode="edge"), np.pad(curve, (0, short), mode="edge")


def target_table(material: Material, history: TaskHistory, has: IntArray) -> TargetTable:
    """What answers: the target's recorded configurations."""
    return TargetTable(
        history=history,
        features=material.features[has],
        regret=normalised_regret(history.scores, material.table.direction),
        cube=UnitCube(material.table.space),
    )
