"""A learned optimiser: a recurrent network that turns gradients into parameter updates, coordinate by coordinate."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from torch import Tensor
from torch.func import grad

from maml.algorithms.descent import clip_norm, descend_guarded
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Prediction
from maml.tensors.parameters import Params, flatten, group, prefixed, unflatten
from warmtune.vocabulary.surrogate_kind import SurrogateKind

_SPAN: Final = 10.0


@dataclass(frozen=True)
class LearnedOptimiser(GradientLearner):
    """One small LSTM for all of the network's parameters, each with its own hidden state; the start is learned too.

    Andrychowicz et al.: Learning to learn by gradient descent by gradient descent. NeurIPS 2016. The update is a plain
    gradient step plus the LSTM's output, whose last layer starts at 0: training starts from MAML. As in the paper the
    meta-loss sums over the steps, and gradients fed to the LSTM count as constants unless ``second_order``.

    Attributes:
        width: Of the hidden state.
        output_scale: Factor of the LSTM's output.
        second_order: Differentiate through the gradients too.
    """

    name: ClassVar[str] = SurrogateKind.LEARNED_OPTIMISER.value
    steps: int = 5
    min_steps: int = 5
    width: int = 16
    output_scale: float = 0.1
    second_order: bool = False

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("width", self.width, low=1, high=1024, whole=True)
        check_range("output_scale", self.output_scale, low=0.0)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """``start.*`` and ``cell.*``."""
        size = 2 + self.width
        weight = torch.randn(size, 4 * self.width, generator=generator, dtype=torch.float64) / math.sqrt(size)
        bias = torch.zeros(4 * self.width, dtype=torch.float64)
        bias[self.width : 2 * self.width] = 1.0  # remember at first
        cell = {"weight": weight, "bias": bias, "out": torch.zeros(self.width, dtype=torch.float64)}
        start = self.network.initial(generator, dtype=dtype)
        return prefixed("start", start) | {f"cell.{name}": value.to(dtype) for name, value in cell.items()}

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """The parameters after the learned updates: see `Learner.adapt`.

        Beyond the number of updates trained for, plain guarded descent continues.
        """
        del embedding  # nothing here is conditioned on it
        total = self.steps if steps is None else steps
        path = self.path(meta, support, steps=min(total, self.steps))
        if total <= self.steps:
            return path[-1]
        return descend_guarded(
            lambda params: self.network.loss(params, support),
            path[-1],
            self.rate,
            steps=total - self.steps,
            clip=self.clip,
        )

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """The adapted network's own prediction: see `Learner.predict`."""
        del meta  # everything was adapted
        return self.network.predict(adapted, inputs)

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """The query's loss, averaged over the parameters after each update: see `Learner.episode_loss`."""
        del noise  # deterministic
        path = self.path(meta, episode.support, steps=steps)
        return torch.stack([self.network.loss(params, episode.query) for params in path[1:] or path]).mean()

    def path(self, meta: Params, support: Examples, *, steps: int) -> list[Params]:
        """The start, and the parameters after each of ``steps`` updates."""
        params = group("start", meta)
        size = sum(value.numel() for value in params.values())
        hidden = cell = meta["cell.out"].new_zeros(size, self.width)
        path = [params]
        for _ in range(steps):
            slope = clip_norm(grad(lambda p: self.network.loss(p, support))(params), self.clip)
            vector = flatten(slope)
            seen = vector if self.second_order else vector.detach()
            hidden, cell = _recur(meta, preprocess(seen), hidden, cell)
            update = -self.rate * seen + self.output_scale * self.rate * (hidden @ meta["cell.out"])
            params = unflatten(flatten(params) + update, params)
            path.append(params)
        return path


def preprocess(gradient: Tensor) -> Tensor:
    """Size and sign apart, shape ``(n,)`` to ``(n, 2)``: appendix A of the paper, with span 10.

    Gradients below ``exp(-10)`` come as ``(-1, exp(10) * gradient)``, others as ``(log|gradient| / 10, sign)``.
    """
    size = gradient.abs()
    large = size >= math.exp(-_SPAN)
    logarithm = torch.log(torch.where(large, size, 1.0)) / _SPAN
    first = torch.where(large, logarithm, -1.0)
    second = torch.where(large, gradient.sign(), math.exp(_SPAN) * gradient)
    return torch.stack([first, second], dim=-1)


def _recur(meta: Params, inputs: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """One step of the LSTM for all coordinates: ``(n, 2)``, ``(n, width)``, ``(n, width)``."""
    gates = torch.cat([inputs, hidden], dim=-1) @ meta["cell.weight"] + meta["cell.bias"]
    enter, keep, leave, candidate = gates.chunk(4, dim=-1)
    cell = torch.sigmoid(keep) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
    return torch.sigmoid(leave) * torch.tanh(cell), cell
