"""Bayesian MAML: particles that descend together, trained to predict where more data would lead them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.func import grad_and_value, vmap

from maml.algorithms.descent import clip_factor
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.algorithms.svgd import svgd_direction
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood, Prediction, gaussian_loss, mixture, weighted_mean
from maml.tensors.parameters import Params, flatten, unflatten
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class BayesianMaml(GradientLearner):
    """Particles of the network, ``particles`` of shape ``(n_particles, n_parameters)``, adapted by Stein's descent.

    Yoon, Kim, Dia, Kim, Bengio and Ahn: Bayesian Model-Agnostic Meta-Learning. NeurIPS 2018. The chaser is where
    ``steps`` steps on the support lead; the leader continues from there on support and query; the chaser loss is their
    squared distance, the leader held fixed. With squared errors the noise of a prediction is fitted beside it, and
    changes nothing else.

    Attributes:
        n_particles: At least 2.
        leader_steps: Steps of the leader beyond the chaser's.
        temperature: How strongly particles repel each other; the density is ``exp(-loss / temperature)``.
    """

    name: ClassVar[str] = SurrogateKind.BAYESIAN_MAML.value
    n_particles: int = 5
    leader_steps: int = 1
    temperature: float = 1e-4

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("n_particles", self.n_particles, low=2, high=100, whole=True)
        check_range("leader_steps", self.leader_steps, low=1, high=1000, whole=True)
        check_range("temperature", self.temperature, low=0.0)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """Independent draws of the network, and the noise."""
        particles = [flatten(self.network.initial(generator, dtype=dtype)) for _ in range(self.n_particles)]
        return {"particles": torch.stack(particles), "log_noise": torch.full((), -1.0, dtype=dtype)}

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """``particles`` after Stein steps: see `Learner.adapt`.

        Steps beyond those trained for are guarded by the particles' mean loss.
        """
        del embedding  # nothing here is conditioned on it
        total = self.steps if steps is None else steps
        particles = self._descend(meta["particles"], support, steps=min(total, self.steps))
        if total > self.steps:
            particles = self._descend_guarded(particles, support, steps=total - self.steps)
        return {"particles": particles}

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """Mixture over the particles, the noise added: see `Learner.predict`."""

        def one(vector: Tensor) -> tuple[Tensor, Tensor]:
            prediction = self.network.predict(unflatten(vector, self._like()), inputs)
            return prediction.mean, prediction.variance

        means, variances = vmap(one)(adapted["particles"])
        if self.network.spec.likelihood is Likelihood.SQUARED_ERROR:
            variances = variances + torch.exp(2 * meta["log_noise"])
        return mixture(means, variances)

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """The chaser loss, and the fit of the noise: see `Learner.episode_loss`."""
        del noise  # deterministic
        chaser = self._descend(meta["particles"], episode.support, steps=steps)
        rows = episode.support.concatenated(episode.query)
        leader = self._descend(chaser.detach(), rows, steps=self.leader_steps)
        # per inner rate: the distance is then that of gradients, and the outer step doesn't hang on the rate's square
        loss = ((chaser - leader) ** 2).sum() / (self.n_particles * self.rate**2)
        if self.network.spec.likelihood is not Likelihood.SQUARED_ERROR:
            return loss
        prediction = self.predict(
            {"log_noise": meta["log_noise"]}, {"particles": chaser.detach()}, episode.query.inputs
        )
        each = gaussian_loss(prediction.mean, prediction.variance, episode.query.targets).mean(-1)
        return loss + weighted_mean(each, episode.query.weights)

    def _like(self) -> Params:
        return self.network.shapes

    def _directions(self, particles: Tensor, rows: Examples) -> tuple[Tensor, Tensor]:
        def one(vector: Tensor) -> Tensor:
            return self.network.loss(unflatten(vector, self._like()), rows)

        gradients, losses = vmap(grad_and_value(one))(particles)
        if self.clip < float("inf"):
            gradients = gradients * clip_factor((gradients**2).sum(-1, keepdim=True), self.clip)
        return svgd_direction(particles, gradients, temperature=self.temperature), losses.mean()

    def _descend(self, particles: Tensor, rows: Examples, *, steps: int) -> Tensor:
        for _ in range(steps):
            particles = particles - self.rate * self._directions(particles, rows)[0]
        return particles

    def _descend_guarded(self, particles: Tensor, rows: Examples, *, steps: int) -> Tensor:
        best = particles
        best_direction, best_loss = self._directions(best, rows)
        factor = torch.ones_like(best_loss)
        for _ in range(steps):
            particles = best - self.rate * factor * best_direction
            direction, now = self._directions(particles, rows)
            better = now <= best_loss  # NaN is not better
            best = torch.where(better, particles, best)
            best_direction = torch.where(better, direction, best_direction)
            best_loss = torch.where(better, now, best_loss)
            factor = torch.where(better, factor, factor / 2)
        return best
