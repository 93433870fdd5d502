"""The one interface of all meta-learners."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

import torch
from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.networks.recipes import Network
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Prediction
from maml.tensors.parameters import Params
from warmtune.vocabulary.errors import InvalidInputError


@dataclass(frozen=True)
class Learner(ABC):
    """An algorithm with its settings: immutable, without state, made of pure functions.

    What is learned, the meta-parameters, is passed in and handed back. The methods for ONE task (`adapt`, `predict`,
    `episode_loss`) can be mapped by ``torch.func.vmap``; all randomness reaches them as tensors.

    Attributes:
        network: The task network.
    """

    name: ClassVar[str]
    network: Network

    @abstractmethod
    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """Draw meta-parameters on the CPU."""

    @abstractmethod
    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """What the support set makes of the meta-parameters, for one task.

        Args:
            meta: Meta-parameters.
            support: Rows of one task.
            embedding: Shape ``(n_embedding,)``; used by conditioned learners only.
            steps: Gradient steps; None takes the recommended number. Closed forms need none. Steps beyond those
                trained for are guarded: one that raises the support's loss is taken back and the rate halved.
        """

    @abstractmethod
    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """The predictive distribution of rows of shape ``(n, *input_shape)`` of one task."""

    @abstractmethod
    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """What one task adds to the meta-objective, shape ``()``, as a differentiable function of ``meta``.

        Args:
            meta: Meta-parameters.
            episode: One task.
            noise: Standard normal draws, shape ``(n_noise,)``.
            steps: Inner steps of this meta-step.
        """

    def n_noise(self, meta: Params) -> int:
        """How many standard normal draws an episode's loss takes."""
        del meta  # sampling learners count their parameters
        return 0

    def draw_steps(self, generator: torch.Generator) -> int:
        """The inner steps of the next meta-step."""
        del generator  # closed forms have none
        return 0

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """Loss and its gradient in the meta-parameters, averaged over a batch of tasks.

        Args:
            meta: Meta-parameters.
            batch: Tensors with a leading dimension of ``n_tasks``.
            noise: Shape ``(n_tasks, n_noise)``.
            steps: Inner steps.
        """

        def mean_loss(values: Params) -> Tensor:
            def one(tensors: tuple[Tensor, ...], draws: Tensor) -> Tensor:
                return self.episode_loss(values, Episode.unpack(tensors), draws, steps)

            losses: Tensor = vmap(one)(batch.pack(), noise)
            return losses.mean()

        gradient, loss = grad_and_value(mean_loss)(meta)
        return loss, gradient

    def adapt_tasks(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """`adapt` for every task of a batch; all tensors have a leading dimension of ``n_tasks``."""

        def one(inputs: Tensor, targets: Tensor, weights: Tensor, described: Tensor) -> Params:
            return self.adapt(meta, Examples(inputs, targets, weights), described, steps=steps)

        adapted: Params = vmap(one)(support.inputs, support.targets, support.weights, embedding)
        return adapted

    def predict_tasks(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """`predict` for every task of a batch: inputs ``(n_tasks, n, *input_shape)``."""

        def one(values: Params, rows: Tensor) -> tuple[Tensor, Tensor]:
            prediction = self.predict(meta, values, rows)
            return prediction.mean, prediction.variance

        return Prediction(*vmap(one)(adapted, inputs))


def draw_between(low: int, high: int, generator: torch.Generator) -> int:
    """A uniform integer from ``low`` to ``high``, both included."""
    if low == high:
        return low
    return int(torch.randint(low, high + 1, (1,), generator=generator).item())


def check_range(field: str, value: object, *, low: float, high: float = float("inf"), whole: bool = False) -> None:
    """Refuse a setting that is no number or outside ``[low, high]``, NaN included.

    Args:
        field: Its name.
        value: A number of Python's or numpy's.
        low: The least that is allowed.
        high: The most.
        whole: Whether it has to be an integer.

    Raises:
        InvalidInputError: Naming the field, its value and the limits.
    """
    limit = f"{low}..{high}"
    if not isinstance(value, Real) or (whole and not isinstance(value, Integral)):
        named = "a whole number" if whole else "a number"
        raise InvalidInputError(f"{field} must be {named}", field=field, value=value, limit=limit)
    if value < low or not value <= high:  # NaN is refused, and an integer of any length compared as it is
        raise InvalidInputError(f"{field} must lie in [{low}, {high}]", field=field, value=value, limit=limit)
