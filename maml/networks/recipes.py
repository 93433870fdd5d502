"""Networks as pure functions of their parameters, and the recipes that build them."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear

from maml.networks.convolutional import Convolutional
from maml.networks.mixture import ExpertMixture
from maml.tensors.examples import Examples
from maml.tensors.likelihood import Likelihood, Prediction, loss, predictive
from maml.tensors.parameters import Params
from warmtune.vocabulary.errors import InvalidInputError

MAX_SIZE: Final = 65_536
"""Widths, inputs, outputs and pixels at most: far beyond use, and their products can still be counted."""
MAX_LAYERS: Final = 64
"""Hidden layers at most."""


class Activation(StrEnum):
    """The non-linearity; implicit MAML needs a smooth one."""

    RELU = "relu"
    TANH = "tanh"
    GELU = "gelu"


_FUNCTIONS = {Activation.RELU: torch.relu, Activation.TANH: torch.tanh, Activation.GELU: gelu}
_GAINS = {Activation.RELU: math.sqrt(2.0), Activation.TANH: 5.0 / 3.0, Activation.GELU: math.sqrt(2.0)}


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A recipe of plain numbers and names: all that a state file keeps of a network.

    Attributes:
        n_inputs: Columns of the input; input channels for a convolutional network.
        n_outputs: Target columns, or classes.
        hidden: Widths of the hidden layers; of a convolutional network its blocks' channels.
        activation: Between the layers.
        likelihood: What the outputs stand for; ``gaussian`` doubles them.
        film: Whether each hidden layer has a scale and a shift (Perez et al., AAAI 2018).
        image_side: Pixels of a square image; 0 for tables.
        n_experts: Of a mixture of experts over rows of shape ``(n_targets, n_inputs)``: see
            `maml.networks.mixture`; else 0.
    """

    n_inputs: int
    n_outputs: int
    hidden: tuple[int, ...] = (40, 40)
    activation: Activation = Activation.RELU
    likelihood: Likelihood = Likelihood.SQUARED_ERROR
    film: bool = False
    image_side: int = 0
    n_experts: int = 0

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            InvalidInputError: If a size isn't within 1 and `MAX_SIZE`, or there are no layers or too many.
        """
        if not 1 <= len(self.hidden) <= MAX_LAYERS:
            raise InvalidInputError(
                "the number of hidden layers is out of range",
                field="hidden",
                value=len(self.hidden),
                limit=f"1..{MAX_LAYERS}",
            )
        sizes = [("n_inputs", self.n_inputs, 1), ("n_outputs", self.n_outputs, 1)]
        sizes += [("hidden", width, 1) for width in self.hidden]
        sizes += [("image_side", self.image_side, 0), ("n_experts", self.n_experts, 0)]
        for field, size, least in sizes:
            if not least <= size <= MAX_SIZE:
                raise InvalidInputError(
                    f"a network's sizes are at least {least} and at most {MAX_SIZE}",
                    field=field,
                    value=size,
                    limit=f"{least}..{MAX_SIZE}",
                )

    @property
    def n_network_outputs(self) -> int:
        """Width of the last layer."""
        return self.n_outputs * (2 if self.likelihood is Likelihood.GAUSSIAN else 1)

    def to_settings(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_settings(cls, settings: dict[str, object]) -> "NetworkSpec":
        """Inverse of `to_settings`."""
        values = dict(settings)
        hidden = values["hidden"]
        if not isinstance(hidden, list | tuple):
            raise InvalidInputError("hidden must be a list of widths", field="hidden", value=hidden)
        values |= {
            "hidden": tuple(int(width) for width in hidden),
            "activation": Activation(str(values["activation"])),
            "likelihood": Likelihood(str(values["likelihood"])),
        }
        return cls(**values)  # type: ignore[arg-type]  # checked by the fields' own constructors above


class _Perceptron(nn.Module):
    """Linear layers; the last but one activations are the features.

    As for all three kinds, the module knows names and shapes only. What it computes is a function of the parameters it
    is given, so threads may share it; `torch.func.functional_call` would put them into the module meanwhile.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        widths = (spec.n_inputs, *spec.hidden)
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1], spec.n_network_outputs)
        self.activation = _FUNCTIONS[spec.activation]
        if spec.film:
            self.film_scale = nn.ParameterList(nn.Parameter(torch.ones(width)) for width in spec.hidden)
            self.film_shift = nn.ParameterList(nn.Parameter(torch.zeros(width)) for width in spec.hidden)
        self.film = spec.film

    def features_of(self, params: Params, x: Tensor) -> Tensor:
        for i in range(len(self.hidden)):
            x = self.activation(linear(x, params[f"hidden.{i}.weight"], params[f"hidden.{i}.bias"]))
            if self.film:
                x = x * params[f"film_scale.{i}"] + params[f"film_shift.{i}"]
        return x

    def outputs_of(self, params: Params, x: Tensor) -> Tensor:
        return linear(self.features_of(params, x), params["head.weight"], params["head.bias"])


