"""One real evaluation: a configuration cross-validated on a table, all metrics at once."""

import time
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from knowledge.pipelines import build_pipeline
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What cross-validation found.

    Attributes:
        scores: Mean over the folds by metric, in natural units and direction
            (`warmtune.vocabulary.metrics.KNOWN_METRICS`).
        duration_s: Wall-clock seconds of all fits and predictions.
    """

    scores: dict[str, float]
    duration_s: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A bounded part of a dataset, ready for scikit-learn; `y` holds class codes or floats."""

    X: pd.DataFrame
    y: NDArray[np.int64] | Array
    kind: TaskKind


def sample_rows(frame: pd.DataFrame, target: str, *, kind: TaskKind, max_rows: int, seed: int) -> Sample:
    """At most `max_rows` random rows; classes with fewer than 3 members left in them are dropped.

    Nominal columns become plain strings with NaN for missing.
    """
    rng = np.random.default_rng(seed)
    frame = frame[frame[target].notna()]
    if len(frame) > max_rows:
        frame = frame.iloc[np.sort(rng.permutation(len(frame))[:max_rows])]
    if kind.is_classification:
        counts = frame[target].astype(str).value_counts()
        frame = frame[frame[target].astype(str).isin(counts.index[counts >= 3])]
    X = frame.drop(columns=target).copy()
    X.columns = [f"c{i}" for i in range(X.shape[1])]
    for column in X:
        if not (pd.api.types.is_numeric_dtype(X[column].dtype) or pd.api.types.is_bool_dtype(X[column].dtype)):
            text = X[column].astype(object)
            X[column] = text.where(text.isna(), text.astype(str)).where(text.notna(), np.nan)
        else:
            X[column] = X[column].astype("float64")
    if kind.is_classification:
        y = np.unique(frame[target].astype(str).to_numpy(), return_inverse=True)[1]
    else:
        y = frame[target].to_numpy(dtype=np.float64)
    return Sample(X.reset_index(drop=True), y, kind)


def cross_validate(
    sample: Sample, name: str, configuration: Configuration, *, n_folds: int = 3, seed: int = 0
) -> Evaluation:
    """Cross-validate one configuration; the folds depend on `seed` only, so that configurations are comparable.

    Raises:
        ValueError: What scikit-learn raises where a model can't be fitted or its predictions aren't finite.
    """
    splitter = (StratifiedKFold if sample.kind.is_classification else KFold)(n_folds, shuffle=True, random_state=seed)
    per_fold: list[dict[str, float]] = []
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and rare classes: the score says what they cost
        for train, test in splitter.split(sample.X, sample.y):
            pipeline = build_pipeline(name, configuration, sample.X, kind=sample.kind, seed=seed)
            pipeline.fit(sample.X.iloc[train], sample.y[train])
            per_fold.append(_metrics(pipeline, sample.X.iloc[test], sample.y[test], sample.kind))
    duration_s = time.perf_counter() - started
    shared = set.intersection(*(set(fold) for fold in per_fold))
    scores = {metric: float(np.mean([fold[metric] for fold in per_fold])) for metric in per_fold[0] if metric in shared}
    if not all(np.isfinite(value) for value in scores.values()):
        raise ValueError(f"a score is not finite: {scores}")
    return Evaluation(scores, duration_s)


def _metrics(pipeline: Pipeline, X: pd.DataFrame, y: Array, kind: TaskKind) -> dict[str, float]:
    predicted = pipeline.predict(X)
    if kind is TaskKind.REGRESSION:
        return {
            "r2": float(r2_score(y, predicted)),
            "rmse": float(root_mean_squared_error(y, predicted)),
            "mae": float(mean_absolute_error(y, predicted)),
        }
    scores = {
        "accuracy": float(accuracy_score(y, predicted)),
        "balanced_accuracy": float(balanced_accuracy_score(y, predicted)),
        "f1_macro": float(f1_score(y, predicted, average="macro")),
    }
    probabilistic = hasattr(pipeline, "predict_proba")
    raw = pipeline.predict_proba(X) if probabilistic else pipeline.decision_function(X)
    if raw.shape[0] == len(y) and len(np.unique(y)) == len(pipeline.classes_):
        scores["roc_auc"] = _roc_auc(y, raw)
        if probabilistic:
            scores["log_loss"] = float(log_loss(y, raw, labels=pipeline.classes_))
    return scores


def _roc_auc(y: Array, raw: Array) -> float:
    """Area under the curve; for several classes the mean of one against the rest."""
    if raw.ndim == 1:
        return float(roc_auc_score(y, raw))
    if raw.shape[1] == 2:
        return float(roc_auc_score(y, raw[:, 1]))
    classes = np.unique(y)
    return float(np.mean([roc_auc_score(y == c, raw[:, i]) for i, c in enumerate(classes)]))
