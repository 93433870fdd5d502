"""Random forest (Breiman, 2001)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def random_forest() -> Algorithm:
    """`max_features_exponent` e stands for ``max_features = n_features ** e`` (0.5 is "sqrt")."""
    return Algorithm(
        "random_forest",
        _space(classification=True),
        _space(classification=False),
        summary="Random forest of scikit-learn; nominal columns as codes",
        cost=0.55,
        reference="Own ranges; TabArena has max_features 0.4 to 1 and fewer, smaller trees",
    )


def _space(*, classification: bool) -> SearchSpace:
    parameters = {
        "n_estimators": IntDistribution(32, 256, log=True),
        "max_features_exponent": FloatDistribution(0.0, 1.0),
        "min_samples_leaf": IntDistribution(1, 20, log=True),
        "min_samples_split": IntDistribution(2, 20),
        "bootstrap": CategoricalDistribution([True, False]),
    }
    defaults = {
        "n_estimators": 100,
        "max_features_exponent": 0.5 if classification else 1.0,
        "min_samples_leaf": 1,
        "min_samples_split": 2,
        "bootstrap": True,
    }
    if classification:
        return SearchSpace(
            {
                **parameters,
                "criterion": CategoricalDistribution(["gini", "entropy"]),
                "class_weight": CategoricalDistribution([None, "balanced"]),
            },
            defaults={**defaults, "criterion": "gini", "class_weight": None},
        )
    return SearchSpace(parameters, defaults=defaults)
