"""MetaBO: an acquisition function learned by policy gradient on past tasks."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from torch import Tensor
from torch.func import grad_and_value

from maml.algorithms.learner import check_range
from maml.networks.recipes import Network
from maml.tensors.parameters import Params
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import LEARNED_ACQUISITION

_N_FACTS: Final = 4
"""Facts about a candidate beside its coordinates: mean over the best so far, deviation, best so far, time left."""


@dataclass(frozen=True, slots=True)
class AcquisitionTables:
    """Tasks whose candidates are all known, with a Gaussian belief over each before the first trial.

    Attributes:
        points: Shape ``(n_tasks, n_candidates, n_columns)``.
        truth: Shape ``(n_tasks, n_candidates)``: normalised scores, larger is better.
        mean: Same shape: the belief's mean.
        covariance: Shape ``(n_tasks, n_candidates, n_candidates)``.
    """

    points: Tensor
    truth: Tensor
    mean: Tensor
    covariance: Tensor

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            InvalidInputError: If they don't agree.
        """
        n_tasks, n = self.truth.shape
        wanted = ((n_tasks, n), (n_tasks, n), (n_tasks, n, n))
        if (self.points.shape[:2], self.mean.shape, self.covariance.shape) != wanted:
            raise InvalidInputError("the tables' shapes don't agree", field="truth", value=tuple(self.truth.shape))

    def repeated(self, times: int) -> "AcquisitionTables":
        """Each task that often, in turn."""
        return AcquisitionTables(
            *(t.repeat_interleave(times, 0) for t in (self.points, self.truth, self.mean, self.covariance))
        )


@dataclass(frozen=True, slots=True)
class Belief:
    """A Gaussian over the candidates of each task, and what has been seen.

    Trials leave rank-one changes of the covariance. They are kept apart from it, so that a trial costs as many
    operations as there are candidates and earlier trials, not the candidates' square.

    Attributes:
        mean: Shape ``(n_tasks, n_candidates)``.
        variance: Same shape.
        prior: Shape ``(n_tasks, n_candidates, n_candidates)``: the covariance before the first trial.
        gains: Shape ``(n_tasks, n_trials, n_candidates)``.
        crosses: Same shape; the covariance is the prior one less the sum of gains times crosses.
        best: Shape ``(n_tasks,)``: best score so far; the lowest belief before the first trial.
        tried: Shape ``(n_tasks, n_candidates)``.
    """

    mean: Tensor
    variance: Tensor
    prior: Tensor
    gains: Tensor
    crosses: Tensor
    best: Tensor
    tried: Tensor

    @classmethod
    def of(cls, mean: Tensor, covariance: Tensor, *, best: Tensor, tried: Tensor) -> "Belief":
        """A belief of this mean and covariance."""
        nothing = mean.new_zeros(mean.shape[0], 0, mean.shape[1])
        variance = torch.diagonal(covariance, dim1=1, dim2=2)
        return cls(mean, variance, covariance, nothing, nothing, best, tried)

    @classmethod
    def before(cls, tables: AcquisitionTables) -> "Belief":
        """Before the first trial."""
        tried = torch.zeros_like(tables.truth, dtype=torch.bool)
        return cls.of(tables.mean, tables.covariance, best=tables.mean.amin(1), tried=tried)

    @property
    def covariance(self) -> Tensor:
        """Shape ``(n_tasks, n_candidates, n_candidates)``."""
        return self.prior - self.gains.mT @ self.crosses

    def after(self, chosen: Tensor, score: Tensor, noise: float) -> "Belief":
        """Conditioned on one more trial of each task: ``chosen`` and ``score`` have shape ``(n_tasks,)``."""
        rows = torch.arange(len(chosen), device=chosen.device)
        cross = self.prior[rows, chosen] - (self.gains[rows, :, chosen][:, None] @ self.crosses)[:, 0]
        gain = cross / (cross[rows, chosen] + noise)[:, None]
        first = ~self.tried.any(1)
        tried = self.tried.clone()
        tried[rows, chosen] = True
        return Belief(
            self.mean + gain * (score - self.mean[rows, chosen])[:, None],
            self.variance - gain * cross,
            self.prior,
            torch.cat([self.gains, gain[:, None]], dim=1),
            torch.cat([self.crosses, cross[:, None]], dim=1),
            torch.where(first, score, torch.maximum(self.best, score)),
            tried,
        )


