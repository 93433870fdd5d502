"""A Gaussian process whose kernel sees a network's features, learned over all past tasks."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from maml.algorithms.bayesian_last_layer import require_regression
from maml.descent import descend_guarded
from maml.examples import Episode, Examples
from maml.learner import Learner, check_range
from maml.likelihood import Prediction
from maml.linear_solve import stable_cholesky
from maml.parameters import Params, group, prefixed


@dataclass(frozen=True)
class DeepKernelProcess(Learner):
    """A Gaussian kernel on features, trained by the tasks' marginal likelihood; the network's head is the prior mean.

    Wistuba and Grabocka: Few-Shot Bayesian Optimization with Deep Kernel Surrogates. ICLR 2021 (FSBO; there the mean
    is a
    constant: ``learned_mean=False``). Conditioning is exact; fine-tuning the kernel on the support is optional.

    Attributes:
        learned_mean: Whether the head gives the prior mean; else 0.
        rate: Of fine-tuning steps.
        steps: Fine-tuning steps when nothing else is asked.
    """

    name: ClassVar[str] = "deep_kernel"
    learned_mean: bool = True
    rate: float = 0.01
    steps: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If the network's targets aren't numbers with one noise, or a setting is out of range.
        """
        require_regression(self.network.spec.likelihood)
        check_range("rate", self.rate, low=0.0, high=10.0)
        check_range("steps", self.steps, low=0, high=1000)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The network and the kernel's logarithmic scales."""
        meta = self.network.initial(generator, dtype=dtype)
        meta["log_length"] = torch.full((), 0.5 * math.log(self.network.n_features), dtype=dtype)
        meta["log_scale"] = torch.zeros((), dtype=dtype)
        meta["log_noise"] = torch.full((), -1.0, dtype=dtype)
        return meta

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """Condition on the support, after ``steps`` of fine-tuning on its marginal likelihood: see `Learner.adapt`."""
        del embedding  # nothing here is conditioned on it
        tuned = descend_guarded(
            lambda params: self.negative_log_marginal(params, support),
            meta,
            self.rate,
            steps=self.steps if steps is None else steps,
            clip=1.0,
        )
        features, factor, residual = self._factor(tuned, support)
        return {
            "features": features,
            "weights": support.weights,
            "factor": factor,
            "dual": torch.cholesky_solve(residual, factor),
            **prefixed("tuned", tuned),
        }

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """The posterior predictive distribution: see `Learner.predict`."""
        del meta  # the tuned copy counts
        tuned = group("tuned", adapted)
        features = self.network.features(tuned, inputs)
        cross = self._kernel(tuned, adapted["features"], features) * (adapted["weights"] > 0)[:, None]
        half = torch.linalg.solve_triangular(adapted["factor"], cross, upper=False)
        scale = torch.exp(2 * tuned["log_scale"])
        variance = (scale - (half**2).sum(0)).clamp_min(1e-6 * scale) + torch.exp(2 * tuned["log_noise"])
        mean = self._mean(tuned, features) + cross.mT @ adapted["dual"]
        return Prediction(mean, variance[:, None].expand_as(mean))

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """Negative log marginal likelihood of support and query per row: see `Learner.episode_loss`."""
        del noise, steps  # closed form
        return self.negative_log_marginal(meta, episode.support.concatenated(episode.query))

    def negative_log_marginal(self, params: Params, rows: Examples) -> Tensor:
        """Per row and output, without ``log(2 pi) / 2``; rows of weight 0 add nothing."""
        _, factor, residual = self._factor(params, rows)
        half = torch.linalg.solve_triangular(factor, residual, upper=False)
        logdet = 2 * torch.log(torch.diagonal(factor, dim1=-2, dim2=-1)).sum()
        loss: Tensor = 0.5 * ((half**2).sum() / residual.shape[-1] + logdet) / rows.weights.sum().clamp_min(1.0)
        return loss

    def _kernel(self, params: Params, a: Tensor, b: Tensor) -> Tensor:
        """Shape ``(n, m)``; squared distances from products, clamped: rounding must not make them negative."""
        squared = (a**2).sum(-1)[:, None] + (b**2).sum(-1)[None] - 2 * a @ b.mT
        return torch.exp(2 * params["log_scale"] - 0.5 * squared.clamp_min(0.0) * torch.exp(-2 * params["log_length"]))

    def _mean(self, params: Params, features: Tensor) -> Tensor:
        if not self.learned_mean:
            return features.new_zeros(features.shape[0], self.network.spec.n_outputs)
        return features @ params["head.weight"].mT + params["head.bias"]

    def _factor(self, params: Params, rows: Examples) -> tuple[Tensor, Tensor, Tensor]:
        """Features, Cholesky factor of the rows' covariance, residuals; a row of weight 0 is replaced by a unit one."""
        features = self.network.features(params, rows.inputs)
        kept = (rows.weights > 0).to(features.dtype)
        covariance = self._kernel(params, features, features) * kept[:, None] * kept[None]
        # a weight counts as that many repetitions: the noise's variance is divided by it
        own = torch.exp(2 * params["log_noise"]) / torch.where(kept > 0, rows.weights, 1.0)
        diagonal = torch.where(kept > 0, own + 1e-6 * torch.exp(2 * params["log_scale"]), 1.0)
        factor = stable_cholesky(covariance + torch.diag_embed(diagonal))
        return features, factor, (rows.targets - self._mean(params, features)) * kept[:, None]
