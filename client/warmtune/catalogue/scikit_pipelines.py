"""Pipelines of scikit-learn as Oboe recorded them (Yang, Fan, Wu and Udell, "AutoML pipeline selection", KDD 2020).

There is no builder: the runs were made elsewhere, by a library version that isn't known.
"""

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.composition import Defaults
from warmtune.catalogue.entry import CLASSIFICATION, CatalogueEntry
from warmtune.vocabulary.space import Condition, SearchSpace

NAME = "scikit_pipelines"
DEFAULT_ESTIMATOR = "RF"

_OF_ESTIMATORS: dict[str, dict[str, BaseDistribution]] = {
    "AB": {"learning_rate": FloatDistribution(1.0, 3.0), "n_estimators": IntDistribution(50, 100)},
    "DT": {"min_samples_split": FloatDistribution(1e-5, 1024, log=True)},
    "ExtraTrees": {
        "criterion": CategoricalDistribution(["entropy", "gini"]),
        "min_samples_split": FloatDistribution(1e-5, 1024, log=True),
    },
    "GBT": {
        "learning_rate": FloatDistribution(0.001, 0.5, log=True),
        "max_depth": IntDistribution(3, 6),
        "max_features": CategoricalDistribution(["log2", "none"]),
    },
    "GNB": {},
    "KNN": {"n_neighbors": IntDistribution(1, 15, log=True), "p": IntDistribution(1, 2)},
    "Logit": {
        "C": FloatDistribution(0.25, 4, log=True),
        "penalty": CategoricalDistribution(["l1", "l2"]),
        "solver": CategoricalDistribution(["liblinear", "saga"]),
    },
    "MLP": {
        "alpha": FloatDistribution(1e-4, 1e-2, log=True),
        "learning_rate_init": FloatDistribution(1e-4, 1e-2, log=True),
        "solver": CategoricalDistribution(["adam", "sgd"]),
    },
    "Perceptron": {},
    "RF": {
        "criterion": CategoricalDistribution(["entropy", "gini"]),
        "min_samples_split": FloatDistribution(1e-5, 1024, log=True),
    },
    "lSVM": {"C": FloatDistribution(0.125, 16, log=True)},
}


def scikit_pipelines() -> CatalogueEntry:
    """For classes only."""
    parameters: dict[str, BaseDistribution] = {
        "imputer": CategoricalDistribution(["constant", "mean", "median", "most_frequent"]),
        "encoder": CategoricalDistribution(["none", "one_hot"]),
        "standardizer": CategoricalDistribution(["none", "standard"]),
        "reducer": CategoricalDistribution(["none", "pca", "select_k_best", "variance_threshold"]),
        "reducer_share": FloatDistribution(0.25, 0.75),
        "estimator": CategoricalDistribution(list(_OF_ESTIMATORS)),
    }
    conditions = [Condition("reducer_share", "reducer", ("pca", "select_k_best"))]
    for estimator, own in _OF_ESTIMATORS.items():
        parameters |= {f"{estimator}:{name}": distribution for name, distribution in own.items()}
        conditions += [Condition(f"{estimator}:{name}", "estimator", (estimator,)) for name in own]
    defaults: Defaults = {
        "imputer": "mean",
        "encoder": "one_hot",
        "standardizer": "none",
        "reducer": "none",
        "estimator": DEFAULT_ESTIMATOR,
        "RF:criterion": "gini",
        "RF:min_samples_split": 2.0,
    }
    return CatalogueEntry(
        NAME,
        CLASSIFICATION,
        SearchSpace(parameters, tuple(conditions), defaults),
        summary="Imputer, encoder, standardiser, reducer, one of eleven estimators of scikit-learn; recorded by Oboe",
        cost=0.0,
        reference="The data inside the package oboe 0.2.0 (BSD 3-Clause); balanced accuracy only",
        is_recorded=True,
    )
