"""LightGBM (Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", 2017)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.composition import space, zero_or
from warmtune.catalogue.entry import Algorithm


def lightgbm() -> Algorithm:
    """LightGBM's own names of parameters; scikit-learn's and XGBoost's names are aliases."""
    l1, with_l1 = zero_or("lambda_l1", FloatDistribution(1e-4, 1.0, log=True))
    l2, with_l2 = zero_or("lambda_l2", FloatDistribution(1e-4, 10.0, log=True))
    whole = space(
        (
            {
                "n_estimators": IntDistribution(30, 400, log=True),
                "learning_rate": FloatDistribution(0.01, 0.3, log=True),
                "num_leaves": IntDistribution(2, 200, log=True),
                "min_data_in_leaf": IntDistribution(1, 64, log=True),
                "feature_fraction": FloatDistribution(0.4, 1.0),
                "bagging_fraction": FloatDistribution(0.7, 1.0),
                "extra_trees": CategoricalDistribution([False, True]),
            },
            l1,
            l2,
            {
                "cat_l2": FloatDistribution(5e-3, 10.0, log=True),
                "cat_smooth": FloatDistribution(1e-3, 100.0, log=True),
                "min_data_per_group": IntDistribution(2, 100, log=True),
                "max_cat_to_onehot": IntDistribution(4, 100, log=True),
            },
        ),
        {
            "n_estimators": 100,
            "learning_rate": 0.1,
            "num_leaves": 31,
            "min_data_in_leaf": 20,
            "feature_fraction": 1.0,
            "bagging_fraction": 1.0,
            "extra_trees": False,
            "use_lambda_l1": False,
            "use_lambda_l2": False,
            "cat_l2": 10.0,
            "cat_smooth": 10.0,
            "min_data_per_group": 100,
            "max_cat_to_onehot": 4,
        },
        conditions=(with_l1, with_l2),
        aliases={
            "n_estimators": ("num_iterations", "num_boost_round"),
            "min_data_in_leaf": ("min_child_samples",),
            "feature_fraction": ("colsample_bytree",),
            "bagging_fraction": ("subsample",),
            "lambda_l1": ("reg_alpha",),
            "lambda_l2": ("reg_lambda",),
        },
    )
    return Algorithm(
        "lightgbm",
        whole,
        whole,
        summary="LightGBM, native categories and gaps; bagging anew in every round",
        cost=0.15,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: rounds are a parameter instead "
        "of early stopping, hence faster learning rates (to 0.3 instead of 0.1); lambda_l1 and lambda_l2 "
        "logarithmic, with 0; cat_l2, lambda_l2 and max_cat_to_onehot reach the library's defaults",
        extra="lightgbm",
    )
