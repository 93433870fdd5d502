"""CatBoost; needs the extra of that name."""

import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import MISSING, Categories, Values, nominal_columns
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    booster = CatBoostClassifier if kind.is_classification else CatBoostRegressor
    nominal = nominal_columns(X)
    model = booster(
        **values,
        cat_features=nominal,
        bootstrap_type="Bernoulli",
        border_count=254,
        random_seed=seed,
        thread_count=1,
        allow_writing_files=False,
        verbose=False,
    )
    return Pipeline([("prepare", Categories(nominal, filler=MISSING)), ("model", model)])
