"""Multilayer perceptrons of scikit-learn."""

import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Values, as_numbers, standard_target
from warmtune.vocabulary.task import TaskKind


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    layers = (values.pop("width"),) * int(values.pop("n_layers"))  # type: ignore[arg-type]  # validated: an int
    network = MLPClassifier if kind.is_classification else MLPRegressor
    model = network(**values, hidden_layer_sizes=layers, random_state=seed)
    if kind is TaskKind.REGRESSION:
        model = TransformedTargetRegressor(model, transformer=standard_target())
    return Pipeline([("prepare", as_numbers(X)), ("model", model)])
