"""One real evaluation: a configuration cross-validated on a table, all metrics from one prediction."""

import time
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from knowledge.backfill.jobs import EvaluationResult
from knowledge.backfill.process_use import PeakMemory
from knowledge.backfill.scores import class_scores, regression_scores
from warmtune.pipelines import build_pipeline
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EvaluationSample:
    """A bounded part of a dataset, ready for scikit-learn; `y` holds class codes or floats."""

    X: pd.DataFrame
    y: NDArray[np.int64] | Array
    kind: TaskKind


def sample_rows(frame: pd.DataFrame, target: str, *, kind: TaskKind, max_rows: int, seed: int) -> EvaluationSample:
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
    return EvaluationSample(X.reset_index(drop=True), y, kind)


def cross_validate(
    sample: EvaluationSample, name: str, configuration: Configuration, *, n_folds: int = 3, seed: int = 0
) -> EvaluationResult:
    """Cross-validate one configuration; the folds depend on `seed` only, so that configurations are comparable.

    Raises:
        ValueError: What the libraries raise where a model can't be fitted or its predictions aren't finite.
    """
    splitter = (StratifiedKFold if sample.kind.is_classification else KFold)(n_folds, shuffle=True, random_state=seed)
    per_fold: list[dict[str, float]] = []
    seconds: list[float] = []
    peak = PeakMemory.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and rare classes: the score says what they cost
        for train, test in splitter.split(sample.X, sample.y):
            started = time.process_time()
            pipeline = build_pipeline(name, configuration, sample.X, kind=sample.kind, seed=seed)
            pipeline.fit(sample.X.iloc[train], sample.y[train])
            per_fold.append(_scores(pipeline, sample.X.iloc[test], sample.y[test], sample.kind))
            seconds.append(time.process_time() - started)
    shared = set.intersection(*(set(fold) for fold in per_fold))
    folds = {metric: tuple(fold[metric] for fold in per_fold) for metric in per_fold[0] if metric in shared}
    if not all(np.isfinite(value) for values in folds.values() for value in values):
        raise ValueError(f"a score is not finite: {folds}")
    return EvaluationResult(folds, tuple(seconds), peak.read_mb())


def _scores(pipeline: Pipeline, X: pd.DataFrame, y: Array, kind: TaskKind) -> dict[str, float]:
    if kind is TaskKind.REGRESSION:
        return regression_scores(y, np.asarray(pipeline.predict(X), dtype=np.float64).ravel())
    probabilistic = hasattr(pipeline, "predict_proba")
    raw = np.asarray(pipeline.predict_proba(X) if probabilistic else pipeline.decision_function(X), dtype=np.float64)
    classes = np.asarray(pipeline.classes_)
    predicted = classes[raw.argmax(axis=1)] if probabilistic else pipeline.predict(X)
    return class_scores(
        np.searchsorted(classes, y),
        np.searchsorted(classes, predicted),
        raw,
        n_classes=len(classes),
        probabilistic=probabilistic,
    )
