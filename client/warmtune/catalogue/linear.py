"""Linear models: logistic regression, ridge regression and the elastic net (Zou and Hastie, 2005)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution

from warmtune.catalogue.composition import Defaults, Parameters, space
from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import Condition, SearchSpace

_PREPARATION: Parameters = {
    "impute": CategoricalDistribution(["median", "mean"]),
    "transform_skewed": CategoricalDistribution([False, True]),
}
_PREPARATION_DEFAULTS: Defaults = {"impute": "median", "transform_skewed": False}


def linear() -> Algorithm:
    """On standardised columns, nominal ones one-hot."""
    return Algorithm(
        "linear",
        _logistic(),
        _ridge_or_elastic_net(),
        summary="Logistic regression for classes, ridge or elastic net for numbers, on standardised columns",
        cost=0.07,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: C from 1e-3 instead of 0.1 and "
        "class_weight; skewed columns (skewness over 0.99) are made normal or not, where TabArena has four "
        "thresholds; ridge and elastic net for numbers, alpha in ridge's unit (the elastic net gets alpha / n)",
    )


def _logistic() -> SearchSpace:
    return space(
        (
            {
                "C": FloatDistribution(1e-3, 1e3, log=True),
                "penalty": CategoricalDistribution(["l2", "l1"]),
                "class_weight": CategoricalDistribution([None, "balanced"]),
            },
            _PREPARATION,
        ),
        {"C": 1.0, "penalty": "l2", "class_weight": None, **_PREPARATION_DEFAULTS},
    )


def _ridge_or_elastic_net() -> SearchSpace:
    return space(
        (
            {
                "alpha": FloatDistribution(1e-3, 1e4, log=True),
                "penalty": CategoricalDistribution(["l2", "elastic_net"]),
                "l1_ratio": FloatDistribution(0.05, 1.0),
            },
            _PREPARATION,
        ),
        {"alpha": 1.0, "penalty": "l2", **_PREPARATION_DEFAULTS},
        conditions=(Condition("l1_ratio", "penalty", ("elastic_net",)),),
    )
