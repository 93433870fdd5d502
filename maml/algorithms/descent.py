"""Gradient descent on one task's support set: plain, and guarded against divergence."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, grad_and_value

from maml.tensors.parameters import Params, inner_product, scaled_step, select
from warmtune.vocabulary.work import check_wanted

Rates = float | Params
"""One rate for all, or one for each parameter's every element."""
Loss = Callable[[Params], Tensor]
Differentiate = Callable[[Loss], Callable[[Params], tuple[Params, Tensor]]]
"""Of a loss the function that gives its gradient and its value."""


def taped_grad_and_value(loss: Loss) -> Callable[[Params], tuple[Params, Tensor]]:
    """The same as `torch.func.grad_and_value`, to the bit, for one task by itself in about half the time.

    Neither ``vmap`` nor a second differentiation goes through it: without their layers each operation costs less.
    """

    def both(params: Params) -> tuple[Params, Tensor]:
        leaves = {name: value.detach().requires_grad_() for name, value in params.items()}
        with torch.enable_grad():
            value = loss(leaves)
        gradient = torch.autograd.grad(value, list(leaves.values()), materialize_grads=True)
        return dict(zip(leaves, gradient, strict=True)), value.detach()

    return both


def clip_norm(gradient: Params, limit: float) -> Params:
    """Scale a gradient down to a norm of at most ``limit``; differentiable, infinite limits change nothing."""
    if limit == float("inf"):
        return gradient
    factor = clip_factor(inner_product(gradient, gradient), limit)
    return {name: factor * value for name, value in gradient.items()}


def clip_factor(squared_norm: Tensor, limit: float) -> Tensor:
    """What scales a gradient of this squared norm down to a norm of at most a finite limit; at most 1."""
    return limit / torch.sqrt(squared_norm.clamp_min(limit**2))


def step(start: Params, gradient: Params, rates: Rates, factor: float | Tensor = 1.0) -> Params:
    """``start - factor * rates * gradient``."""
    if not isinstance(rates, dict):
        return scaled_step(start, gradient, rates * factor)
    return {name: value - factor * rates[name] * gradient[name] for name, value in start.items()}


def descend(
    loss: Loss,
    start: Params,
    rates: Rates,
    *,
    steps: int,
    clip: float = float("inf"),
) -> Params:
    """Plain steps; the result is differentiable through all of them, to second order."""
    params = start
    for _ in range(steps):
        check_wanted()
        params = step(params, clip_norm(grad(loss)(params), clip), rates)
    return params


def descend_guarded(
    loss: Loss,
    start: Params,
    rates: Rates,
    *,
    steps: int,
    clip: float = float("inf"),
    differentiate: Differentiate = grad_and_value,
) -> Params:
    """Steps that never leave the loss higher than at the start.

    A step that raised the loss (or made it NaN) is taken back and the rate halved; so any number of steps is safe,
    also where the rates were learned for few. Works under ``vmap``: each task has its own rate.
    """
    best = start
    differentiated = differentiate(loss)
    best_gradient, best_loss = differentiated(start)
    factor = torch.ones_like(best_loss)
    for _ in range(steps):
        check_wanted()
        params = step(best, clip_norm(best_gradient, clip), rates, factor)
        gradient, now = differentiated(params)
        better = now <= best_loss  # NaN is not better
        best = select(better, params, best)
        best_gradient = select(better, gradient, best_gradient)
        best_loss = torch.where(better, now, best_loss)
        factor = torch.where(better, factor, factor / 2)
    return best


def descend_beyond(
    loss: Loss,
    start: Params,
    rates: Rates,
    *,
    steps: int,
    trained: int,
    clip: float = float("inf"),
) -> Params:
    """Plain steps as far as they were trained for, guarded ones after."""
    params = descend(loss, start, rates, steps=min(steps, trained), clip=clip)
    if steps <= trained:
        return params
    return descend_guarded(loss, params, rates, steps=steps - trained, clip=clip)
