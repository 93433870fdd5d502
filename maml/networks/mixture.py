"""A network that mixes experts: how much each is trusted is what it learns."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from maml.tensors.parameters import Params

_LEAST_PROBABILITY = 0.01
_PADDED = -30.0
_POWER = 4.0


class ExpertMixture(nn.Module):
    """One shared perceptron for each (row, target), so that neither columns nor classes have a fixed number.

    Inputs have the shape ``(n, n_targets, n_inputs)``: the first is 1, or 0 for a target that only pads; the last
    ``n_experts`` are the experts' predictions of that target, and those before them the logarithms of the experts'
    errors over the least error. An expert's weight falls with a power of its error; from all inputs the perceptron
    makes factors of these weights, a factor of the mixture and a shift. Classes are mixed as logarithms of
    probabilities and give logits, so permuting the classes permutes the outputs; numbers are mixed as they are.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden: tuple[int, ...],
        *,
        n_experts: int,
        activation: Callable[[Tensor], Tensor],
        is_classes: bool,
    ) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise((n_inputs, *hidden)))
        self.head = nn.Linear(hidden[-1], n_experts + 2)
        self.power_scale = nn.Parameter(torch.ones(1))
        self.activation = activation
        self.n_experts = n_experts
        self.is_classes = is_classes

    def features_of(self, params: Params, x: Tensor) -> Tensor:
        """The last hidden layer, shape ``(n, n_targets, width)``."""
        for i in range(len(self.hidden)):
            x = self.activation(linear(x, params[f"hidden.{i}.weight"], params[f"hidden.{i}.bias"]))
        return x

    def outputs_of(self, params: Params, x: Tensor) -> Tensor:
        """Logits or numbers of shape ``(n, n_targets)``."""
        raw = linear(self.features_of(params, x), params["head.weight"], params["head.bias"])
        errors = x[..., -2 * self.n_experts : -self.n_experts]
        weights = (raw[..., : self.n_experts] - _POWER * params["power_scale"] * errors).softmax(-1)
        experts = x[..., -self.n_experts :]
        factor, shift = torch.exp(2.0 * torch.tanh(raw[..., -2] / 2.0)), raw[..., -1]
        if not self.is_classes:
            return (weights * experts).sum(-1) + 0.1 * shift
        logarithms = torch.log(experts.clamp(_LEAST_PROBABILITY, 1.0))
        logits = factor * (weights * logarithms).sum(-1) + shift
        return torch.where(x[..., 0] > 0, logits, _PADDED)
