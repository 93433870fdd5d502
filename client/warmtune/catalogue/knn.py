"""Nearest neighbours (Cover and Hart, 1967)."""

from optuna.distributions import CategoricalDistribution, IntDistribution

from warmtune.catalogue.composition import space
from warmtune.catalogue.entry import Algorithm


def knn() -> Algorithm:
    """Minkowski distances between scaled columns, nominal ones one-hot."""
    whole = space(
        (
            {
                "n_neighbors": IntDistribution(1, 500, log=True),
                "weights": CategoricalDistribution(["uniform", "distance"]),
                "p": CategoricalDistribution([2.0, 1.0]),
                "scaler": CategoricalDistribution(["standard", "quantile"]),
            },
        ),
        {"n_neighbors": 5, "weights": "uniform", "p": 2.0, "scaler": "standard"},
    )
    return Algorithm(
        "knn",
        whole,
        whole,
        summary="Nearest neighbours on scaled columns, nominal ones one-hot",
        cost=0.08,
        reference="TabArena's ranges (autogluon/tabarena, commit 84093d6). Other here: every number of neighbours "
        "instead of 22 (more than there are rows mean all rows); no p of 1.5, which takes ten times as long",
    )
