"""XGBoost; needs the extra of that name."""

import pandas as pd
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier, XGBRegressor

from warmtune.pipelines.columns import Categories, Values, nominal_columns
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    for switch in ("use_reg_alpha", "use_max_leaves"):
        values.pop(switch)
    booster = XGBClassifier if kind.is_classification else XGBRegressor
    model = booster(**values, tree_method="hist", enable_categorical=True, random_state=seed, n_jobs=1, verbosity=0)
    return Pipeline([("prepare", Categories(nominal_columns(X))), ("model", model)])
