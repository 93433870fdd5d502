"""Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.composition import space, zero_or
from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def extra_trees() -> Algorithm:
    """100 trees; `max_features_exponent` e stands for ``n_features ** e``."""
    return Algorithm(
        "extra_trees",
        _space(classes=True),
        _space(classes=False),
        summary="100 extremely randomised trees of scikit-learn; nominal columns as codes",
        cost=0.35,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: max_features as an exponent of "
        "the number of columns instead of four choices; min_samples_leaf, bootstrap, criterion and class_weight too",
    )


def _space(*, classes: bool) -> SearchSpace:
    impurity, with_impurity = zero_or("min_impurity_decrease", FloatDistribution(1e-5, 1e-3, log=True))
    parameters = {
        "max_features_exponent": FloatDistribution(0.0, 1.0),
        "min_samples_leaf": IntDistribution(1, 20, log=True),
        "min_samples_split": IntDistribution(2, 32, log=True),
        "bootstrap": CategoricalDistribution([False, True]),
    }
    defaults = {
        "max_features_exponent": 0.5 if classes else 1.0,
        "min_samples_leaf": 1,
        "min_samples_split": 2,
        "bootstrap": False,
        "use_min_impurity_decrease": False,
    }
    of_classes = {
        "criterion": CategoricalDistribution(["gini", "entropy"]),
        "class_weight": CategoricalDistribution([None, "balanced"]),
    }
    return space(
        (parameters, impurity, of_classes if classes else {}),
        {**defaults, "criterion": "gini", "class_weight": None} if classes else defaults,
        conditions=(with_impurity,),
    )
