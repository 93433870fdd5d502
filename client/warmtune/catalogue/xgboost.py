"""XGBoost (Chen and Guestrin, "XGBoost: a scalable tree boosting system", 2016)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.composition import space, zero_or
from warmtune.catalogue.entry import Algorithm


def xgboost() -> Algorithm:
    """XGBoost's histogram method."""
    alpha, with_alpha = zero_or("reg_alpha", FloatDistribution(1e-4, 5.0, log=True))
    leaves, with_leaves = zero_or("max_leaves", IntDistribution(8, 1024, log=True))
    whole = space(
        (
            {
                "n_estimators": IntDistribution(30, 400, log=True),
                "learning_rate": FloatDistribution(0.01, 0.3, log=True),
                "max_depth": IntDistribution(3, 10, log=True),
                "min_child_weight": FloatDistribution(1e-3, 5.0, log=True),
                "subsample": FloatDistribution(0.6, 1.0),
                "colsample_bylevel": FloatDistribution(0.6, 1.0),
                "colsample_bynode": FloatDistribution(0.6, 1.0),
                "reg_lambda": FloatDistribution(1e-4, 5.0, log=True),
            },
            alpha,
            {"grow_policy": CategoricalDistribution(["depthwise", "lossguide"])},
            leaves,
            {"max_cat_to_onehot": IntDistribution(4, 100, log=True)},
        ),
        {
            "n_estimators": 100,
            "learning_rate": 0.3,
            "max_depth": 6,
            "min_child_weight": 1.0,
            "subsample": 1.0,
            "colsample_bylevel": 1.0,
            "colsample_bynode": 1.0,
            "reg_lambda": 1.0,
            "use_reg_alpha": False,
            "grow_policy": "depthwise",
            "use_max_leaves": False,
            "max_cat_to_onehot": 4,
        },
        conditions=(with_alpha, with_leaves),
        aliases={
            "n_estimators": ("num_boost_round",),
            "learning_rate": ("eta",),
            "reg_alpha": ("alpha",),
            "reg_lambda": ("lambda",),
        },
    )
    return Algorithm(
        "xgboost",
        whole,
        whole,
        summary="XGBoost's histogram method, native categories and gaps",
        cost=0.15,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: rounds are a parameter instead "
        "of early stopping, hence faster learning rates (to the library's default of 0.3); reg_alpha and reg_lambda "
        "logarithmic; 0 (none, no limit) for reg_alpha and max_leaves, depth 3 and max_cat_to_onehot 4 are in",
        extra="xgboost",
    )
