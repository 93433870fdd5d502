"""LightGBM; needs the extra of that name."""

import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Categories, Values, nominal_columns
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    for switch in ("use_lambda_l1", "use_lambda_l2"):
        values.pop(switch)
    booster = LGBMClassifier if kind.is_classification else LGBMRegressor
    model = booster(**values, bagging_freq=1, random_state=seed, n_jobs=1, verbose=-1)
    return Pipeline([("prepare", Categories(nominal_columns(X))), ("model", model)])
