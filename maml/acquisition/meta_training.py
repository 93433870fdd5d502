"""Training an acquisition policy on past tasks of one search space and metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import torch

from maml.acquisition.completed_tasks import CompletedTasks
from maml.acquisition.files import checkpoint_from_bytes, checkpoint_to_bytes, zeros_like
from maml.acquisition.policy import AcquisitionPolicy
from maml.algorithms.descent import clip_norm
from maml.algorithms.learned_acquisition import AcquisitionTables, LearnedAcquisition, acquisition_inputs
from maml.algorithms.learner import check_range
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.surrogates.meta_training import useful_tasks
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.tensors.parameters import Params
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings, TrainingState, train_by
from maml.training.outer_loop import LearnerState, OuterSettings, adam_step

_HIDDEN: Final = (32, 32)
_HELD_OUT_DRAWS: Final = 4


@dataclass(frozen=True, slots=True)
class AcquisitionSettings:
    """How an acquisition policy is trained.

    Attributes:
        n_candidates: Configurations that it picks from, see `CompletedTasks.of`.
        horizon: Trials in an episode.
        n_batch: Tasks in a meta-step.
        n_episodes: Of each.
        guide: See `LearnedAcquisition`.
        shift: Standard deviation of what is added to an episode's scores: a new task's scale is only estimated.
        log_scale: Standard deviation of the logarithm of the factor of an episode's scores.
        held_out_share: Of the past tasks that stop the training early; at least one.
        training: Steps, patience and seed.
    """

    n_candidates: int = 160
    horizon: int = 20
    n_batch: int = 8
    n_episodes: int = 4
    guide: float = 3.0
    shift: float = 0.2
    log_scale: float = 0.2
    held_out_share: float = 0.2
    training: TrainingSettings = field(
        default_factory=lambda: TrainingSettings(
            n_steps=300, check_every=20, patience=6, outer=OuterSettings(rate=1e-2, decay_steps=300)
        )
    )

    def __post_init__(self) -> None:
        """Check what isn't checked where it is used.

        Raises:
            InvalidInputError: If a setting is out of range.
        """
        check_range("n_batch", self.n_batch, low=1, high=1_000, whole=True)
        check_range("shift", self.shift, low=0.0, high=10.0)
        check_range("log_scale", self.log_scale, low=0.0, high=10.0)
        check_range("held_out_share", self.held_out_share, low=0.0, high=0.9)


def fit_acquisition(
    tasks: Sequence[TuningTask],
    pool: Points,
    completing: NeuralSurrogate,
    settings: AcquisitionSettings,
    *,
    larger_is_better: bool,
    checkpoint: bytes | None = None,
    on_check: Callable[[TrainingProgress], None] = lambda progress: None,
) -> AcquisitionPolicy:
    """Train a policy to find good configurations of past tasks in few trials.

    An episode is a past task, completed over the candidates, under a belief from the others: what is to be found isn't
    in it. Only the surrogate that completes the tasks has seen them all.

    Args:
        tasks: Of one search space and metric; see `useful_tasks`.
        pool: Configurations to choose the candidates from.
        completing: Predicts the tasks' other configurations.
        settings: How.
        larger_is_better: The metric's direction.
        checkpoint: Of the same tasks, pool, surrogate and settings, to resume from.
        on_check: Called after every evaluation on the held-out tasks; may raise to cancel.

    Raises:
        InvalidInputError: If fewer than four tasks can be used, the pool is too small, or the checkpoint is another's.
    """
    completed = CompletedTasks.of(
        useful_tasks(tasks),
        pool,
        completing,
        n_candidates=settings.n_candidates,
        larger_is_better=larger_is_better,
        seed=settings.training.seed,
    )
    n_inputs = acquisition_inputs(2 * pool.cube.shape[1])
    acquisition = LearnedAcquisition(
        Network(NetworkSpec(n_inputs, 1, _HIDDEN, Activation.TANH)),
        horizon=min(settings.horizon, len(completed.candidates)),
        n_episodes=settings.n_episodes,
        guide=settings.guide,
    )
    episodes = _Episodes.of(completed, settings)
    if checkpoint is None:
        begun = _begun(acquisition, episodes, settings.training.seed)
    else:
        begun = checkpoint_from_bytes(checkpoint, acquisition)

    def tell(state: TrainingState) -> None:
        content = checkpoint_to_bytes(acquisition, state)
        on_check(TrainingProgress(state.current.n_steps, settings.training.n_steps, state.best_loss, content))

    held_out, outer = episodes.held_out(), settings.training.outer

    def step(current: LearnerState, draws: torch.Generator) -> LearnerState:
        tables = episodes.sample(draws)
        n_rollouts, n = len(tables.truth) * acquisition.n_episodes, tables.truth.shape[1]
        chances = torch.rand(n_rollouts, acquisition.horizon, n, generator=draws).clamp(1e-6, 1.0 - 1e-6)
        _, gradient = acquisition.meta_gradient(current.meta, tables, chances)
        return adam_step(current, clip_norm(gradient, outer.clip), outer)

    def judge(meta: Params) -> float:
        return _loss(acquisition, meta, held_out)

    best = train_by(begun, settings.training, step=step, judge=judge, on_check=tell).best
    mean, covariance = completed.belief(torch.full((1, len(completed.mean)), 1.0 / len(completed.mean)))
    return AcquisitionPolicy(
        acquisition,
        {name: value.detach() for name, value in best.items()},
        completed.candidates,
        mean[0].double().numpy(),
        covariance[0].double().numpy(),
        completed.scale_prior,
        completed.roughness(),
        larger_is_better,
    )


@dataclass(frozen=True, slots=True)
class _Episodes:
    """The completed tasks, apart into those to train on and those held out."""

    completed: CompletedTasks
    training: torch.Tensor
    left_out: torch.Tensor
    settings: AcquisitionSettings

    @classmethod
    def of(cls, completed: CompletedTasks, settings: AcquisitionSettings) -> "_Episodes":
        n_tasks = len(completed.mean)
        order = torch.randperm(n_tasks, generator=torch.Generator().manual_seed(settings.training.seed))
        n_left_out = max(1, round(settings.held_out_share * n_tasks))
        return cls(completed, order[n_left_out:], order[:n_left_out], settings)

    def sample(self, generator: torch.Generator) -> AcquisitionTables:
        """A batch of training tasks, drawn and scaled at random."""
        n = min(self.settings.n_batch, len(self.training))
        picks = self.training[torch.randint(len(self.training), (n,), generator=generator)]
        return self._scaled(self.completed.tables(picks, self.training, generator), generator)

    def held_out(self) -> AcquisitionTables:
        """Several fixed draws of each held-out task."""
        generator = torch.Generator().manual_seed(self.settings.training.seed + 1)
        picks = self.left_out.repeat(_HELD_OUT_DRAWS)
        return self._scaled(self.completed.tables(picks, self.training, generator), generator)

    def _scaled(self, tables: AcquisitionTables, generator: torch.Generator) -> AcquisitionTables:
        shift, log_scale = torch.randn(2, len(tables.truth), 1, generator=generator)
        truth = self.settings.shift * shift + torch.exp(self.settings.log_scale * log_scale) * tables.truth
        return replace(tables, truth=truth)


def _begun(acquisition: LearnedAcquisition, episodes: _Episodes, seed: int) -> TrainingState:
    """Before the first step; the untrained policy counts as the best so far, so that training makes none worse."""
    meta = acquisition.initial(torch.Generator().manual_seed(seed))
    loss = _loss(acquisition, meta, episodes.held_out())
    return TrainingState(LearnerState(meta, zeros_like(meta), zeros_like(meta), 0), meta, loss, 0)


def _loss(acquisition: LearnedAcquisition, meta: Params, tables: AcquisitionTables) -> float:
    """Mean regret over the trials of the held-out tasks' episodes, each pick the policy's first choice."""
    with torch.no_grad():
        _, regrets = acquisition.rollout(meta, tables, None)
    return float(regrets.mean())
