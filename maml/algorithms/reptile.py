"""Reptile: move the start towards where descent leads."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.func import vmap

from maml.algorithms.batched import descend_tasks, spread
from maml.algorithms.descent import descend
from maml.algorithms.gradient_learner import GradientLearner
from maml.tensors.examples import Episode
from maml.tensors.parameters import Params
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class Reptile(GradientLearner):
    """The start minus the parameters after some steps stands for the gradient.

    Nichol, Achiam and Schulman: On First-Order Meta-Learning Algorithms. 2018. Needs more than one inner step: with
    one it is joint training. Meta-training makes no difference between support and query.
    """

    name: ClassVar[str] = SurrogateKind.REPTILE.value

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """``(start - adapted) / (rate * steps)``: the mean gradient along the way; see `Learner.meta_gradient`."""
        del noise  # deterministic
        if self.network.has_batched_form:
            return self._batched(meta, batch, steps)

        def one(tensors: tuple[Tensor, ...]) -> tuple[Params, Tensor]:
            episode = Episode.unpack(tensors)
            rows = episode.support.concatenated(episode.query)
            adapted = descend(
                lambda params: self.network.loss(params, rows), meta, self.rate, steps=steps, clip=self.clip
            )
            return adapted, self.network.loss(adapted, episode.query)

        adapted, losses = vmap(one)(batch.pack())
        return losses.mean(), self._way(meta, adapted, steps)

    def _way(self, meta: Params, adapted: Params, steps: int) -> Params:
        length = self.rate * max(steps, 1)
        return {name: (meta[name] - value.mean(0)) / length for name, value in adapted.items()}

    def _batched(self, meta: Params, batch: Episode, steps: int) -> tuple[Tensor, Params]:
        adapted = descend_tasks(
            self.network,
            spread(meta, batch.n_tasks),
            batch.all_rows(),
            rates=self.rate,
            steps=steps,
            clip=self.clip,
            differentiable=False,
        )
        return self.network.batched_loss(adapted, batch.query).mean(), self._way(meta, adapted, steps)