@dataclass(frozen=True)
class LearnedAcquisition:
    """A network scores each candidate from its belief and coordinates; the policy is the softmax of the scores.

    Volpp et al.: Meta-Learning Acquisition Functions for Transfer Learning in Bayesian Optimization. ICLR 2020. Trained
    by REINFORCE (Williams, 1992) with the mean return of the same task's other episodes as baseline, where the paper
    takes proximal policy optimisation with a learned critic.

    Attributes:
        network: Of ``n_columns + 4`` inputs and one output.
        horizon: Trials in an episode.
        n_episodes: Of each task in a meta-step, at least 2.
        discount: Of later rewards; a reward is minus the regret after the trial.
        noise: Variance of an observation.
        guide: How often the logarithm of the expected improvement is added to the network's output; the network's last
            layer then starts at 0. So training starts from what is known to work and learns where to deviate; 0 leaves
            it to the network alone, as the paper does.
    """

    name: ClassVar[str] = LEARNED_ACQUISITION
    network: Network
    horizon: int = 10
    n_episodes: int = 4
    discount: float = 0.98
    noise: float = 1e-3
    guide: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If one is out of range.
        """
        check_range("horizon", self.horizon, low=1, high=1000)
        check_range("n_episodes", self.n_episodes, low=2, high=1000, whole=True)
        check_range("discount", self.discount, low=0.0, high=1.0)
        check_range("noise", self.noise, low=1e-9)
        check_range("guide", self.guide, low=0.0, high=100.0)

    def initial(self, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Params:
        """The network's own initialisation; where it is guided, its last layer starts at 0."""
        start = self.network.initial(generator, dtype=dtype)
        if self.guide:
            start["head.weight"] = torch.zeros_like(start["head.weight"])
        return start

    def scores(self, meta: Params, points: Tensor, belief: Belief, step: int) -> Tensor:
        """Of every candidate, shape ``(n_tasks, n_candidates)``; ``-inf`` for those tried."""
        sd = belief.variance.clamp_min(1e-12).sqrt()
        best = belief.best[:, None].expand_as(sd)
        left = torch.full_like(sd, 1.0 - min(step, self.horizon - 1) / self.horizon)
        facts = torch.stack([belief.mean - best, sd, best, left], dim=-1)
        flat = torch.cat([points, facts], dim=-1).flatten(0, 1)
        values = self.network.outputs(meta, flat).reshape(sd.shape)
        if self.guide:
            values = values + self.guide * log_improvement(belief.mean - best, sd)
        return values.masked_fill(belief.tried, -torch.inf)

    def rollout(self, meta: Params, tables: AcquisitionTables, draws: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run the policy.

        Args:
            meta: The network's parameters.
            tables: The tasks.
            draws: Uniform in ``(0, 1)``, shape ``(n_tasks, horizon, n_candidates)``, for sampling; None takes the
                highest score each time.

        Returns:
            Chosen candidates and the regret after each, both of shape ``(n_tasks, horizon)``.
        """
        belief, rows = Belief.before(tables), torch.arange(len(tables.truth), device=tables.truth.device)
        top = tables.truth.amax(1)
        actions, regrets = [], []
        for step in range(self.horizon):
            values = self.scores(meta, tables.points, belief, step)
            if draws is not None:  # Gumbel's trick: the largest is a sample of the softmax
                values = values - torch.log(-torch.log(draws[:, step]))
            chosen = values.argmax(1)
            belief = belief.after(chosen, tables.truth[rows, chosen], self.noise)
            actions.append(chosen)
            regrets.append(top - belief.best)
        return torch.stack(actions, 1), torch.stack(regrets, 1)

    def meta_gradient(self, meta: Params, tables: AcquisitionTables, draws: Tensor) -> tuple[Tensor, Params]:
        """Mean final regret, and the policy gradient to step along (descending).

        Args:
            meta: The network's parameters.
            tables: The tasks.
            draws: Uniform, shape ``(n_tasks * n_episodes, horizon, n_candidates)``; the episodes of a task in turn.
        """
        many = tables.repeated(self.n_episodes)
        actions, regrets = self.rollout(meta, many, draws)
        returns = self.returns(regrets)
        grouped = returns.reshape(-1, self.n_episodes, self.horizon)
        others = (grouped.sum(1, keepdim=True) - grouped) / (self.n_episodes - 1)
        advantage = (grouped - others).reshape(returns.shape)
        gradient, _ = grad_and_value(lambda params: self.policy_loss(params, many, actions, advantage))(meta)
        return regrets[:, -1].mean(), gradient

    def returns(self, regrets: Tensor) -> Tensor:
        """Discounted sums of minus the regret from each step on, shape ``(n_tasks, horizon)``."""
        total = torch.zeros_like(regrets[:, 0])
        sums = []
        for step in reversed(range(self.horizon)):
            total = -regrets[:, step] + self.discount * total
            sums.append(total)
        return torch.stack(sums[::-1], 1)

    def policy_loss(self, meta: Params, tables: AcquisitionTables, actions: Tensor, advantage: Tensor) -> Tensor:
        """Minus the log-probabilities of the actions times their advantages, summed over steps, averaged over tasks."""
        belief, rows = Belief.before(tables), torch.arange(len(tables.truth), device=tables.truth.device)
        losses = []
        for step in range(self.horizon):
            values = self.scores(meta, tables.points, belief, step)
            chosen = actions[:, step]
            losses.append(-(values.log_softmax(1)[rows, chosen] * advantage[:, step]))
            belief = belief.after(chosen, tables.truth[rows, chosen], self.noise)
        return torch.stack(losses).sum(0).mean()


def acquisition_inputs(n_columns: int) -> int:
    """Inputs that the network of a `LearnedAcquisition` needs."""
    return n_columns + _N_FACTS


def log_improvement(gain: Tensor, sd: Tensor) -> Tensor:
    """Logarithm of the expected positive part of a Gaussian of mean ``gain``; finite however small it is, float32 too.

    Below ``z = -1`` the two terms of ``z cdf(z) + pdf(z)`` cancel; there it is ``pdf(z) (1 - |z| R(|z|))`` with Mills'
    ratio R by the scaled complementary error function. From -50 on, the bracket is ``1 / z^2``.
    """
    z = gain / sd
    near, middle, far = z.clamp_min(-1.0), -z.clamp(-50.0, -1.0), z.clamp_max(-50.0)
    exact = torch.log(near * torch.special.ndtr(near) + torch.exp(-0.5 * near**2) / math.sqrt(2 * math.pi))
    ratio = math.sqrt(0.5 * math.pi) * torch.special.erfcx(middle / math.sqrt(2.0))
    bracket = torch.where(z > -50.0, torch.log1p(-middle * ratio), -2.0 * torch.log(-far))
    log_density = -0.5 * z.clamp_max(-1.0) ** 2 - 0.5 * math.log(2 * math.pi)
    return torch.log(sd) + torch.where(z > -1.0, exact, log_density + bracket)
