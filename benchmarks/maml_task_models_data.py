"""The slow part of `benchmarks.maml_task_models`: datasets encoded, and what scikit-learn's models say of them."""

import time
import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.maml_task_models_report import PARTS, SIZES
from maml.task_models.encoder import EncodedRows, TableEncoder
from maml.task_models.episodes import LabelledTable
from maml.task_models.experts import EXPERTS
from maml.task_models.features import TaskFeatures
from warmtune.vocabulary.arrays import FloatArray

N_ASKED, LEAST_ASKED = 500, 40


def prepare(table: LabelledTable, seed: int) -> None:
    """Encode one dataset at every size, and let scikit-learn's models answer."""
    target = PARTS / "prepared" / f"{table.name}-{seed}.npz"
    if target.exists():
        return
    rng = np.random.default_rng((seed, len(table.target)))
    rows = rng.permutation(len(table.target))
    arrays: dict[str, NDArray[np.generic]] = {"is_classes": np.array(table.is_classes)}
    for n in SIZES:
        known, asked = rows[:n], rows[n : n + N_ASKED]
        if len(asked) < LEAST_ASKED or len(np.unique(table.target[known])) < 2:
            continue
        for name, value in prepared(table, known, asked, seed).items():
            arrays[f"{n}-{name}"] = value
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(target, **arrays)  # type: ignore[arg-type]  # names are all strings
    print(table.name, seed, sorted(k for k in arrays if "score" in k), flush=True)


def prepared(
    table: LabelledTable, known: NDArray[np.intp], asked: NDArray[np.intp], seed: int
) -> dict[str, NDArray[np.generic]]:
    """Features of known and asked rows, their targets, and the baselines' scores."""
    start = time.perf_counter()
    encoder = TableEncoder.fit(table.columns.iloc[known])
    rows, others = encoder.encode(table.columns.iloc[known]), encoder.encode(table.columns.iloc[asked])
    y, truth = table.target[known], table.target[asked]
    if table.is_classes:
        classes = np.unique(y)
        goal, wanted = (y[:, None] == classes).astype(float), _numbers(truth, classes)
        y = np.searchsorted(classes, y).astype(float)
    else:
        centre, spread = y.mean(), y.std() or 1.0
        y, wanted = (y - centre) / spread, (truth - centre) / spread
        goal = y[:, None]
    features = TaskFeatures.of(rows, goal, seed=seed)
    query = features.of_rows(others)
    encoded_s = time.perf_counter() - start
    result: dict[str, NDArray[np.generic]] = {
        "support": features.support.astype(np.float32),
        "support_targets": y,
        "query": query.astype(np.float32),
        "query_targets": wanted,
        "encoded_s": np.array(encoded_s),
    }
    for name, score in baselines(rows, y, others, wanted, is_classes=table.is_classes, seed=seed).items():
        result[f"score {name}"] = np.array(score)
    experts = query[..., -len(EXPERTS) :]
    result["score mean of experts"] = np.array(score_of(experts.mean(-1), wanted, table.is_classes))
    best = int(features.errors.argmin())
    result["score best expert"] = np.array(score_of(experts[..., best], wanted, table.is_classes))
    return result


def _numbers(truth: FloatArray, classes: FloatArray) -> FloatArray:
    """Class numbers; -1 for classes that no known row has: nobody can be right there."""
    numbers = np.minimum(np.searchsorted(classes, truth), len(classes) - 1)
    return np.where(classes[numbers] == truth, numbers, -1).astype(float)


def baselines(
    rows: EncodedRows, y: FloatArray, others: EncodedRows, wanted: FloatArray, *, is_classes: bool, seed: int
) -> dict[str, float]:
    """Scikit-learn's MLP and random forest."""
    models = (
        {
            "MLP": MLPClassifier(max_iter=500, random_state=seed),
            "random forest": RandomForestClassifier(300, random_state=seed),
        }
        if is_classes
        else {
            "MLP": MLPRegressor(max_iter=500, random_state=seed),
            "random forest": RandomForestRegressor(300, random_state=seed),
        }
    )
    scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            answer = model.fit(rows.scaled, y.astype(int) if is_classes else y).predict(others.scaled)
        scores[name] = (
            float((answer == wanted).mean()) if is_classes else float(np.clip(r2_score(wanted, answer), -1, 1))
        )
    return scores


def score_of(answer: FloatArray, wanted: FloatArray, is_classes: bool) -> float:
    """Accuracy of probabilities, or R2 of numbers, each at least -1."""
    if is_classes:
        return float((answer.argmax(axis=1) == wanted).mean())
    return float(np.clip(r2_score(wanted, answer[:, 0]), -1.0, 1.0))
