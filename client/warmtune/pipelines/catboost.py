"""CatBoost; needs the extra of that name."""

import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import MISSING, Categories, Values, nominal_columns
from warmtune.pipelines.labels import Labelled
from warmtune.vocabulary.task import TaskKind


class CatBoostTableClassifier(CatBoostClassifier):  # type: ignore[misc]  # CatBoost ships no types
    """Takes the nominal columns from the table: as a parameter they can't be cloned."""

    def fit(self, X: object, y: object, sample_weight: object = None) -> "CatBoostTableClassifier":
        """Fit on `X` of shape ``(n, p)``."""
        super().fit(X, y, cat_features=_nominal_of(X), sample_weight=sample_weight)
        return self


class CatBoostTableRegressor(CatBoostRegressor):  # type: ignore[misc]  # CatBoost ships no types
    """Takes the nominal columns from the table: as a parameter they can't be cloned."""

    def fit(self, X: object, y: object, sample_weight: object = None) -> "CatBoostTableRegressor":
        """Fit on `X` of shape ``(n, p)``."""
        super().fit(X, y, cat_features=_nominal_of(X), sample_weight=sample_weight)
        return self


def _nominal_of(X: object) -> list[str] | None:
    return nominal_columns(X) if isinstance(X, pd.DataFrame) else None


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    booster = CatBoostTableClassifier if kind.is_classification else CatBoostTableRegressor
    nominal = nominal_columns(X)
    learner = booster(
        **values,
        bootstrap_type="Bernoulli",
        border_count=254,
        random_seed=seed,
        thread_count=1,
        allow_writing_files=False,
        verbose=False,
    )
    model = Labelled(learner) if kind.is_classification else learner  # of several classes CatBoost predicts a column
    return Pipeline([("prepare", Categories(nominal, filler=MISSING)), ("model", model)])
