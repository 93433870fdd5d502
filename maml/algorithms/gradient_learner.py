"""What the learners have in common that adapt a network's parameters by gradient descent from a learned start."""

from dataclasses import dataclass

import torch
from torch import Tensor

from maml.algorithms.descent import Rates, descend, descend_beyond
from maml.algorithms.learner import Learner, check_range, draw_between
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Prediction
from maml.tensors.parameters import Params


@dataclass(frozen=True)
class GradientLearner(Learner):
    """The meta-parameters are the network's initial parameters, unless `start` and `rates` say otherwise.

    Attributes:
        rate: Inner learning rate.
        steps: Inner steps in meta-training at most, and when adapting where nothing else is asked.
        min_steps: Inner steps in meta-training at least; below ``steps`` each meta-step draws its number, so that
            more steps than usual don't surprise the learner.
        clip: Largest norm of an inner gradient.
    """

    rate: float = 0.01
    steps: int = 1
    min_steps: int = 1
    clip: float = float("inf")

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If one is out of range.
        """
        check_range("rate", self.rate, low=0.0, high=10.0)
        check_range("min_steps", self.min_steps, low=0, high=self.steps, whole=True)
        check_range("steps", self.steps, low=0, high=1000, whole=True)
        check_range("clip", self.clip, low=1e-12)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The network's own initialisation."""
        return self.network.initial(generator, dtype=dtype)

    def draw_steps(self, generator: torch.Generator) -> int:
        """Uniform between the two settings."""
        return draw_between(self.min_steps, self.steps, generator)

    def start(self, meta: Params, support: Examples, embedding: Tensor) -> Params:
        """Where the steps of one task begin: at the meta-parameters."""
        del support, embedding  # the same for all tasks
        return meta

    def rates(self, meta: Params) -> Rates:
        """Of the steps: the setting."""
        del meta  # not learned
        return self.rate

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """Descend the support's loss from the learned start: see `Learner.adapt`."""
        return descend_beyond(
            lambda params: self.network.loss(params, support),
            self.start(meta, support, embedding),
            self.rates(meta),
            steps=self.steps if steps is None else steps,
            trained=self.steps,
            clip=self.clip,
        )

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """The adapted network's own prediction: see `Learner.predict`."""
        del meta  # everything was adapted
        return self.network.predict(adapted, inputs)

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """The query's loss after plain steps on the support: see `Learner.episode_loss`."""
        del noise  # deterministic
        adapted = descend(
            lambda params: self.network.loss(params, episode.support),
            self.start(meta, episode.support, episode.embedding),
            self.rates(meta),
            steps=steps,
            clip=self.clip,
        )
        return self.network.loss(adapted, episode.query)
