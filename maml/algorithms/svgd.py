"""Stein variational gradient descent on a set of parameter vectors."""

import math
from typing import Final

import torch
from torch import Tensor

MEDIAN_FLOOR: Final = 1e-4
"""Least median of the squared distances: particles that coincide would divide by 0, and push without limit."""


def squared_distances(particles: Tensor) -> Tensor:
    """Shape ``(m, d)`` to ``(m, m)``; from the pairs' differences, so that the diagonal is exactly 0."""
    m = particles.shape[0]
    first, second = torch.triu_indices(m, m, offset=1)
    pairs = ((particles[first] - particles[second]) ** 2).sum(-1)
    place = torch.full((m, m), len(first))  # the diagonal takes the 0 that is appended
    place[first, second] = place[second, first] = torch.arange(len(first))
    return torch.cat([pairs, pairs.new_zeros(1)])[place.to(pairs.device)]


def bandwidth(distances: Tensor) -> Tensor:
    """Median of the squared distances BETWEEN particles over ``log(m + 1)``, shape ``()``.

    The diagonal is left out: with few particles its zeros drag the median to 0, where the repulsion explodes.
    """
    m = distances.shape[0]
    if m == 1:
        return torch.ones_like(distances[0, 0])
    upper = torch.triu_indices(m, m, offset=1)
    pairs = distances[upper[0], upper[1]].sort().values
    n = pairs.shape[0]
    median = 0.5 * (pairs[(n - 1) // 2] + pairs[n // 2])
    return median.clamp_min(MEDIAN_FLOOR) / math.log(m + 1)


def svgd_direction(particles: Tensor, gradients: Tensor, *, temperature: float) -> Tensor:
    """The direction to subtract: kernel-smoothed gradients, less the repulsion.

    Liu and Wang: Stein Variational Gradient Descent. NeurIPS 2016, equation 8, with the kernel ``exp(-d^2 / h)``.

    Args:
        particles: Shape ``(m, d)``.
        gradients: Shape ``(m, d)``: of a loss; minus the log-density is ``loss / temperature``.
        temperature: At least 0; 0 leaves only the smoothing.

    Returns:
        Shape ``(m, d)``.
    """
    distances = squared_distances(particles)
    width = bandwidth(distances)
    kernel = torch.exp(-distances / width)
    apart = particles * kernel.sum(1, keepdim=True) - kernel @ particles  # sum_j k_ij (x_i - x_j)
    return (kernel @ gradients - temperature * 2.0 / width * apart) / particles.shape[0]
