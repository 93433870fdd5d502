"""Recorded tuning tables as arrays: every configuration's score on every task."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from warmtune.vocabulary.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class TuningTable:
    """A full table.

    Attributes:
        name: Of the folder.
        tasks: Names of the rows.
        scores: Shape ``(n_tasks, n_configurations)``, larger is better.
        cube: Shape ``(n_configurations, n_columns)``, in ``[0, 1]``; a category has a column for each choice.
        active: Same shape; False where the hyperparameter doesn't count.
        meta_features: Shape ``(n_tasks, n_features)``, standardised, 0 where missing.
    """

    name: str
    tasks: tuple[str, ...]
    scores: FloatArray
    cube: FloatArray
    active: BoolArray
    meta_features: FloatArray


def read_table(folder: Path) -> TuningTable:
    """Read ``trials.parquet``, ``metafeatures.parquet`` and ``space.json``; random configurations only."""
    space = json.loads((folder / "space.json").read_text())["hyperparameters"]
    trials = pd.read_parquet(folder / "trials.parquet")
    if "config_id" not in trials:  # the same grid in the same order for every task
        trials["config_id"] = trials.groupby("task").cumcount()
    if "origin" in trials:
        trials = trials[trials["origin"] == "random"]
    scores = trials.pivot(index="task", columns="config_id", values="score")
    configurations = trials.drop_duplicates("config_id").set_index("config_id").loc[scores.columns]
    columns, active = [], []
    for parameter in space:
        values = configurations[parameter["name"]]
        known = values.notna().to_numpy()
        for column in _columns(parameter, values):
            columns.append(np.where(known, column, 0.5))
            active.append(known)
    return TuningTable(
        folder.name,
        tuple(str(task) for task in scores.index),
        scores.to_numpy(dtype=float),
        np.clip(np.stack(columns, axis=1), 0.0, 1.0),
        np.stack(active, axis=1),
        _meta_features(folder, list(scores.index)),
    )


def _columns(parameter: dict[str, object], values: "pd.Series[float]") -> list[FloatArray]:
    if parameter["type"] == "categorical":
        choices = parameter["choices"]
        assert isinstance(choices, list)
        return [(values == choice).to_numpy(dtype=float) for choice in choices]
    low, high = float(str(parameter["low"])), float(str(parameter["high"]))
    numbers = pd.to_numeric(values).to_numpy(dtype=float)
    if parameter.get("log"):
        return [(np.log(numbers) - np.log(low)) / (np.log(high) - np.log(low))]
    return [(numbers - low) / (high - low)]


def _meta_features(folder: Path, tasks: list[object]) -> FloatArray:
    table = pd.read_parquet(folder / "metafeatures.parquet").set_index("task").reindex(tasks)
    basic = [c for c in table if str(c).startswith("basic.")]
    chosen = table[basic] if basic else table
    values = chosen.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, copy=True)
    if basic:
        values[:, :4] = np.log1p(values[:, :4])
    scaled: FloatArray = np.nan_to_num((values - np.nanmean(values, 0)) / (np.nanstd(values, 0) + 1e-9))
    return scaled
