"""Products of a loss's curvature with a vector, without forming the matrix."""

from collections.abc import Callable
from enum import StrEnum

import torch
from torch import Tensor
from torch.func import grad, vjp

from maml.algorithms.batched import meta_leaves
from maml.networks.recipes import Network
from maml.tensors.examples import Examples
from maml.tensors.likelihood import loss
from maml.tensors.parameters import Params, inner_product


class Curvature(StrEnum):
    """Which matrix stands for the curvature."""

    GAUSS_NEWTON = "gauss_newton"
    """``J' H J``, ``H`` the loss's Hessian in the outputs: positive semi-definite where the loss is convex in them."""
    HESSIAN = "hessian"
    """The exact one: indefinite far from a minimum, and blind to half of what ReLU networks do."""


def curvature_product(kind: Curvature, network: Network, params: Params, *, rows: Examples, vector: Params) -> Params:
    """The curvature of the rows' loss at ``params``, times ``vector``.

    Reverse mode throughout (Pearlmutter, 1994, and Schraudolph, 2002, use forward mode): a Hessian is symmetric, and
    ``J v`` is the gradient in ``u`` of ``(J' u)' v``.
    """

    def support_loss(values: Params) -> Tensor:
        return network.loss(values, rows)

    def outputs(values: Params) -> Tensor:
        return network.outputs(values, rows.inputs)

    def output_loss(values: Tensor) -> Tensor:
        return loss(network.spec.likelihood, values, rows)

    if kind is Curvature.HESSIAN:
        hessian: Params = grad(lambda values: inner_product(grad(support_loss)(values), vector))(params)
        return hessian
    at, pull = vjp(outputs, params)[:2]
    along = grad(lambda values: inner_product(pull(values)[0], vector))(torch.zeros_like(at))
    bent = grad(lambda values: (grad(output_loss)(values) * along).sum())(at)
    product: Params = pull(bent)[0]
    return product


def batched_curvature(kind: Curvature, network: Network, params: Params, rows: Examples) -> Callable[[Params], Params]:
    """`curvature_product` of many tasks at once, as a function of the vector; what all products share is done once.

    The tasks' parameters don't meet in any loss, so the curvature of the SUM of their losses is each task's own.

    Args:
        kind: Which matrix.
        network: Must have a batched form.
        params: With a leading dimension of ``n_tasks``, as the vectors.
        rows: Likewise.
    """
    leaves = meta_leaves(params)
    at = list(leaves.values())
    outputs = network.batched_outputs(leaves, rows.inputs)
    if kind is Curvature.HESSIAN:
        total = loss(network.spec.likelihood, outputs, rows).sum()
        gradient = torch.autograd.grad(total, at, create_graph=True)

        def hessian(vector: Params) -> Params:
            parts = torch.autograd.grad(gradient, at, [vector[name] for name in leaves], retain_graph=True)
            return dict(zip(leaves, parts, strict=True))

        return hessian
    dual = torch.zeros_like(outputs, requires_grad=True)
    pulled = torch.autograd.grad(outputs, at, dual, create_graph=True)  # J' u, linear in u
    loose = outputs.detach().requires_grad_()
    (slope,) = torch.autograd.grad(loss(network.spec.likelihood, loose, rows).sum(), loose, create_graph=True)

    def gauss_newton(vector: Params) -> Params:
        (along,) = torch.autograd.grad(pulled, dual, [vector[name] for name in leaves], retain_graph=True)
        (bent,) = torch.autograd.grad(slope, loose, along, retain_graph=True)
        parts = torch.autograd.grad(outputs, at, bent, retain_graph=True)
        return dict(zip(leaves, parts, strict=True))

    return gauss_newton
