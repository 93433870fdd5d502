"""Support vector machine with a Gaussian kernel (Cortes and Vapnik, 1995)."""

from optuna.distributions import CategoricalDistribution, FloatDistribution

from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def svm_rbf() -> Algorithm:
    """`gamma_scale` g stands for ``gamma = g / (n_columns * variance)`` (1 is "scale")."""
    return Algorithm(
        "svm_rbf",
        _space(classification=True),
        _space(classification=False),
        summary="Support vector machine with a Gaussian kernel on standardised columns",
        cost=0.15,
        reference="Own ranges",
    )


def _space(*, classification: bool) -> SearchSpace:
    parameters = {
        "C": FloatDistribution(0.03, 1000.0, log=True),
        "gamma_scale": FloatDistribution(1e-3, 1e2, log=True),
    }
    defaults = {"C": 1.0, "gamma_scale": 1.0}
    if classification:
        return SearchSpace(
            {**parameters, "class_weight": CategoricalDistribution([None, "balanced"])},
            defaults={**defaults, "class_weight": None},
        )
    return SearchSpace(
        {**parameters, "epsilon": FloatDistribution(1e-3, 1.0, log=True)}, defaults={**defaults, "epsilon": 0.1}
    )
