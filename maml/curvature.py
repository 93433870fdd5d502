"""Products of a loss's curvature with a vector, without forming the matrix."""

from enum import StrEnum

import torch
from torch import Tensor
from torch.func import grad, vjp

from maml.examples import Examples
from maml.likelihood import loss
from maml.networks import Network
from maml.parameters import Params, inner_product


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
