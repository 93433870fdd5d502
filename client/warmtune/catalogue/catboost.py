"""CatBoost (Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features", 2018)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.composition import space
from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def catboost() -> Algorithm:
    """CatBoost with Bernoulli sampling of rows."""
    return Algorithm(
        "catboost",
        _space(leaf_estimation_iterations=10),
        _space(leaf_estimation_iterations=1),
        summary="CatBoost with Bernoulli sampling, native categories and gaps",
        cost=1.0,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: rounds are a parameter instead "
        "of early stopping, hence faster learning rates (to 0.3 instead of 0.1); one_hot_max_size from 2 and "
        "max_ctr_complexity from 1. The default has the library's 1,000 rounds at its documented rate of 0.03",
        extra="catboost",
    )


def _space(*, leaf_estimation_iterations: int) -> SearchSpace:
    return space(
        (
            {
                "iterations": IntDistribution(30, 1000, log=True),
                "learning_rate": FloatDistribution(0.01, 0.3, log=True),
                "depth": IntDistribution(4, 8),
                "l2_leaf_reg": FloatDistribution(1e-4, 5.0, log=True),
                "subsample": FloatDistribution(0.7, 1.0),
                "colsample_bylevel": FloatDistribution(0.85, 1.0),
                "grow_policy": CategoricalDistribution(["SymmetricTree", "Depthwise"]),
                "leaf_estimation_iterations": IntDistribution(1, 20, log=True),
                "one_hot_max_size": IntDistribution(2, 100, log=True),
                "model_size_reg": FloatDistribution(0.1, 1.5, log=True),
                "max_ctr_complexity": IntDistribution(1, 5),
            },
        ),
        {
            "iterations": 1000,
            "learning_rate": 0.03,
            "depth": 6,
            "l2_leaf_reg": 3.0,
            "subsample": 0.8,
            "colsample_bylevel": 1.0,
            "grow_policy": "SymmetricTree",
            "leaf_estimation_iterations": leaf_estimation_iterations,
            "one_hot_max_size": 2,
            "model_size_reg": 0.5,
            "max_ctr_complexity": 4,
        },
        aliases={
            "iterations": ("n_estimators", "num_boost_round", "num_trees"),
            "learning_rate": ("eta",),
            "depth": ("max_depth",),
            "l2_leaf_reg": ("reg_lambda",),
            "colsample_bylevel": ("rsm",),
        },
    )
