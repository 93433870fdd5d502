"""Learned features under a Bayesian linear last layer: adaptation in closed form."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import torch
from torch import Tensor

from maml.algorithms.learner import Learner
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood, Prediction, gaussian_loss, weighted_mean
from maml.tensors.linear_solve import stable_cholesky
from maml.tensors.parameters import Params
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind


class LastLayerObjective(StrEnum):
    """What meta-training maximises."""

    PREDICTIVE = "predictive"
    """The query's density given the support (ALPaCA)."""
    MARGINAL = "marginal"
    """The joint density of support and query under the prior (ABLR)."""


@dataclass(frozen=True)
class BayesianLastLayer(Learner):
    """``y = w' (features(x), 1) + noise`` with a learned Gaussian prior over ``w`` and learned features.

    Harrison, Sharma and Pavone: Meta-Learning Priors for Efficient Online Bayesian Regression. WAFR 2018 (ALPaCA);
    Perrone, Jenatton, Seeger and Archambeau: Scalable Hyperparameter Transfer Learning. NeurIPS 2018 (ABLR). The
    prior's precision is ``L L'`` with a learned lower triangle.

    The linear algebra is in float64 whatever the network's type. Where tasks have little noise the condition of the
    posterior precision passes 1e6: in float32 rounding would be most of the error, and no noise accounts for that.

    Attributes:
        objective: What meta-training maximises.
    """

    name: ClassVar[str] = SurrogateKind.BAYESIAN_LAST_LAYER.value
    objective: LastLayerObjective = LastLayerObjective.PREDICTIVE

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If the network's targets aren't numbers with one noise.
        """
        require_regression(self.network.spec.likelihood)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The network without its head, the prior and the noise."""
        network = self.network.initial(generator, dtype=dtype)
        meta = {name: value for name, value in network.items() if not name.startswith("head.")}
        size = self.network.n_features + 1
        meta["prior_mean"] = torch.zeros(size, self.network.spec.n_outputs, dtype=dtype)
        meta["prior_factor"] = torch.zeros(size, size, dtype=dtype)  # strictly below the diagonal
        # the diagonal's logarithm: outputs of about unit variance
        meta["prior_log_diagonal"] = torch.full((size,), 0.25 * math.log(size), dtype=dtype)
        meta["log_noise"] = torch.full((), -1.0, dtype=dtype)
        return meta

    def adapt(self, meta: Params, support: Examples, embedding: Tensor, *, steps: int | None = None) -> Params:
        """The last layer's posterior: ``mean``, and the Cholesky ``factor`` of its precision; see `Learner.adapt`."""
        del embedding, steps  # closed form
        return self._posterior(meta, self._basis(meta, support.inputs), support)

    def predict(self, meta: Params, adapted: Params, inputs: Tensor) -> Prediction:
        """The posterior predictive distribution: see `Learner.predict`."""
        basis = self._basis(meta, inputs)
        half = torch.linalg.solve_triangular(adapted["factor"], basis.mT, upper=False)  # (size, n)
        variance = ((half**2).sum(0) + _precise(torch.exp(2 * meta["log_noise"]))).to(inputs.dtype)
        mean = (basis @ adapted["mean"]).to(inputs.dtype)
        return Prediction(mean, variance[:, None].expand_as(mean))

    def episode_loss(self, meta: Params, episode: Episode, noise: Tensor, steps: int) -> Tensor:
        """Negative log-density per row: see `Learner.episode_loss`."""
        del noise, steps  # closed form
        if self.objective is LastLayerObjective.MARGINAL:
            return self._marginal(meta, episode.support.concatenated(episode.query))
        posterior = self._posterior(meta, self._basis(meta, episode.support.inputs), episode.support)
        prediction = self.predict(meta, posterior, episode.query.inputs)
        each = gaussian_loss(prediction.mean, prediction.variance, episode.query.targets).mean(-1)
        return weighted_mean(each, episode.query.weights)

    def _basis(self, meta: Params, inputs: Tensor) -> Tensor:
        """Features and a constant, shape ``(n, n_features + 1)``."""
        features = _precise(self.network.features(meta, inputs))
        return torch.cat([features, torch.ones_like(features[:, :1])], dim=-1)

    def _prior(self, meta: Params) -> Tensor:
        """The prior precision's Cholesky factor, shape ``(size, size)``."""
        below = torch.tril(_precise(meta["prior_factor"]), -1)
        return below + torch.diag_embed(torch.exp(_precise(meta["prior_log_diagonal"])))

    def _posterior(self, meta: Params, basis: Tensor, rows: Examples) -> Params:
        prior_factor = self._prior(meta)
        prior = prior_factor @ prior_factor.mT
        weighted = basis.mT * (_precise(rows.weights) * torch.exp(-2 * _precise(meta["log_noise"])))
        factor = stable_cholesky(prior + weighted @ basis)
        right = prior @ _precise(meta["prior_mean"]) + weighted @ _precise(rows.targets)
        return {"mean": torch.cholesky_solve(right, factor), "factor": factor}

    def _marginal(self, meta: Params, rows: Examples) -> Tensor:
        """``-log p(y)`` per row and output, without ``log(2 pi) / 2``.

        With ``r = y - basis m0`` and the posterior precision ``A``: ``r'r / s^2 - b' A^-1 b`` and
        ``log|A| - log|A0| + n log s^2``, ``b = basis' r / s^2``.
        """
        basis = self._basis(meta, rows.inputs)
        factor = self._posterior(meta, basis, rows)["factor"]
        residual = _precise(rows.targets) - basis @ _precise(meta["prior_mean"])
        precision = torch.exp(-2 * _precise(meta["log_noise"]))
        half = torch.linalg.solve_triangular(factor, (basis.mT * (rows.weights * precision)) @ residual, upper=False)
        square = precision * (rows.weights[:, None] * residual**2).sum() - (half**2).sum()
        n, n_outputs = rows.weights.sum(), residual.shape[-1]
        logdet = 2 * torch.log(torch.diagonal(factor, dim1=-2, dim2=-1)).sum() - 2 * meta["prior_log_diagonal"].sum()
        loss: Tensor = 0.5 * (square / n_outputs + logdet + 2 * n * meta["log_noise"]) / n.clamp_min(1.0)
        return loss.to(rows.targets.dtype)


def _precise(values: Tensor) -> Tensor:
    return values.to(torch.float64)


def require_regression(likelihood: Likelihood) -> None:
    """Closed forms model numbers with one noise.

    Raises:
        InvalidInputError: If the likelihood is another.
    """
    if likelihood is not Likelihood.SQUARED_ERROR:
        raise InvalidInputError(
            "a closed form needs squared errors",
            field="likelihood",
            value=str(likelihood),
            limit=str(Likelihood.SQUARED_ERROR),
        )
