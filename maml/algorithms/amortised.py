"""Amortised Bayesian meta-learning: the inner steps fit a distribution over the network's parameters."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.func import vmap

from maml.algorithms.descent import descend, descend_beyond
from maml.algorithms.gradient_learner import GradientLearner
from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood, Prediction, mixture
from maml.tensors.parameters import Params, group, prefixed, unflatten
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True)
class AmortisedBayes(GradientLearner):
    """A Gaussian over each parameter, ``mean.*`` and ``log_sd.*``, is prior and start; steps make it a posterior.

    Ravi and Beatson: Amortized Bayesian Meta-Learning. ICLR 2019. Inner objective: the support's loss under
    reparametrised samples plus ``KL(posterior || prior)`` per row; outer: the same over support and query. With
    squared errors the noise variance is a meta-parameter, and the inner objective is scaled by twice the variance, so
    that a small noise doesn't blow up the inner steps.

    Attributes:
        n_samples: Samples of the posterior in each loss and in a prediction.
        initial_log_sd: Of every parameter. Inner steps follow the divergence stably only while ``rate`` is below about
            twice the rows times the prior's variance.
        kl_weight: Weight of the divergence in both objectives.
    """

    name: ClassVar[str] = SurrogateKind.AMORTISED_BAYES.value
    n_samples: int = 5
    initial_log_sd: float = -2.5
    kl_weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings: see `GradientLearner`."""
        GradientLearner.__post_init__(self)
        check_range("n_samples", self.n_samples, low=1, high=1000, whole=True)
        check_range("kl_weight", self.kl_weight, low=0.0)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The prior, the noise, and the draws that adaptation and prediction use again and again."""
        mean = self.network.initial(generator, dtype=dtype)
        log_sd = {name: torch.full_like(value, self.initial_log_sd) for name, value in mean.items()}
        size = sum(value.numel() for value in mean.values())
        draws = torch.randn(self.n_samples, size, generator=generator, dtype=torch.float64).to(dtype)
        return (
            prefixed("mean", mean)
            | prefixed("log_sd", log_sd)
            | {"log_noise": torch.full((), -1.0, dtype=dtype), "draws": draws}
        )

    def n_noise(self, meta: Params) -> int:
        """Fresh draws for every meta-step; the model would memorise fixed ones."""
        return meta["draws"].numel()

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """The posterior, ``mean.*`` and ``log_sd.*``: see `Learner.adapt`."""
        del embedding  # nothing here is conditioned on it
        return descend_beyond(
            lambda posterior: self._inner(meta, posterior, support, meta["draws"].detach()),
            _distribution(meta),
            self.rate,
            steps=self.steps if steps is None else steps,
            trained=self.steps,
            clip=self.clip,
        )

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """Mixture over posterior samples, the noise added: see `Learner.predict`."""

        def one(draw: Tensor) -> tuple[Tensor, Tensor]:
            prediction = self.network.predict(_sample(adapted, draw), inputs)
            return prediction.mean, prediction.variance

        means, variances = vmap(one)(meta["draws"])
        if self.network.spec.likelihood is Likelihood.SQUARED_ERROR:
            variances = variances + torch.exp(2 * meta["log_noise"])
        return mixture(means, variances)

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """Negative evidence lower bound per row of support and query: see `Learner.episode_loss`."""
        draws = noise.reshape(meta["draws"].shape)
        posterior = descend(
            lambda values: self._inner(meta, values, episode.support, draws),
            _distribution(meta),
            self.rate,
            steps=steps,
            clip=self.clip,
        )
        rows = episode.support.concatenated(episode.query)
        fit = self._fit(posterior, rows, draws)
        if self.network.spec.likelihood is Likelihood.SQUARED_ERROR:
            fit = 0.5 * fit * torch.exp(-2 * meta["log_noise"]) + meta["log_noise"]
        return fit + self._divergence(meta, posterior, rows)

    def _inner(self, meta: Params, posterior: Params, support: Examples, draws: Tensor) -> Tensor:
        divergence = self._divergence(meta, posterior, support)
        if self.network.spec.likelihood is Likelihood.SQUARED_ERROR:
            divergence = divergence * 2 * torch.exp(2 * meta["log_noise"])
        return self._fit(posterior, support, draws) + divergence

    def _fit(self, posterior: Params, rows: Examples, draws: Tensor) -> Tensor:
        losses: Tensor = vmap(lambda draw: self.network.loss(_sample(posterior, draw), rows))(draws)
        return losses.mean()

    def _divergence(self, meta: Params, posterior: Params, rows: Examples) -> Tensor:
        """``KL(posterior || prior)`` for each row."""
        parts = []
        for name, mean in group("mean", posterior).items():
            log_sd, prior_log_sd = posterior[f"log_sd.{name}"], meta[f"log_sd.{name}"]
            shift = (mean - meta[f"mean.{name}"]) * torch.exp(-prior_log_sd)
            gap = log_sd - prior_log_sd
            parts.append((0.5 * (torch.exp(2 * gap) + shift**2 - 1.0) - gap).sum())
        return self.kl_weight * torch.stack(parts).sum() / rows.weights.sum().clamp_min(1.0)


def _distribution(meta: Params) -> Params:
    return {name: value for name, value in meta.items() if name.startswith(("mean.", "log_sd."))}


def _sample(distribution: Params, draw: Tensor) -> Params:
    mean = group("mean", distribution)
    noise = unflatten(draw, mean)
    return {name: value + torch.exp(distribution[f"log_sd.{name}"]) * noise[name] for name, value in mean.items()}
