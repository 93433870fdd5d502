"""The algorithms of neural models that suggest: the one list, for requests and for what learns them."""

from enum import StrEnum
from typing import Final

LEARNED_ACQUISITION: Final = "learned_acquisition"
"""Picks configurations by itself, instead of predicting their scores."""


class SurrogateKind(StrEnum):
    """Which algorithm adapts the surrogate; `docs/maml.md` compares them."""

    BAYESIAN_LAST_LAYER = "bayesian_last_layer"
    MARGINAL_LAST_LAYER = "marginal_last_layer"
    DEEP_KERNEL = "deep_kernel"
    MAML = "maml"
    FIRST_ORDER_MAML = "first_order_maml"
    REPTILE = "reptile"
    META_SGD = "meta_sgd"
    IMPLICIT_MAML = "implicit_maml"
    PROXIMAL_TRANSFER = "proximal_transfer"
    AMORTISED_BAYES = "amortised_bayes"
    BAYESIAN_MAML = "bayesian_maml"
    CONDITIONED_MAML = "conditioned_maml"
    LEARNED_OPTIMISER = "learned_optimiser"

    @property
    def needs_description(self) -> bool:
        """Whether it can't do without the task's meta-features."""
        return self is SurrogateKind.CONDITIONED_MAML
