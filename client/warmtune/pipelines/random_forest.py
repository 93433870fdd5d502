"""Random forests of scikit-learn."""

import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Values, as_codes
from warmtune.pipelines.labels import weighing_any_labels
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    exponent = float(values.pop("max_features_exponent"))  # type: ignore[arg-type]  # validated: a float
    forest = RandomForestClassifier if kind.is_classification else RandomForestRegressor
    learner = forest(**values, max_features=max(1, round(X.shape[1] ** exponent)), random_state=seed, n_jobs=1)
    model = weighing_any_labels(learner, values.get("class_weight"))
    return Pipeline([("prepare", as_codes(X)), ("model", model)])
