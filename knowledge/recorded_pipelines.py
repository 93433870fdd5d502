"""A folder of recorded pipelines (Oboe's) as a knowledge base of its own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knowledge.designs.configuration_digest import configuration_digest
from knowledge.designs.portfolio import greedy_picks, normalised_regret
from knowledge.pack.base import KnowledgeBase, Status, Table
from warmtune.catalogue import find_entry
from warmtune.catalogue.auto import NAME as WHOLE
from warmtune.catalogue.entry import CLASSIFICATION
from warmtune.catalogue.scikit_pipelines import NAME as RECORDED
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

METRIC = "balanced_accuracy"
MIN_SHARE = 0.75
"""Pipelines that fewer tasks tried are left out."""
_OURS = {"basic.n_instances": "n_rows", "basic.n_features": "n_columns", "basic.n_classes": "n_classes"}
"""Meta-features of the folder that ours define the same way; the others have other formulas."""

Values = dict[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Scores and seconds by task and pipeline, NaN where no run was made."""

    names: tuple[str, ...]
    configurations: tuple[Values, ...]
    scores: NDArray[np.float64]
    durations_s: NDArray[np.float64]


def read_recorded(folder: Path, *, n_good: int, n_random: int, seed: int = 0) -> KnowledgeBase:
    """A part of the recorded pipelines as two tables: over their own space, and what is exactly one of `auto`.

    Args:
        folder: With ``space.json``, ``trials.parquet`` and ``metafeatures.parquet``.
        n_good: Pipelines of a greedy portfolio over all tasks.
        n_random: Further ones, drawn at random.
        seed: Of the draw.

    Raises:
        InvalidInputError: If a file is missing.
    """
    for name in ("space.json", "trials.parquet", "metafeatures.parquet"):
        if not (folder / name).is_file():
            raise InvalidInputError(f"{folder} has no {name}", field="folder", value=str(folder))
    names = [entry["name"] for entry in json.loads((folder / "space.json").read_text())["hyperparameters"]]
    runs = _read_runs(pd.read_parquet(folder / "trials.parquet"), names)
    tasks = _tasks(runs.names, pd.read_parquet(folder / "metafeatures.parquet"))
    space = find_entry(RECORDED, TaskKind.MULTICLASS).space
    choice = _Choice(n_good, n_random, seed, configuration_digest(space.default_configuration() or {}))
    own = _part(RECORDED, runs, tasks, choice, translate=space.validate)
    whole = _part(WHOLE, runs, tasks, replace(choice, n_random=0), translate=whole_pipeline_of_recorded)
    facts = {
        "source": "oboe 0.2.0 (PyPI), BSD 3-Clause; Yang, Fan, Wu, Udell, 'AutoML Pipeline Selection', KDD 2020",
        "metric": "balanced accuracy by cross-validation, 16 bits",
    }
    return KnowledgeBase("", tuple(tasks), (own, whole), facts)


def whole_pipeline_of_recorded(recorded: Mapping[str, ParameterValue]) -> Values | None:
    """The configuration of `auto` that is the same pipeline, or None where there is none.

    Only what is known to be the same: logistic regression, neighbours and networks on one-hot columns. The recorded
    forests' number of trees isn't known, and the other estimators are none of `auto`'s.
    """
    space = find_entry(WHOLE, TaskKind.MULTICLASS).space
    if recorded["encoder"] != "one_hot" or recorded["imputer"] == "constant":
        return None
    if recorded["reducer"] == "variance_threshold":
        return None
    whole: Values = {
        "imputation": recorded["imputer"],
        "scaling": recorded["standardizer"],
        "reduction": recorded["reducer"],
    }
    if recorded["reducer"] != "none":
        whole["reduction_share"] = recorded["reducer_share"]
    estimator = recorded["estimator"]
    if estimator == "Logit":
        whole |= {"algorithm": "linear", "linear.C": recorded["Logit:C"], "linear.penalty": recorded["Logit:penalty"]}
        whole["linear.class_weight"] = None
    elif estimator == "KNN":
        p = float(recorded["KNN:p"])  # type: ignore[arg-type]  # validated: an int
        whole |= {"algorithm": "knn", "knn.n_neighbors": recorded["KNN:n_neighbors"], "knn.p": p}
        whole["knn.weights"] = "uniform"
    elif estimator == "MLP" and recorded["MLP:solver"] == "adam":
        defaults = {n: v for n, v in space.defaults.items() if n.startswith("mlp.")}
        whole |= {"algorithm": "mlp", **defaults, "mlp.alpha": recorded["MLP:alpha"]}
        whole["mlp.learning_rate_init"] = recorded["MLP:learning_rate_init"]
    else:
        return None
    return space.validate(whole)


