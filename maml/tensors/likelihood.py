"""How a network's outputs and targets become a loss and a prediction."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from maml.tensors.examples import Examples

LOG_VARIANCE_BOUND: Final = 7.0
"""Log-variances are squashed smoothly into ``(-bound, bound)``: standard deviations from 0.03 to 33."""


class Likelihood(StrEnum):
    """What the targets are."""

    SQUARED_ERROR = "squared_error"
    """Numbers; the loss is the mean squared error, no noise is modelled."""
    GAUSSIAN = "gaussian"
    """Numbers; the network gives a mean and a raw log-variance of each, the loss is the negative log-density."""
    CLASSES = "classes"
    """Class numbers; the network gives logits, the loss is the cross-entropy."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predictive distribution for each row.

    Attributes:
        mean: Shape ``(..., n, n_outputs)``; for classes their probabilities.
        variance: Same shape, of a new observation; 0 where the likelihood models no noise.
    """

    mean: Tensor
    variance: Tensor


def bounded_log_variance(raw: Tensor) -> Tensor:
    """Squash raw log-variances into the bound; near 0 the identity."""
    return LOG_VARIANCE_BOUND * torch.tanh(raw / LOG_VARIANCE_BOUND)


def gaussian_loss(mean: Tensor, variance: Tensor, target: Tensor) -> Tensor:
    """Negative log-density of a Gaussian, elementwise, without the constant ``log(2 pi) / 2``."""
    return 0.5 * (torch.log(variance) + (target - mean) ** 2 / variance)


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean over rows, shape ``(..., n)`` to ``(...)``; 0 where all weights are 0: empty supports teach nothing."""
    return (values * weights).sum(-1) / weights.sum(-1).clamp_min(1e-12)


def loss(likelihood: Likelihood, outputs: Tensor, rows: Examples) -> Tensor:
    """Weighted mean loss over the rows of each task, shape ``(...)``.

    Args:
        likelihood: What the targets are.
        outputs: Shape ``(..., n, n_network_outputs)``.
        rows: The targets and weights.
    """
    if likelihood is Likelihood.CLASSES:
        each = cross_entropy(outputs.flatten(0, -2), rows.targets.flatten(), reduction="none")
        return weighted_mean(each.reshape(rows.targets.shape), rows.weights)
    if likelihood is Likelihood.SQUARED_ERROR:
        return weighted_mean(((outputs - rows.targets) ** 2).mean(-1), rows.weights)
    mean, raw = outputs.chunk(2, dim=-1)
    each = gaussian_loss(mean, bounded_log_variance(raw).exp(), rows.targets)
    return weighted_mean(each.mean(-1), rows.weights)


def predictive(likelihood: Likelihood, outputs: Tensor) -> Prediction:
    """The distribution that outputs of shape ``(n, n_network_outputs)`` stand for."""
    if likelihood is Likelihood.CLASSES:
        probabilities = outputs.softmax(-1)
        return Prediction(probabilities, probabilities * (1 - probabilities))
    if likelihood is Likelihood.SQUARED_ERROR:
        return Prediction(outputs, torch.zeros_like(outputs))
    mean, raw = outputs.chunk(2, dim=-1)
    return Prediction(mean, bounded_log_variance(raw).exp())


def mixture(means: Tensor, variances: Tensor) -> Prediction:
    """Moments of an equal mixture of Gaussians: shapes ``(n_parts, n, n_outputs)`` to ``(n, n_outputs)``."""
    mean = means.mean(0)
    return Prediction(mean, variances.mean(0) + ((means - mean) ** 2).mean(0))
