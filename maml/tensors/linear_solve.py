"""Linear systems: known by their products with a vector only, or as matrices near the end of their precision."""

from collections.abc import Callable

import torch
from torch import Tensor

from maml.tensors.parameters import Params, inner_product


def stable_cholesky(matrix: Tensor) -> Tensor:
    """The lower Cholesky factor of a positive definite matrix, shape ``(..., n, n)``, never an exception.

    What rounding can take from the smallest eigenvalue is added to all: about ``eps * trace``. A matrix that isn't
    positive definite even so gives NaN, which a meta-step takes as a gradient to skip.
    """
    trace = torch.diagonal(matrix, dim1=-2, dim2=-1).sum(-1)
    lift = 2.0 * torch.finfo(matrix.dtype).eps * trace.detach()
    lifted = matrix + torch.diag_embed(lift[..., None].expand(matrix.shape[:-1]))
    factor, failed = torch.linalg.cholesky_ex(lifted)
    return torch.where((failed > 0)[..., None, None], torch.nan, factor)


def conjugate_gradient(
    product: Callable[[Params], Params],
    right: Params,
    *,
    iterations: int,
    tolerance: float = 1e-24,
    inner: Callable[[Params, Params], Tensor] = inner_product,
) -> Params:
    """Solve ``A x = right`` for a symmetric positive definite ``A`` (Hestenes and Stiefel, 1952).

    Works under ``vmap``: all systems take the same number of iterations; one that is solved, or that meets a
    direction of no or negative curvature, keeps what it has.

    Args:
        product: ``v -> A v``.
        right: The right-hand side.
        iterations: At most this many.
        tolerance: Squared residual, relative to the right-hand side's, at which a system counts as solved.
        inner: The inner product. One that leaves a dimension of systems, such that its result can be multiplied with
            every tensor, solves many systems at once.
    """
    solution = {name: torch.zeros_like(value) for name, value in right.items()}
    residual = direction = right
    squared = start = inner(right, right)
    for _ in range(iterations):
        image = product(direction)
        curvature = inner(direction, image)
        going = (squared > tolerance * start) & (curvature > 0)
        length = torch.where(going, squared / torch.where(going, curvature, 1.0), 0.0)
        solution = _plus(solution, length, direction)
        residual = _plus(residual, -length, image)
        new = inner(residual, residual)
        ratio = torch.where(going, new / torch.where(going, squared, 1.0), 0.0)
        direction = _plus(residual, ratio, direction)
        squared = new
    return solution


def _plus(a: Params, factor: Tensor, b: Params) -> Params:
    return {name: value + factor * b[name] for name, value in a.items()}
