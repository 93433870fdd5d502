"""Meta-SGD: the learning rates are learned too, under a cap."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from maml.algorithms.batched import descend_tasks, gradient_of, meta_leaves, spread
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.parameters import Params, group, prefixed
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class MetaSgd(GradientLearner):
    """MAML with one learned rate for each parameter, within ``(-cap, cap)``.

    Li, Zhou, Chen and Li: Meta-SGD: Learning to Learn Quickly for Few-Shot Learning. 2017. Uncapped rates grow to
    where one step just works and a second one diverges; the cap is smooth, ``cap * tanh(raw / cap)``.

    Attributes:
        cap: Largest size of a rate.
    """

    name: ClassVar[str] = SurrogateKind.META_SGD.value
    cap: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("cap", self.cap, low=self.rate)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """``start.*`` and ``rate.*``; every rate starts at the setting ``rate``."""
        start = self.network.initial(generator, dtype=dtype)
        raw = {name: torch.full_like(value, self.rate) for name, value in start.items()}
        return prefixed("start", start) | prefixed("rate", raw)

    def start(self, meta: Params, support: Examples, embedding: Tensor) -> Params:
        """The learned start."""
        del support, embedding  # the same for all tasks
        return group("start", meta)

    def rates(self, meta: Params) -> Params:
        """The capped rates."""
        return {name: self.cap * torch.tanh(raw / self.cap) for name, raw in group("rate", meta).items()}

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """Through the batched form where the network has one, else mapped: see `Learner.meta_gradient`."""
        if not self.network.has_batched_form:
            return super().meta_gradient(meta, batch, noise=noise, steps=steps)
        leaves = meta_leaves(meta)
        adapted = descend_tasks(
            self.network,
            spread(group("start", leaves), batch.n_tasks),
            batch.support,
            rates=self.rates(leaves),
            steps=steps,
            clip=self.clip,
            differentiable=True,
        )
        loss = self.network.batched_loss(adapted, batch.query).mean()
        return loss.detach(), gradient_of(loss, leaves)
