"""AdamW (Loshchilov and Hutter, ICLR 2019) for a few tensors, as `torch.optim.AdamW` steps with its default settings.

torch's own brings its compiler with it, which takes two seconds to import: half of what a first answer may take.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

import torch

_BETA_1: Final = 0.9
_BETA_2: Final = 0.999
_EPSILON: Final = 1e-8


class AdamW:
    """The state of one descent; holds moments of its parameters, so not for sharing."""

    def __init__(self, parameters: Sequence[torch.Tensor], *, learning_rate: float, weight_decay: float) -> None:
        """Begin at the parameters' values.

        Args:
            parameters: Leaves that require gradients; they are changed in place.
            learning_rate: Above 0.
            weight_decay: The share of a parameter, times the learning rate, by which a step shrinks it; at least 0.
        """
        self._parameters = tuple(parameters)
        self._learning_rate, self._weight_decay = learning_rate, weight_decay
        self._first = [torch.zeros_like(one) for one in self._parameters]
        self._second = [torch.zeros_like(one) for one in self._parameters]
        self._n_steps = 0

    def step(self, loss: torch.Tensor) -> None:
        """Go down the gradient of a loss, shape ``()``, by one step."""
        gradients = torch.autograd.grad(loss, self._parameters)
        self._n_steps += 1
        size = self._learning_rate / (1.0 - _BETA_1**self._n_steps)
        correction = sqrt(1.0 - _BETA_2**self._n_steps)
        with torch.no_grad():
            for parameter, gradient, first, second in zip(
                self._parameters, gradients, self._first, self._second, strict=True
            ):
                parameter.mul_(1.0 - self._learning_rate * self._weight_decay)
                first.lerp_(gradient, 1.0 - _BETA_1)
                second.mul_(_BETA_2).addcmul_(gradient, gradient, value=1.0 - _BETA_2)
                parameter.addcdiv_(first, (second.sqrt() / correction).add_(_EPSILON), value=-size)