def _module(spec: NetworkSpec) -> "_Perceptron | Convolutional | ExpertMixture":
    if spec.n_experts:
        is_classes = spec.likelihood is Likelihood.CLASSES
        return ExpertMixture(
            spec.n_inputs,
            spec.hidden,
            n_experts=spec.n_experts,
            activation=_FUNCTIONS[spec.activation],
            is_classes=is_classes,
        )
    if spec.image_side:
        return Convolutional(
            (spec.n_inputs, *spec.hidden),
            image_side=spec.image_side,
            n_outputs=spec.n_network_outputs,
            activation=_FUNCTIONS[spec.activation],
        )
    return _Perceptron(spec)


class Network:
    """A network without parameters of its own: every method is a pure function of those given.

    Threads may share it. Two networks of equal specs are equal.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self.spec = spec
        with torch.device("meta"):  # shapes only: parameters always come from outside
            self._module = _module(spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and other.spec == self.spec

    def __hash__(self) -> int:
        return hash(self.spec)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """Draw parameters on the CPU: He's normal weights, zero shifts, unit scales."""
        gain = _GAINS[self.spec.activation]
        return {
            name: _draw(name, tuple(value.shape), gain, generator).to(dtype)
            for name, value in self._module.named_parameters()
        }

    def outputs(self, params: Params, inputs: Tensor) -> Tensor:
        """Raw outputs, shape ``(n, n_network_outputs)``, for inputs of shape ``(n, *input_shape)``."""
        return self._module.outputs_of(params, inputs)

    def features(self, params: Params, inputs: Tensor) -> Tensor:
        """Activations before the last layer, shape ``(n, n_features)``; the head's parameters aren't needed."""
        return self._module.features_of(params, inputs)

    @property
    def has_batched_form(self) -> bool:
        """Whether `batched_outputs` applies: plain or convolutional layers, no modulation."""
        return not (self.spec.film or self.spec.n_experts)

    def batched_outputs(self, params: Params, inputs: Tensor) -> Tensor:
        """`outputs` of many tasks at once.

        Parameters have a leading ``n_tasks``, inputs the shape ``(n_tasks, n, *input_shape)``. One batched
        matrix product a layer; cheaper than ``vmap``, to whose results it is equal.
        """
        if isinstance(self._module, Convolutional):
            return self._module.batched_outputs_of(params, inputs)
        x, activation = inputs, _FUNCTIONS[self.spec.activation]
        for i in range(len(self.spec.hidden)):
            weight, bias = params[f"hidden.{i}.weight"], params[f"hidden.{i}.bias"]
            x = activation(torch.baddbmm(bias[:, None], x, weight.mT))
        return torch.baddbmm(params["head.bias"][:, None], x, params["head.weight"].mT)

    def batched_loss(self, params: Params, rows: Examples) -> Tensor:
        """`loss` of many tasks at once, shape ``(n_tasks,)``."""
        return loss(self.spec.likelihood, self.batched_outputs(params, rows.inputs), rows)

    @property
    def shapes(self) -> Params:
        """Names and shapes of the parameters, as tensors without storage."""
        return dict(self._module.named_parameters())

    @property
    def n_features(self) -> int:
        """Columns of `features`."""
        return self._module.head.in_features

    def loss(self, params: Params, rows: Examples) -> Tensor:
        """Weighted mean loss over the rows of one task, shape ``()``."""
        return loss(self.spec.likelihood, self.outputs(params, rows.inputs), rows)

    def predict(self, params: Params, inputs: Tensor) -> Prediction:
        """The predictive distribution of each row."""
        return predictive(self.spec.likelihood, self.outputs(params, inputs))


def _draw(name: str, shape: tuple[int, ...], gain: float, generator: torch.Generator) -> Tensor:
    if len(shape) > 1:
        fan_in = math.prod(shape[1:])
        scale = (1.0 if name.startswith("head") else gain) / math.sqrt(fan_in)
        return torch.randn(shape, generator=generator, dtype=torch.float64) * scale
    return torch.ones(shape, dtype=torch.float64) if "scale" in name else torch.zeros(shape, dtype=torch.float64)
