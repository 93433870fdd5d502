"""Whole pipelines: an algorithm's own, with another preparation before it."""

import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.pipeline import Pipeline

from warmtune.catalogue import find_entry
from warmtune.catalogue.auto import ON_CODES, ON_NUMBERS, part_of
from warmtune.pipelines.builders import builder_of
from warmtune.pipelines.columns import Values, as_numbers, as_one_hot
from warmtune.pipelines.reduction import Share
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    name, own = part_of(values)
    if name == "linear":
        own |= {"impute": "median", "transform_skewed": False}  # what follows has them
    if name == "knn":
        own |= {"scaler": "standard"}
    build_own = builder_of(find_entry(name, kind))
    if name in ON_CODES and values["encoding"] == "one_hot":
        prepare = as_one_hot(X)
        seen = prepare.fit_transform(X)  # only its width counts: some parameters are relative to it
        numbers = pd.DataFrame(seen, columns=[f"n{i}" for i in range(seen.shape[1])])
        model = build_own(own, numbers, kind=kind, seed=seed).named_steps["model"]
        return Pipeline([("prepare", prepare), ("model", model)])
    pipeline = build_own(own, X, kind=kind, seed=seed)
    if name not in ON_NUMBERS:
        return pipeline
    prepare = as_numbers(X, impute=str(values["imputation"]), scaler=str(values["scaling"]))
    reduce = _reduction(values, kind=kind, seed=seed)
    return Pipeline([("prepare", prepare), *([("reduce", reduce)] if reduce else []), *pipeline.steps[1:]])


def _reduction(values: Values, *, kind: TaskKind, seed: int) -> Share | None:
    if values["reduction"] == "none":
        return None
    share = float(values["reduction_share"])  # type: ignore[arg-type]  # validated: a float
    if values["reduction"] == "pca":
        return Share(PCA(random_state=seed), "n_components", share)
    return Share(SelectKBest(f_classif if kind.is_classification else f_regression), "k", share)
