"""Fills an Optuna storage with studies of recorded tables; Optuna 3, 4 and 5 run it, so it imports nothing of ours.

``python benchmarks/imported_history_studies.py STORAGE TABLES.json FIRST LAST [--trials 100]``: a study for each of the
tables from FIRST up to LAST. Even ones are searched at random, odd ones by TPE; a median pruner ends trials that start
badly; some trials fail. An objective answers with the nearest recorded row.
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path

import optuna

STEPS = 4


def score_of(row: Mapping[str, object], rows: list[dict[str, object]]) -> float:
    """The score of the nearest row of the same kernel."""

    def distance(other: Mapping[str, object]) -> float:
        far = 0.0
        for name, value in row.items():
            if name == "kernel":
                continue
            if name == "degree":
                far += abs(float(value) - float(other[name])) / 9  # type: ignore[arg-type]
            else:
                far += abs(math.log(float(value) / float(other[name]))) / 8  # type: ignore[arg-type]
        return far

    near = min((other for other in rows if other["kernel"] == row["kernel"]), key=distance)
    return float(near["score"])  # type: ignore[arg-type]


def evaluate(trial: optuna.Trial, rows: list[dict[str, object]]) -> float:
    """One trial: a conditional configuration, intermediate values, perhaps a failure."""
    row: dict[str, object] = {"kernel": trial.suggest_categorical("kernel", ["rbf", "polynomial", "linear"])}
    row["C"] = trial.suggest_float("C", 0.03125, 64.0, log=True)
    if row["kernel"] == "rbf":
        row["gamma"] = trial.suggest_float("gamma", 1e-4, 1e3, log=True)
    elif row["kernel"] == "polynomial":
        row["degree"] = trial.suggest_int("degree", 2, 10)
    if trial.number % 29 == 7:
        raise ValueError("a solver that does not converge")
    score = score_of(row, rows)
    for step in range(STEPS):
        trial.report(score - 0.3 * 0.4 ** (step + 1), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return score


def fill(storage: str, tables: Mapping[str, list[dict[str, object]]], names: list[str], n_trials: int) -> None:
    """A study for each name."""
    for number, name in enumerate(names):
        seed = sum(name.encode())
        sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed=seed)
        if number % 2:
            sampler = optuna.samplers.TPESampler(seed=seed)
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction="maximize",
            sampler=sampler,
            pruner=optuna.pruners.MedianPruner(),
        )
        study.set_user_attr("dataset", name)
        rows = tables[name]
        study.optimize(lambda trial, rows=rows: evaluate(trial, rows), n_trials=n_trials, catch=(ValueError,))  # type: ignore[misc]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("storage")
    parser.add_argument("tables", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--trials", type=int, default=100)
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    given = json.loads(asked.tables.read_text())
    fill(asked.storage, given, sorted(given)[asked.first : asked.last], asked.trials)
