"""Small tasks and learners in float64 that the tests of this room share."""

from collections.abc import Callable

import torch

from maml.algorithms.amortised import AmortisedBayes
from maml.algorithms.bayesian_last_layer import BayesianLastLayer, LastLayerObjective
from maml.algorithms.bayesian_maml import BayesianMaml
from maml.algorithms.conditioned import ConditionedMaml
from maml.algorithms.deep_kernel import DeepKernelProcess, FineTuningScope
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learned_optimiser import LearnedOptimiser
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.proximal import ProximalTransfer
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood
from maml.tensors.parameters import Params

torch.set_num_threads(1)

F64 = torch.float64


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sines(n_tasks: int, *, n_support: int = 5, n_query: int = 7, seed: int = 0, n_embedding: int = 0) -> Episode:
    """Sine waves of random amplitude and phase, with two padded support rows."""
    draws = generator(seed)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=draws, dtype=F64)

    amplitude, phase = 0.5 + uniform(n_tasks, 1, 1), 3 * uniform(n_tasks, 1, 1)
    x, q = 2 * uniform(n_tasks, n_support, 1) - 1, 2 * uniform(n_tasks, n_query, 1) - 1
    weights = torch.ones(n_tasks, n_support, dtype=F64)
    weights[:, -2:] = 0.0
    return Episode(
        Examples(x, amplitude * torch.sin(2 * x + phase), weights),
        Examples(q, amplitude * torch.sin(2 * q + phase), torch.ones(n_tasks, n_query, dtype=F64)),
        uniform(n_tasks, n_embedding),
    )


def network(**changes: object) -> Network:
    settings: dict[str, object] = {"n_inputs": 1, "n_outputs": 1, "hidden": (6, 5), "activation": Activation.TANH}
    return Network(NetworkSpec(**(settings | changes)))  # type: ignore[arg-type]


GAUSSIAN = Likelihood.GAUSSIAN

LEARNERS: dict[str, Learner] = {
    "maml": Maml(network(), rate=0.1, steps=3),
    "maml, gaussian": Maml(network(likelihood=GAUSSIAN), rate=0.05, steps=2, min_steps=2, clip=0.5),
    "first-order": FirstOrderMaml(network(), rate=0.1, steps=2),
    "reptile": Reptile(network(), rate=0.1, steps=3),
    "meta-sgd": MetaSgd(network(), rate=0.05, steps=2, min_steps=2, cap=0.1),
    "implicit": ImplicitMaml(network(), rate=0.1, steps=4, min_steps=4),
    "proximal": ProximalTransfer(network(), rate=0.1, steps=3),
    "last layer": BayesianLastLayer(network()),
    "last layer, marginal": BayesianLastLayer(network(), objective=LastLayerObjective.MARGINAL),
    "deep kernel": DeepKernelProcess(network(), steps=2),
    "deep kernel, all tuned": DeepKernelProcess(network(), steps=2, tuning=FineTuningScope.ALL),
    "deep kernel, no mean": DeepKernelProcess(network(), learned_mean=False),
    "bayesian": BayesianMaml(network(), rate=0.1, steps=2, min_steps=2, n_particles=3, temperature=0.01),
    "amortised": AmortisedBayes(network(), rate=0.05, steps=2, min_steps=2, n_samples=2, initial_log_sd=-2.0),
    "amortised, gaussian": AmortisedBayes(
        network(likelihood=GAUSSIAN), rate=0.02, steps=2, n_samples=2, initial_log_sd=-2.0
    ),
    "learned optimiser": LearnedOptimiser(network(), rate=0.1, steps=3, min_steps=3, width=4, second_order=True),
    "conditioned": ConditionedMaml(network(film=True), rate=0.1, steps=2, min_steps=2, n_embedding=3, width=4),
    "conditioned on support": ConditionedMaml(network(film=True), rate=0.1, steps=2, min_steps=2, width=4),
}


def drawn(learner: Learner, seed: int = 1) -> Params:
    """Meta-parameters away from their special initial values: zeros hide mistakes."""
    draws = generator(seed)
    return {
        name: value + 0.1 * torch.randn(value.shape, generator=draws, dtype=F64)
        for name, value in learner.initial(draws, dtype=F64).items()
    }


def batch_for(learner: Learner, n_tasks: int = 3, seed: int = 0) -> Episode:
    return sines(n_tasks, seed=seed, n_embedding=getattr(learner, "n_embedding", 0))


def noise_for(learner: Learner, meta: Params, n_tasks: int = 3, seed: int = 2) -> torch.Tensor:
    return torch.randn(n_tasks, learner.n_noise(meta), generator=generator(seed), dtype=F64)


def only(at: int | slice) -> Callable[[torch.Tensor], torch.Tensor]:
    """What takes one row, or some, of each tensor of examples."""
    return lambda tensor: tensor[at]
