"""The transfer baseline: train on all tasks together, then fine-tune close to the start."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from maml.algorithms.descent import descend_guarded
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.parameters import Params, squared_distance
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class ProximalTransfer(GradientLearner):
    """Joint pretraining, and fine-tuning under ``pull * ||theta' - theta||^2``.

    The penalty is L2-SP of Li, Grandvalet and Davoine: Explicit Inductive Bias for Transfer Learning. ICML 2018.

    Attributes:
        pull: Weight of the squared distance to the start, at least 0.
    """

    name: ClassVar[str] = SurrogateKind.PROXIMAL_TRANSFER.value
    pull: float = 0.01

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("pull", self.pull, low=0.0)

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """Descend the support's loss plus the penalty: see `Learner.adapt`.

        Every step is guarded: pretraining knew of no steps, so none is safe by itself.
        """
        del embedding  # nothing here is conditioned on it
        return descend_guarded(
            lambda params: self.network.loss(params, support) + self.pull * squared_distance(params, meta),
            meta,
            self.rate,
            steps=self.steps if steps is None else steps,
            clip=self.clip,
        )

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """The start's own loss on all rows: nothing is adapted in pretraining."""
        del noise, steps  # neither random nor adapted
        return self.network.loss(meta, episode.support.concatenated(episode.query))
