"""What meta-training leaves: two starts of the task network, and how to go on from them."""

import json
from dataclasses import asdict, dataclass
from typing import Final

import torch
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from safetensors import SafetensorError
from safetensors.torch import load, save

from maml.learner import check_range
from maml.likelihood import Likelihood
from maml.networks import Activation, Network, NetworkSpec
from maml.parameters import Params, group, prefixed
from maml.task_models.experts import EXPERTS
from maml.task_models.features import N_INPUTS
from warmtune.errors import InvalidInputError

FORMAT: Final = "warmtune-task-model/1"
KINDS: Final = ("classification", "regression")
MAX_STEPS: Final = 500
MAX_RATE: Final = 1.0
MAX_PULL: Final = 10.0

_PULLS: Final = (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How a start becomes a model of one dataset.

    Attributes:
        n_steps: Gradient steps, from 0; a step that raises the loss is taken back and the rate halved.
        rate: Of the steps, from 0 to 1.
        pull: Weight of the squared distance to the start, from 0.
    """

    n_steps: int
    rate: float
    pull: float

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If one is out of range.
        """
        for field, high in (("n_steps", MAX_STEPS), ("rate", MAX_RATE), ("pull", MAX_PULL)):
            check_range(field, getattr(self, field), low=0, high=high, whole=field == "n_steps")


@dataclass(frozen=True, slots=True)
class Start:
    """The network's parameters for one kind of task, and the recommended way on.

    Attributes:
        network: A mixture of the experts.
        params: Its meta-learned parameters.
        fine_tuning: Recommended.
    """

    network: Network
    params: Params
    fine_tuning: FineTuning


@dataclass(frozen=True, slots=True)
class Initialisation:
    """What `NeuralTaskModel` starts from; immutable, one safetensors file.

    Attributes:
        classification: For classes, any number of them.
        regression: For numbers.
        facts: JSON values about the meta-training: algorithm, datasets, what held-out tasks said.
    """

    classification: Start
    regression: Start
    facts: dict[str, object]

    def start(self, kind: str) -> Start:
        """The start for ``classification`` or ``regression``."""
        if kind not in KINDS:
            raise InvalidInputError(f"there is no kind {kind!r}", field="kind", value=kind, limit=", ".join(KINDS))
        return self.classification if kind == "classification" else self.regression

    def search_space(self, kind: str) -> dict[str, BaseDistribution]:
        """What is worth tuning of the fine-tuning, as Optuna's distributions that hold the recommendation."""
        how = self.start(kind).fine_tuning
        centre = max(how.rate, 1e-3)
        return {
            "n_steps": IntDistribution(0, max(50, min(4 * how.n_steps, MAX_STEPS))),
            "rate": FloatDistribution(min(how.rate, centre / 10), min(10 * centre, MAX_RATE), log=how.rate > 0),
            "pull": CategoricalDistribution(sorted({*_PULLS, how.pull})),
        }

    def to_bytes(self) -> bytes:
        """One safetensors file with a JSON header under ``warmtune``."""
        tensors = {
            name: value.detach().cpu().contiguous().clone()
            for kind in KINDS
            for name, value in prefixed(kind, self.start(kind).params).items()
        }
        header = {
            "format": FORMAT,
            "experts": list(EXPERTS),
            "facts": self.facts,
            "kinds": {
                kind: {
                    "network": self.start(kind).network.spec.to_settings(),
                    "fine_tuning": asdict(self.start(kind).fine_tuning),
                }
                for kind in KINDS
            },
        }
        return save(tensors, metadata={"warmtune": json.dumps(header, allow_nan=False)})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Initialisation":
        """Inverse of `to_bytes`; nothing in a file can run.

        Raises:
            InvalidInputError: If the bytes aren't such a file, or one of other experts.
        """
        try:
            tensors = load(content)
            length = int.from_bytes(content[:8], "little")
            header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["warmtune"])
            if header["format"] != FORMAT:
                raise InvalidInputError("another format", field="format", value=header["format"], limit=FORMAT)
            if tuple(header["experts"]) != EXPERTS:
                raise InvalidInputError("made for other experts", field="experts", value=header["experts"])
            starts = [_start(header["kinds"][kind], group(kind, tensors)) for kind in KINDS]
            return cls(starts[0], starts[1], dict(header["facts"]))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidInputError):
                raise
            raise InvalidInputError(f"not an initialisation of a task model: {error}", field="init") from error


def task_network(*, is_classes: bool, hidden: tuple[int, ...] = (64, 64)) -> Network:
    """The network whose start is learned."""
    likelihood = Likelihood.CLASSES if is_classes else Likelihood.SQUARED_ERROR
    return Network(NetworkSpec(N_INPUTS, 1, hidden, Activation.GELU, likelihood, n_experts=len(EXPERTS)))


def _start(header: dict[str, dict[str, object]], params: Params) -> Start:
    network = Network(NetworkSpec.from_settings(header["network"]))
    if network.spec.n_inputs != N_INPUTS or network.spec.n_experts != len(EXPERTS):
        raise InvalidInputError("the network isn't one of task models", field="network", value=network.spec)
    expected = {name: tuple(value.shape) for name, value in network.shapes.items()}
    found = {name: tuple(value.shape) for name, value in params.items()}
    finite = all(bool(torch.isfinite(value).all()) for value in params.values())
    if expected != found or not finite:
        raise InvalidInputError("the tensors don't belong to the network", field="init", value=sorted(found))
    how = header["fine_tuning"]
    settings = FineTuning(int(str(how["n_steps"])), float(str(how["rate"])), float(str(how["pull"])))
    return Start(network, {name: params[name].float() for name in expected}, settings)
