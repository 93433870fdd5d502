"""Model-agnostic meta-learning, differentiated through the inner steps."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from maml.algorithms.batched import descend_tasks, gradient_of, meta_leaves, spread
from maml.algorithms.gradient_learner import GradientLearner
from maml.tensors.examples import Episode
from maml.tensors.parameters import Params
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class Maml(GradientLearner):
    """Second-order MAML.

    Finn, Abbeel and Levine: Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks. ICML 2017.
    """

    name: ClassVar[str] = SurrogateKind.MAML.value

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """Through the batched form where the network has one, else mapped: see `Learner.meta_gradient`."""
        if not self.network.has_batched_form:
            return super().meta_gradient(meta, batch, noise=noise, steps=steps)
        leaves = meta_leaves(meta)
        adapted = descend_tasks(
            self.network,
            spread(leaves, batch.n_tasks),
            batch.support,
            rates=self.rate,
            steps=steps,
            clip=self.clip,
            differentiable=True,
        )
        loss = self.network.batched_loss(adapted, batch.query).mean()
        return loss.detach(), gradient_of(loss, leaves)
