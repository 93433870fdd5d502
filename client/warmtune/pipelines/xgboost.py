"""XGBoost; needs the extra of that name."""

import pandas as pd
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier, XGBRegressor

from warmtune.pipelines.columns import Categories, Values, nominal_columns
from warmtune.pipelines.labels import Labelled
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    for switch in ("use_reg_alpha", "use_max_leaves"):
        values.pop(switch)
    booster = XGBClassifier if kind.is_classification else XGBRegressor
    learner = booster(**values, tree_method="hist", enable_categorical=True, random_state=seed, n_jobs=1, verbosity=0)
    model = Labelled(learner) if kind.is_classification else learner  # XGBoost takes codes only
    return Pipeline([("prepare", Categories(nominal_columns(X))), ("model", model)])
