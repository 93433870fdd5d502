"""Multilayer perceptron of scikit-learn."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.catalogue.entry import Algorithm
from warmtune.vocabulary.space import SearchSpace


def mlp() -> Algorithm:
    """One width for all hidden layers."""
    return Algorithm(
        "mlp",
        _space(),
        _space(),
        summary="Multilayer perceptron on standardised columns",
        cost=1.1,
        reference="Own ranges",
    )


def _space() -> SearchSpace:
    return SearchSpace(
        {
            "n_layers": IntDistribution(1, 3),
            "width": IntDistribution(16, 256, log=True),
            "activation": CategoricalDistribution(["relu", "tanh"]),
            "alpha": FloatDistribution(1e-7, 1.0, log=True),
            "learning_rate_init": FloatDistribution(1e-4, 3e-2, log=True),
            "batch_size": IntDistribution(32, 256, log=True),
            "max_iter": IntDistribution(25, 200, log=True),
        },
        defaults={
            "n_layers": 1,
            "width": 100,
            "activation": "relu",
            "alpha": 1e-4,
            "learning_rate_init": 1e-3,
            "batch_size": 200,
            "max_iter": 200,
        },
    )
