"""MAML without second derivatives."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.algorithms.gradient_learner import GradientLearner
from maml.descent import descend
from maml.examples import Episode
from maml.parameters import Params


@dataclass(frozen=True)
class FirstOrderMaml(GradientLearner):
    """The query's gradient at the adapted parameters stands for the meta-gradient (Finn et al., 2017, 5.2)."""

    name: ClassVar[str] = "first_order_maml"

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """Gradient at the adapted parameters, averaged: see `Learner.meta_gradient`."""
        del noise  # deterministic

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
