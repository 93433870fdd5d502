"""Inner descent of many tasks at once by batched matrix products: the quick form of ``vmap`` for plain networks."""

import torch
from torch import Tensor

from maml.algorithms.descent import Rates, clip_factor, step
from maml.networks.recipes import Network
from maml.tensors.examples import Examples
from maml.tensors.parameters import Params


def meta_leaves(params: Params) -> Params:
    """The same values as leaves that autograd differentiates in."""
    return {name: value.detach().requires_grad_() for name, value in params.items()}


def spread(params: Params, n_tasks: int) -> Params:
    """One view for each task: a leading dimension of ``n_tasks`` without copies."""
    return {name: value.expand(n_tasks, *value.shape) for name, value in params.items()}


def gradient_of(loss: Tensor, leaves: Params) -> Params:
    """Gradient in the leaves; 0 for those that the loss doesn't see."""
    slopes = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value) if slope is None else slope
        for (name, value), slope in zip(leaves.items(), slopes, strict=True)
    }


def descend_tasks(
    network: Network,
    start: Params,
    support: Examples,
    *,
    rates: Rates,
    steps: int,
    clip: float,
    differentiable: bool,
    pull: float = 0.0,
) -> Params:
    """Plain steps of every task on its own support.

    The tasks' parameters don't meet in any loss, so the gradient of the SUM of their losses holds each task's own.

    Args:
        network: Must have a batched form.
        start: With a leading dimension of ``n_tasks``.
        support: Likewise.
        rates: As in `maml.algorithms.descent.descend`, without a leading dimension.
        steps: At least 0.
        clip: Largest norm of a task's gradient.
        differentiable: Keep the graph, to second order; else the result is detached and the steps are cheaper.
        pull: Weight of half the squared distance to ``start``, which the loss gets in addition.
    """
    params = start
    for _ in range(steps):
        leaves = params if differentiable else meta_leaves(params)
        with torch.enable_grad():
            total = network.batched_loss(leaves, support).sum()
            slopes = torch.autograd.grad(total, list(leaves.values()), create_graph=differentiable)
        gradient = dict(zip(leaves, slopes, strict=True))
        if pull > 0:
            gradient = {name: slope + pull * (params[name] - start[name]) for name, slope in gradient.items()}
        gradient = _clip_each(gradient, clip)
        params = step(params, gradient, rates)
    return params if differentiable else {name: value.detach() for name, value in params.items()}


def _clip_each(gradient: Params, limit: float) -> Params:
    """Each task's gradient down to a norm of at most ``limit``."""
    if limit == float("inf"):
        return gradient
    squares = torch.stack([(value**2).flatten(1).sum(1) for value in gradient.values()]).sum(0)
    factor = clip_factor(squares, limit)
    return {name: value * factor.reshape(-1, *[1] * (value.ndim - 1)) for name, value in gradient.items()}
