"""A start that depends on the task: its embedding sets the scales and shifts of the hidden layers."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Examples
from maml.tensors.parameters import Params, group, prefixed
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class ConditionedMaml(GradientLearner):
    """MAML whose initial scales and shifts (FiLM) come from the task's embedding, or from its encoded support.

    Vuorio, Sun, Hu and Lim: Multimodal Model-Agnostic Meta-Learning via Task-Aware Modulation. NeurIPS 2019; Perez et
    al.: FiLM. AAAI 2018. The modulation is part of the start, so inner steps adapt it further.

    Attributes:
        n_embedding: Width of the embedding; 0 encodes the support instead: the mean over rows of a small network's
            outputs (Zaheer et al.: Deep Sets. NeurIPS 2017).
        width: Of the encoder's hidden layers.
    """

    name: ClassVar[str] = SurrogateKind.CONDITIONED_MAML.value
    n_embedding: int = 0
    width: int = 32

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`.

        Raises:
            InvalidInputError: If the network has no scales and shifts to set.
        """
        GradientLearner.__post_init__(self)
        check_range("n_embedding", self.n_embedding, low=0, high=10_000, whole=True)
        check_range("width", self.width, low=1, high=10_000, whole=True)
        if not self.network.spec.film:
            raise InvalidInputError("a conditioned start needs a network with film", field="film", value=False)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """``start.*`` and ``encoder.*``, whose last layer starts at 0: the first start is the network's own."""
        spec = self.network.spec
        n_in = self.n_embedding or spec.n_inputs + spec.n_outputs
        n_out = 2 * sum(spec.hidden)
        encoder = {
            "in": _normal(generator, n_in, self.width),
            "in_bias": torch.zeros(self.width, dtype=torch.float64),
            "mid": _normal(generator, self.width, self.width),
            "mid_bias": torch.zeros(self.width, dtype=torch.float64),
            "out": torch.zeros(self.width, n_out, dtype=torch.float64),
        }
        start = self.network.initial(generator, dtype=dtype)
        return prefixed("start", start) | {f"encoder.{name}": value.to(dtype) for name, value in encoder.items()}

    def start(self, meta: Params, support: Examples, embedding: Tensor) -> Params:
        """The conditioned initial parameters of one task.

        Raises:
            InvalidInputError: If the embedding doesn't have ``n_embedding`` columns.
        """
        if embedding.shape[-1] != self.n_embedding and self.n_embedding:
            raise InvalidInputError(
                "the embedding has another width than the learner",
                field="embedding",
                value=embedding.shape[-1],
                limit=self.n_embedding,
            )
        encoder = group("encoder", meta)
        if self.n_embedding:
            code = torch.tanh(embedding @ encoder["in"] + encoder["in_bias"])
        else:
            rows = torch.cat([support.inputs, support.targets], dim=-1)
            codes = torch.tanh(rows @ encoder["in"] + encoder["in_bias"])
            code = (codes * support.weights[:, None]).sum(0) / support.weights.sum().clamp_min(1.0)
        code = torch.tanh(code @ encoder["mid"] + encoder["mid_bias"])
        modulation = torch.split(code @ encoder["out"], [*self.network.spec.hidden, *self.network.spec.hidden])
        n_layers = len(self.network.spec.hidden)
        start = group("start", meta)
        for i in range(n_layers):
            start[f"film_scale.{i}"] = start[f"film_scale.{i}"] + modulation[i]
            start[f"film_shift.{i}"] = start[f"film_shift.{i}"] + modulation[n_layers + i]
        return start


def _normal(generator: torch.Generator, n_in: int, n_out: int) -> Tensor:
    return torch.randn(n_in, n_out, generator=generator, dtype=torch.float64) / math.sqrt(n_in)
