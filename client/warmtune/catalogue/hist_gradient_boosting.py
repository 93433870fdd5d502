"""Histogram gradient boosting of scikit-learn, after LightGBM."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def hist_gradient_boosting() -> Algorithm:
    """`l2_regularization` 1e-8 stands for 0."""
    return Algorithm(
        "hist_gradient_boosting",
        _space(classification=True),
        _space(classification=False),
        summary="Histogram gradient boosting of scikit-learn, native categories",
        cost=0.6,
        reference="Own ranges",
    )


def _space(*, classification: bool) -> SearchSpace:
    parameters = {
        "learning_rate": FloatDistribution(0.01, 0.5, log=True),
        "max_iter": IntDistribution(20, 300, log=True),
        "max_leaf_nodes": IntDistribution(4, 128, log=True),
        "min_samples_leaf": IntDistribution(1, 100, log=True),
        "l2_regularization": FloatDistribution(1e-8, 10.0, log=True),
        "max_features": FloatDistribution(0.1, 1.0),
    }
    defaults = {
        "learning_rate": 0.1,
        "max_iter": 100,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 1e-8,  # scikit-learn's 0, as near as a logarithmic range comes
        "max_features": 1.0,
    }
    if classification:
        return SearchSpace(
            {**parameters, "class_weight": CategoricalDistribution([None, "balanced"])},
            defaults={**defaults, "class_weight": None},
        )
    return SearchSpace(parameters, defaults=defaults)
