"""The algorithms of neural surrogates by name."""

from typing import Literal

SurrogateAlgorithm = Literal[
    "bayesian_last_layer",
    "marginal_last_layer",
    "deep_kernel",
    "maml",
    "first_order_maml",
    "reptile",
    "meta_sgd",
    "implicit_maml",
    "proximal_transfer",
    "amortised_bayes",
    "bayesian_maml",
    "learned_optimiser",
]
"""Those that need no description of the task; `docs/maml.md` compares them."""
