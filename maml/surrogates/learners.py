"""The learners that serve as surrogates of "configuration -> score", with settings that suit normalised scores."""

from collections.abc import Callable

from maml.algorithms.amortised import AmortisedBayes
from maml.algorithms.bayesian_last_layer import BayesianLastLayer, LastLayerObjective
from maml.algorithms.bayesian_maml import BayesianMaml
from maml.algorithms.conditioned import ConditionedMaml
from maml.algorithms.deep_kernel import DeepKernelProcess
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learned_optimiser import LearnedOptimiser
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.proximal import ProximalTransfer
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.likelihood import Likelihood
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind

_HIDDEN = (32, 32)


def surrogate_learner(kind: SurrogateKind, *, n_inputs: int, n_embedding: int) -> Learner:
    """The learner of a kind.

    Closed forms have one noise; the others predict a variance for each configuration (heteroscedastic).

    Args:
        kind: Which algorithm.
        n_inputs: Columns of the inputs: coordinates and masks.
        n_embedding: Columns of the task embedding; only the conditioned learner looks at it.

    Raises:
        InvalidInputError: If the conditioned learner has no embedding to look at.
    """

    def network(likelihood: Likelihood, *, film: bool = False) -> Network:
        return Network(NetworkSpec(n_inputs, 1, _HIDDEN, Activation.GELU, likelihood, film))

    plain, noisy = network(Likelihood.SQUARED_ERROR), network(Likelihood.GAUSSIAN)
    if kind is SurrogateKind.CONDITIONED_MAML and n_embedding == 0:
        raise InvalidInputError("a conditioned surrogate needs task embeddings", field="n_embedding", value=0, limit=1)
    builders: dict[SurrogateKind, Callable[[], Learner]] = {
        SurrogateKind.BAYESIAN_LAST_LAYER: lambda: BayesianLastLayer(plain),
        SurrogateKind.MARGINAL_LAST_LAYER: lambda: BayesianLastLayer(plain, objective=LastLayerObjective.MARGINAL),
        SurrogateKind.DEEP_KERNEL: lambda: DeepKernelProcess(plain),
        SurrogateKind.MAML: lambda: Maml(noisy, rate=0.05, steps=5, min_steps=1, clip=2.0),
        SurrogateKind.FIRST_ORDER_MAML: lambda: FirstOrderMaml(noisy, rate=0.05, steps=5, min_steps=1, clip=2.0),
        SurrogateKind.REPTILE: lambda: Reptile(noisy, rate=0.02, steps=10, min_steps=10, clip=2.0),
        SurrogateKind.META_SGD: lambda: MetaSgd(noisy, rate=0.05, steps=3, min_steps=1, cap=0.2, clip=2.0),
        SurrogateKind.IMPLICIT_MAML: lambda: ImplicitMaml(noisy, rate=0.05, steps=10, min_steps=10, pull=1.0, clip=2.0),
        SurrogateKind.PROXIMAL_TRANSFER: lambda: ProximalTransfer(noisy, rate=0.02, steps=10, pull=0.05, clip=2.0),
        SurrogateKind.AMORTISED_BAYES: lambda: AmortisedBayes(
            noisy, rate=0.02, steps=5, min_steps=1, n_samples=4, clip=2.0
        ),
        SurrogateKind.BAYESIAN_MAML: lambda: BayesianMaml(
            noisy, rate=0.1, steps=3, min_steps=3, n_particles=4, clip=2.0
        ),
        SurrogateKind.CONDITIONED_MAML: lambda: ConditionedMaml(
            network(Likelihood.GAUSSIAN, film=True), rate=0.05, steps=5, clip=2.0, n_embedding=n_embedding
        ),
        SurrogateKind.LEARNED_OPTIMISER: lambda: LearnedOptimiser(noisy, rate=0.05, steps=5, clip=2.0, width=8),
    }
    return builders[kind]()
