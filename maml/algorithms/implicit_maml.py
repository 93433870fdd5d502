"""Implicit MAML: the meta-gradient from the optimality of a proximal problem, not from its path."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.algorithms.batched import descend_tasks, gradient_of, meta_leaves, spread
from maml.algorithms.curvature import Curvature, batched_curvature, curvature_product
from maml.algorithms.descent import descend, descend_beyond
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.linear_solve import conjugate_gradient
from maml.tensors.parameters import Params, squared_distance, unflatten
from warmtune.vocabulary.surrogate_kind import SurrogateKind


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

    name: ClassVar[str] = SurrogateKind.IMPLICIT_MAML.value
    steps: int = 16
    min_steps: int = 16
    pull: float = 2.0
    solver_iterations: int = 5
    curvature: Curvature = Curvature.GAUSS_NEWTON

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("pull", self.pull, low=1e-9)
        check_range("solver_iterations", self.solver_iterations, low=1, high=1000, whole=True)

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
        if self.network.has_batched_form:
            return self._batched(meta, batch, steps)

        def one(tensors: tuple[Tensor, ...]) -> tuple[Params, Tensor]:
            return self.episode_gradient(meta, Episode.unpack(tensors), steps)

        gradients, losses = vmap(one)(batch.pack())
        return losses.mean(), {name: value.mean(0) for name, value in gradients.items()}

    def _batched(self, meta: Params, batch: Episode, steps: int) -> tuple[Tensor, Params]:
        solved = descend_tasks(
            self.network,
            spread(meta, batch.n_tasks),
            batch.support,
            rates=self.rate,
            steps=steps,
            clip=self.clip,
            differentiable=False,
            pull=self.pull,
        )
        leaves = meta_leaves(solved)
        losses = self.network.batched_loss(leaves, batch.query)
        outer = gradient_of(losses.sum(), leaves)
        bend = batched_curvature(self.curvature, self.network, solved, batch.support)

        def product(vector: Params) -> Params:
            bent = bend(_each_unflattened(vector[_ALL], solved))
            return {_ALL: vector[_ALL] + _each_flattened(bent) / self.pull}

        right = {_ALL: _each_flattened(outer)}
        gradients = conjugate_gradient(product, right, iterations=self.solver_iterations, inner=_inner_each)[_ALL]
        return losses.detach().mean(), unflatten(gradients.mean(0), meta)


_ALL = "all"  # one matrix with a row for each task: the name that the solver sees


def _each_flattened(params: Params) -> Tensor:
    return torch.cat([value.flatten(1) for value in params.values()], dim=1)


def _each_unflattened(matrix: Tensor, like: Params) -> Params:
    parts = torch.split(matrix, [value[0].numel() for value in like.values()], dim=1)
    return {name: part.reshape(value.shape) for (name, value), part in zip(like.items(), parts, strict=True)}


def _inner_each(a: Params, b: Params) -> Tensor:
    """Shape ``(n_tasks, 1)``: multiplies every row."""
    return (a[_ALL] * b[_ALL]).sum(1, keepdim=True)
