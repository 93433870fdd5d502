"""A Gaussian process whose kernel sees a network's features, learned over all past tasks."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

import torch
from torch import Tensor

from maml.algorithms.bayesian_last_layer import require_regression
from maml.algorithms.descent import descend_guarded
from maml.algorithms.learner import Learner, check_range
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Prediction
from maml.tensors.linear_solve import stable_cholesky
from maml.tensors.parameters import Params, group, prefixed
from warmtune.vocabulary.surrogate_kind import SurrogateKind

_SCALES: Final = ("log_length", "log_scale", "log_noise")


class FineTuningScope(StrEnum):
    """What fine-tuning on the support changes, and by which objective."""

    SCALES = "scales"
    """The kernel's three scales, by the rows' leave-one-out density; the features stay as all tasks made them."""
    ALL = "all"
    """The network too, by the marginal likelihood, as in the paper: a few rows are soon learned by heart."""


@dataclass(frozen=True)
class DeepKernelProcess(Learner):
    """A Gaussian kernel on features, trained by the tasks' marginal likelihood; the network's head is the prior mean.

    Wistuba and Grabocka: Few-Shot Bayesian Optimization with Deep Kernel Surrogates. ICLR 2021 (FSBO; there the mean
    is a
    constant: ``learned_mean=False``). Conditioning is exact; fine-tuning on the support is optional. With a network's
    weights the marginal likelihood of a few rows has so much to choose from that raising it says little about other
    rows (Ober, Rasmussen and van der Wilk: The Promises and Pitfalls of Deep Kernel Learning. UAI 2021); hence only
    the scales are tuned where nothing else is asked, as in Chen, Tripp and Hernandez-Lobato: Meta-learning Adaptive
    Deep Kernel Gaussian Processes for Molecular Property Prediction. ICLR 2023.

    Attributes:
        learned_mean: Whether the head gives the prior mean; else 0.
        rate: Of fine-tuning steps.
        steps: Fine-tuning steps when nothing else is asked.
        tuning: What they change.
    """

    name: ClassVar[str] = SurrogateKind.DEEP_KERNEL.value
    learned_mean: bool = True
    rate: float = 0.01
    steps: int = 0
    tuning: FineTuningScope = FineTuningScope.SCALES

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If the network's targets aren't numbers with one noise, or a setting is out of range.
        """
        require_regression(self.network.spec.likelihood)
        check_range("rate", self.rate, low=0.0, high=10.0)
        check_range("steps", self.steps, low=0, high=1000, whole=True)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The network and the kernel's logarithmic scales."""
        meta = self.network.initial(generator, dtype=dtype)
        meta["log_length"] = torch.full((), 0.5 * math.log(self.network.n_features), dtype=dtype)
        meta["log_scale"] = torch.zeros((), dtype=dtype)
        meta["log_noise"] = torch.full((), -1.0, dtype=dtype)
        return meta

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """Condition on the support, after ``steps`` of fine-tuning: see `Learner.adapt`."""
        del embedding  # nothing here is conditioned on it
        tuned = self._tuned(meta, support, steps=self.steps if steps is None else steps)
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

    def negative_left_out_density(self, params: Params, rows: Examples) -> Tensor:
        """Of each row given the others, per row and output, without ``log(2 pi) / 2``; rows of weight 0 add nothing.

        In closed form (Sundararajan and Keerthi: Predictive Approaches for Choosing Hyperparameters in Gaussian
        Processes. Neural Computation 2001): with the covariance ``C``, variances ``1 / C^-1_ii`` and residuals
        ``(C^-1 r)_i / C^-1_ii``.
        """
        _, factor, residual = self._factor(params, rows)
        inverse = torch.cholesky_inverse(factor)
        precision = torch.diagonal(inverse, dim1=-2, dim2=-1)  # 1 where the weight is 0, and the residual 0
        square = ((inverse @ residual) ** 2).mean(-1) / precision
        loss: Tensor = 0.5 * (square - torch.log(precision)).sum() / (rows.weights > 0).sum().clamp_min(1)
        return loss

    def _tuned(self, meta: Params, support: Examples, *, steps: int) -> Params:
        is_all = self.tuning is FineTuningScope.ALL
        own = {name: value for name, value in meta.items() if is_all or name in _SCALES}
        objective = self.negative_log_marginal if is_all else self.negative_left_out_density
        tuned = descend_guarded(lambda params: objective(meta | params, support), own, self.rate, steps=steps, clip=1.0)
        return meta | tuned

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
