"""The outer loop's state and step: the same for every algorithm, a pure function."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from maml.algorithms.descent import clip_norm
from maml.algorithms.learner import Learner
from maml.tensors.examples import Episode
from maml.tensors.parameters import Params


@dataclass(frozen=True, slots=True)
class LearnerState:
    """The state of meta-training: everything learned, and everything needed to resume.

    Attributes:
        meta: Meta-parameters.
        first: Running mean of their gradients.
        second: Running mean of the squared gradients.
        n_steps: Meta-steps taken.
    """

    meta: Params
    first: Params
    second: Params
    n_steps: int


@dataclass(frozen=True, slots=True)
class OuterSettings:
    """How meta-gradients become steps: Adam (Kingma and Ba, ICLR 2015) with a clipped gradient.

    Attributes:
        rate: Outer learning rate.
        clip: Largest norm of a meta-gradient.
        decay_steps: Meta-steps over which the rate falls to a hundredth along a cosine; 0 keeps it.
        beta1: Decay of the gradients' mean.
        beta2: Decay of the squared gradients' mean.
    """

    rate: float = 1e-3
    clip: float = 10.0
    decay_steps: int = 0
    beta1: float = 0.9
    beta2: float = 0.999

    def rate_at(self, n_steps: int) -> float:
        """The rate of the next step, after ``n_steps``."""
        if self.decay_steps == 0:
            return self.rate
        share = min(n_steps / self.decay_steps, 1.0)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


def initial_state(
    learner: Learner,
    *,
    seed: int,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> LearnerState:
    """Draw the meta-parameters; the same seed gives the same ones on every device."""
    generator = torch.Generator().manual_seed(seed)
    meta = {name: value.to(device) for name, value in learner.initial(generator, dtype=dtype).items()}
    return LearnerState(meta, _zeros(meta), _zeros(meta), 0)


def meta_step(
    learner: Learner,
    state: LearnerState,
    batch: Episode,
    *,
    generator: torch.Generator,
    settings: OuterSettings,
) -> tuple[LearnerState, Tensor]:
    """One outer step on a batch of tasks.

    A step whose gradient isn't finite changes nothing but the count: one bad batch must not end the training.

    Args:
        learner: The algorithm.
        state: Is left as it is.
        batch: Tensors with a leading dimension of tasks, on the state's device.
        generator: On the CPU; draws the inner steps and noise.
        settings: Of the outer optimiser.

    Returns:
        The new state, and the batch's mean loss before the step, shape ``()``.
    """
    like = next(iter(state.meta.values()))
    steps = learner.draw_steps(generator)
    noise = torch.randn(batch.n_tasks, learner.n_noise(state.meta), generator=generator, dtype=torch.float64)
    loss, gradient = learner.meta_gradient(state.meta, batch, noise=noise.to(like), steps=steps)
    return adam_step(state, clip_norm(gradient, settings.clip), settings), loss


def adam_step(state: LearnerState, gradient: Params, settings: OuterSettings) -> LearnerState:
    """Adam's step along a gradient, skipped where the gradient isn't finite."""
    count = state.n_steps + 1
    rate = settings.rate_at(state.n_steps) / (1 - settings.beta1**count)
    meta, first, second = adam_update(
        (state.meta, state.first, state.second),
        gradient,
        rate=rate,
        correction=1 - settings.beta2**count,
        settings=settings,
    )
    return LearnerState(meta, first, second, count)


def adam_update(
    before: tuple[Params, Params, Params],
    gradient: Params,
    *,
    rate: float | Tensor,
    correction: float | Tensor,
    settings: OuterSettings,
) -> tuple[Params, Params, Params]:
    """The arithmetic of `adam_step`, on tensors alone so that it can be compiled.

    Args:
        before: Meta-parameters, and the running means of gradients and of their squares.
        gradient: Of the meta-parameters.
        rate: The step's rate over the first mean's bias correction.
        correction: Bias correction of the second mean.
        settings: The decays.
    """
    usable = torch.stack([value.sum() for value in gradient.values()]).sum().isfinite()
    meta, first, second = {}, {}, {}
    for name, value in before[0].items():
        slope = gradient[name].detach()
        mean = torch.lerp(slope, before[1][name], settings.beta1)
        square = torch.lerp(slope**2, before[2][name], settings.beta2)
        root = torch.sqrt(square / correction) + 1e-8
        meta[name] = torch.where(usable, value - rate * mean / root, value)
        first[name] = torch.where(usable, mean, before[1][name])
        second[name] = torch.where(usable, square, before[2][name])
    return meta, first, second


def _zeros(params: Params) -> Params:
    return {name: torch.zeros_like(value) for name, value in params.items()}