def _read_runs(trials: pd.DataFrame, names: Sequence[str]) -> _Runs:
    scores = trials.pivot(index="task", columns="config_id", values="score")
    durations = trials.pivot(index="task", columns="config_id", values="duration_s")
    rows = trials.drop_duplicates("config_id").set_index("config_id").loc[scores.columns]
    space = find_entry(RECORDED, TaskKind.MULTICLASS).space
    configurations = []
    for row in rows[list(names)].astype(object).to_numpy():
        given = {n: v for n, v in zip(names, row, strict=True) if not pd.isna(v)}
        configurations.append(
            {n: v if isinstance(v, str) else _number(float(v), space.parameters[n]) for n, v in given.items()}
        )
    return _Runs(
        tuple(str(task) for task in scores.index),
        tuple(configurations),
        scores.to_numpy(dtype=np.float64),
        durations.to_numpy(dtype=np.float64),
    )


def _number(value: float, distribution: object) -> ParameterValue:
    """In the distribution's own type; the rounding of 32 bits over a bound is undone."""
    low, high = float(distribution.low), float(distribution.high)  # type: ignore[attr-defined]  # a range
    clipped = min(max(value, low), high)
    return int(clipped) if type(distribution).__name__ == "IntDistribution" else clipped


def _tasks(names: Sequence[str], features: pd.DataFrame) -> list[Task]:
    """Tasks with what little is known of them; most have no meta-feature at all."""
    rows = features.assign(task=features["task"].astype(str)).set_index("task")
    tasks = []
    for name in names:
        values: dict[str, float] = {}
        if name in rows.index:
            found = rows.loc[[name], list(_OURS)].to_numpy(dtype=np.float64)[0]
            values = {ours: float(v) for ours, v in zip(_OURS.values(), found, strict=True) if np.isfinite(v)}
        kind = TaskKind.of_classes(int(values.get("n_classes", 0)))
        described = MetaFeatures(values, {"source": f"OpenML data {name}: its rows were not at hand"})
        tasks.append(
            Task(task_id_of(kind, described, content_hash=f"openml-{name}"), f"openml_{name}", kind, described)
        )
    return tasks


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which pipelines are kept: the one with the key `first`, a portfolio of good ones, and random ones."""

    n_good: int
    n_random: int
    seed: int
    first: str


def _part(
    search_space: str,
    runs: _Runs,
    tasks: Sequence[Task],
    choice: _Choice,
    *,
    translate: Callable[[Values], Values | None],
) -> Table:
    """The table of some pipelines that enough tasks tried, translated; of several with one translation the first."""
    translated = [translate(c) for c in runs.configurations]
    often = (~np.isnan(runs.scores)).mean(axis=0) >= MIN_SHARE
    position: dict[str, int] = {}
    for column, one in enumerate(translated):
        if one is not None and often[column]:
            position.setdefault(configuration_digest(one), column)
    columns = np.array(list(position.values()))
    first = [position[choice.first]] if choice.first in position else []
    regret = normalised_regret(runs.scores[:, columns], sign=1)
    good = columns[greedy_picks(regret, size=choice.n_good)]
    drawn = np.random.default_rng(choice.seed).permutation(np.setdiff1d(columns, good))[: choice.n_random]
    chosen = list(dict.fromkeys([*first, *good.tolist(), *drawn.tolist()]))
    scores = runs.scores[:, chosen]
    return Table(
        search_space=search_space,
        kinds=CLASSIFICATION,
        task_ids=tuple(task.task_id for task in tasks),
        configurations=tuple(one for column in chosen if (one := translated[column]) is not None),
        scores={METRIC: scores},
        durations_s=runs.durations_s[:, chosen],
        status=np.where(np.isnan(scores), Status.UNTRIED, Status.DONE).astype(np.uint8),
        max_rows=np.zeros(len(tasks), dtype=np.int64),  # as many as there are
        n_folds=0,
    )
