"""The result of meta-training: two initialisations of the task network, and how to fine-tune them."""

from dataclasses import asdict, dataclass
from typing import Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from maml.algorithms.learner import check_range
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.task_models.experts import EXPERTS
from maml.task_models.features import N_INPUTS
from maml.tensors.files import check_parameters, from_tensor_file, refusing, to_tensor_file
from maml.tensors.likelihood import Likelihood
from maml.tensors.parameters import Params, group, prefixed
from warmtune.vocabulary.errors import InvalidInputError

FORMAT: Final = "warmtune-task-model/1"
KINDS: Final = ("classification", "regression")
MAX_STEPS: Final = 500
MAX_RATE: Final = 1.0
MAX_PULL: Final = 10.0
MAX_REACH: Final = 1e15
"""What a start's network may answer at most, from inputs up to `_LARGEST_INPUT`: its square is still a number."""
_LARGEST_INPUT: Final = 1e3

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
        tensors = {name: value for kind in KINDS for name, value in prefixed(kind, self.start(kind).params).items()}
        header: dict[str, object] = {
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
        return to_tensor_file(tensors, header)

    @classmethod
    def from_bytes(cls, content: bytes, *, field: str = "init") -> "Initialisation":
        """Inverse of `to_bytes`; nothing in a file can run.

        Args:
            content: The file.
            field: Where it was given.

        Raises:
            InvalidInputError: If the bytes aren't such a file, or one of other experts or of networks that can't be
                used; naming that field.
        """
        with refusing("an initialisation of a task model", field):
            tensors, header = from_tensor_file(content, FORMAT)
            experts, kinds, facts = header["experts"], header["kinds"], header["facts"]
            if experts != list(EXPERTS):
                raise InvalidInputError(
                    "the initialisation is for other experts than this version's", field="experts", value=experts
                )
            if not isinstance(kinds, dict) or not isinstance(facts, dict):
                raise InvalidInputError("kinds and facts must be objects", field="kinds", value=kinds)
            starts = [_start(kinds[kind], group(kind, tensors), is_classes=kind == "classification") for kind in KINDS]
            return cls(starts[0], starts[1], facts)


def task_network(*, is_classes: bool, hidden: tuple[int, ...] = (64, 64)) -> Network:
    """The network whose start is learned."""
    return Network(_spec(is_classes=is_classes, hidden=hidden))


def _spec(*, is_classes: bool, hidden: tuple[int, ...], activation: Activation = Activation.GELU) -> NetworkSpec:
    likelihood = Likelihood.CLASSES if is_classes else Likelihood.SQUARED_ERROR
    return NetworkSpec(N_INPUTS, 1, hidden, activation, likelihood, n_experts=len(EXPERTS))


def _start(header: dict[str, dict[str, object]], params: Params, *, is_classes: bool) -> Start:
    stated = NetworkSpec.from_settings(header["network"])
    spec = _spec(is_classes=is_classes, hidden=stated.hidden, activation=stated.activation)
    if stated != spec:
        raise InvalidInputError("the network isn't one of such task models", field="network", value=stated, limit=spec)
    network = Network(spec)
    expected = {name: tuple(value.shape) for name, value in network.shapes.items()}
    found = {name: tuple(value.shape) for name, value in params.items()}
    if expected != found:
        raise InvalidInputError("the tensors don't belong to the network", field="tensors", value=sorted(found))
    check_parameters(params)
    reach = _reach(params, n_hidden=len(spec.hidden))
    if reach > MAX_REACH:
        raise InvalidInputError(
            "the network's outputs would be too large", field="tensors", value=reach, limit=MAX_REACH
        )
    how = header["fine_tuning"]
    settings = FineTuning(int(str(how["n_steps"])), float(str(how["rate"])), float(str(how["pull"])))
    return Start(network, {name: params[name].float() for name in expected}, settings)


def _reach(params: Params, *, n_hidden: int) -> float:
    """A bound on what the last layer gives: no activation makes a number larger."""
    reach = _LARGEST_INPUT
    for layer in (*(f"hidden.{i}" for i in range(n_hidden)), "head"):
        weight, bias = params[f"{layer}.weight"].double(), params[f"{layer}.bias"].double()
        reach = float((weight.abs().sum(1) * reach + bias.abs()).max())
    return reach
