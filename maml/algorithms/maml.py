"""Model-agnostic meta-learning, differentiated through the inner steps."""

from dataclasses import dataclass
from typing import ClassVar

from maml.algorithms.gradient_learner import GradientLearner


@dataclass(frozen=True)
class Maml(GradientLearner):
    """Second-order MAML.

    Finn, Abbeel and Levine: Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks. ICML 2017.
    """

    name: ClassVar[str] = "maml"
