"""MAML without second derivatives."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.algorithms.batched import descend_tasks, gradient_of, meta_leaves, spread
from maml.algorithms.descent import descend
from maml.algorithms.gradient_learner import GradientLearner
from maml.tensors.examples import Episode
from maml.tensors.parameters import Params
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class FirstOrderMaml(GradientLearner):
    """The query's gradient at the adapted parameters stands for the meta-gradient (Finn et al., 2017, 5.2)."""

    name: ClassVar[str] = SurrogateKind.FIRST_ORDER_MAML.value

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """Gradient at the adapted parameters, averaged: see `Learner.meta_gradient`."""
        del noise  # deterministic
        if self.network.has_batched_form:
            return self._batched(meta, batch, steps)

        def one(tensors: tuple[Tensor, ...]) -> tuple[Params, Tensor]:
            episode = Episode.unpack(tensors)
            adapted = descend(
                lambda params: self.network.loss(params, episode.support),
                meta,
                self.rate,
                steps=steps,
                clip=self.clip,
            )
            gradient, loss = grad_and_value(lambda params: self.network.loss(params, episode.query))(adapted)
            return gradient, loss

        gradients, losses = vmap(one)(batch.pack())
        return losses.mean(), {name: value.mean(0) for name, value in gradients.items()}

    def _batched(self, meta: Params, batch: Episode, steps: int) -> tuple[Tensor, Params]:
        adapted = descend_tasks(
            self.network,
            spread(meta, batch.n_tasks),
            batch.support,
            rates=self.rate,
            steps=steps,
            clip=self.clip,
            differentiable=False,
        )
        leaves = meta_leaves(adapted)
        loss = self.network.batched_loss(leaves, batch.query).mean()
        return loss.detach(), {name: value.sum(0) for name, value in gradient_of(loss, leaves).items()}
