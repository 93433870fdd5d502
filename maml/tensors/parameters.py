"""Named tensors: what every algorithm learns and adapts."""

import torch
from torch import Tensor

Params = dict[str, Tensor]
"""Named tensors; the names of a network's parameters are its module's."""


def scaled_step(start: Params, direction: Params, rate: float | Tensor) -> Params:
    """``start - rate * direction``, name by name."""
    return {name: value - rate * direction[name] for name, value in start.items()}


def select(condition: Tensor, yes: Params, no: Params) -> Params:
    """``yes`` where the scalar condition holds, else ``no``; works under ``vmap``."""
    return {name: torch.where(condition, value, no[name]) for name, value in yes.items()}


def inner_product(a: Params, b: Params) -> Tensor:
    """Sum over names of the elementwise products, shape ``()``."""
    return torch.stack([(value * b[name]).sum() for name, value in a.items()]).sum()


def squared_distance(a: Params, b: Params) -> Tensor:
    """``||a - b||^2`` over all names, shape ``()``."""
    return torch.stack([((value - b[name]) ** 2).sum() for name, value in a.items()]).sum()


def flatten(params: Params) -> Tensor:
    """All values in one vector, shape ``(n,)``, names in the mapping's order."""
    return torch.cat([value.reshape(-1) for value in params.values()])


def unflatten(vector: Tensor, like: Params) -> Params:
    """Inverse of `flatten`, with the names and shapes of ``like``."""
    sizes = [value.numel() for value in like.values()]
    parts = torch.split(vector, sizes)
    return {name: part.reshape(value.shape) for (name, value), part in zip(like.items(), parts, strict=True)}


def prefixed(prefix: str, params: Params) -> Params:
    """The same tensors as ``prefix.name``."""
    return {f"{prefix}.{name}": value for name, value in params.items()}


def group(prefix: str, params: Params) -> Params:
    """The tensors called ``prefix.name``, as ``name``."""
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in params.items() if name.startswith(start)}
