"""Implicit MAML: the meta-gradient from the optimality of a proximal problem, not from its path."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.algorithms.gradient_learner import GradientLearner
from maml.curvature import Curvature, curvature_product
from maml.descent import descend, descend_beyond
from maml.examples import Episode, Examples
from maml.learner import check_range
from maml.linear_solve import conjugate_gradient
from maml.parameters import Params, squared_distance


@dataclass(frozen=True)
class ImplicitMaml(GradientLearner):
    """The meta-gradient ``(I + H/pull)^-1 grad query(p)`` where ``p`` minimises ``support + pull/2 ||p - theta||^2``.

    Rajeswaran, Finn, Kakade and Levine: Meta-Learning with Implicit Gradients. NeurIPS 2019. Memory doesn't grow with
    the inner steps. Take a smooth network and Gauss-Newton products: with ReLU, Hessians have eigenvalues below
    ``-pull``.

    Attributes:
        pull: Weight of the squared distance to the start, above 0.
        solver_iterations: Of conjugate gradients.
        curvature: What stands for ``H``.
    """

    name: ClassVar[str] = "implicit_maml"
    steps: int = 16
    min_steps: int = 16
    pull: float = 2.0
    solver_iterations: int = 5
    curvature: Curvature = Curvature.GAUSS_NEWTON

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("pull", self.pull, low=1e-9)
        check_range("solver_iterations", self.solver_iterations, low=1, high=1000)

    def _objective(self, meta: Params, params: Params, support: Examples) -> Tensor:
        return self.network.loss(params, support) + 0.5 * self.pull * squared_distance(params, meta)

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """Descend the proximal problem: see `Learner.adapt`."""
        del embedding  # nothing here is conditioned on it
        return descend_beyond(
            lambda params: self._objective(meta, params, support),
            meta,
            self.rate,
            steps=self.steps if steps is None else steps,
            trained=self.steps,
            clip=self.clip,
        )

    def episode_gradient(self, meta: Params, episode: Episode, steps: int) -> tuple[Params, Tensor]:
        """Meta-gradient and query loss of one task."""
        solved = descend(
            lambda params: self._objective(meta, params, episode.support),
            meta,
            self.rate,
            steps=steps,
            clip=self.clip,
        )
        outer, loss = grad_and_value(lambda params: self.network.loss(params, episode.query))(solved)

        def product(vector: Params) -> Params:
            bent = curvature_product(self.curvature, self.network, solved, rows=episode.support, vector=vector)
            return {name: value + bent[name] / self.pull for name, value in vector.items()}

        return conjugate_gradient(product, outer, iterations=self.solver_iterations), loss

    def meta_gradient(self, meta: Params, batch: Episode, *, noise: Tensor, steps: int) -> tuple[Tensor, Params]:
        """The implicit gradients' mean: see `Learner.meta_gradient`."""
        del noise  # deterministic

        def one(tensors: tuple[Tensor, ...]) -> tuple[Params, Tensor]:
            return self.episode_gradient(meta, Episode.unpack(tensors), steps)

        gradients, losses = vmap(one)(batch.pack())
        return losses.mean(), {name: value.mean(0) for name, value in gradients.items()}
