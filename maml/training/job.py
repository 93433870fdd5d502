"""Meta-training as a job: held-out tasks end it, checkpoints resume it exactly, progress is reported."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from maml.algorithms.learner import Learner, check_range
from maml.tensors.examples import Episode
from maml.tensors.likelihood import Likelihood, gaussian_loss, weighted_mean
from maml.tensors.parameters import Params
from maml.training.outer_loop import LearnerState, OuterSettings, initial_state, meta_step
from warmtune.vocabulary.work import check_wanted

Sampler = Callable[[torch.Generator], Episode]
"""Draws a batch of tasks; all its randomness comes from the generator."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How long, and when to stop.

    Attributes:
        n_steps: Meta-steps at most.
        check_every: Meta-steps between looks at the held-out tasks; also between checkpoints.
        patience: Looks without a better one after which training ends.
        seed: Of initial parameters, batches and noise.
        outer: Of the outer optimiser.
    """

    n_steps: int = 2_000
    check_every: int = 100
    patience: int = 6
    seed: int = 0
    outer: OuterSettings = field(default_factory=OuterSettings)

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If one is out of range.
        """
        check_range("n_steps", self.n_steps, low=1, high=10_000_000, whole=True)
        check_range("check_every", self.check_every, low=1, whole=True)
        check_range("patience", self.patience, low=1, whole=True)
        check_range("seed", self.seed, low=0, high=2**32 - 1, whole=True)


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Where a training stands; all that resuming needs.

    Attributes:
        current: The learner's state.
        best: Meta-parameters of the best look so far.
        best_loss: Their loss on the held-out tasks; infinite before the first look.
        n_stale: Looks since then.
    """

    current: LearnerState
    best: Params
    best_loss: float
    n_stale: int

    def is_finished(self, settings: TrainingSettings) -> bool:
        """Whether there is nothing left to do."""
        return self.current.n_steps >= settings.n_steps or self.n_stale >= settings.patience


def start_training(
    learner: Learner, settings: TrainingSettings, *, device: torch.device | str = "cpu"
) -> TrainingState:
    """The state before the first step."""
    state = initial_state(learner, seed=settings.seed, device=device)
    return TrainingState(state, state.meta, math.inf, 0)


def train(
    learner: Learner,
    begun: TrainingState,
    settings: TrainingSettings,
    *,
    sample: Sampler,
    held_out: Episode,
    on_check: Callable[[TrainingState], None],
) -> TrainingState:
    """Train until the steps or the patience end.

    Every step's randomness is that of (seed, step number): a training that resumes from a checkpoint gives what the
    uninterrupted one gives, to the bit.

    Args:
        learner: The algorithm.
        begun: Of `start_training`, or a checkpoint.
        settings: The same ones at every resumption.
        sample: Draws batches of training tasks on the state's device.
        held_out: Tasks that are never trained on.
        on_check: Called after every evaluation: keep a checkpoint, show progress, or raise to cancel.
    """

    def step(current: LearnerState, draws: torch.Generator) -> LearnerState:
        return meta_step(learner, current, sample(draws), generator=draws, settings=settings.outer)[0]

    def judge(meta: Params) -> float:
        return held_out_loss(learner, meta, held_out)

    return train_by(begun, settings, step=step, judge=judge, on_check=on_check)


def train_by(
    begun: TrainingState,
    settings: TrainingSettings,
    *,
    step: Callable[[LearnerState, torch.Generator], LearnerState],
    judge: Callable[[Params], float],
    on_check: Callable[[TrainingState], None],
) -> TrainingState:
    """`train` for whatever is learned in steps.

    Args:
        begun: Checkpoint to resume from, if any.
        settings: The same ones at every resumption.
        step: One meta-step; all its randomness comes from the generator, which is that of (seed, step number).
        judge: The loss on held-out tasks, lower is better.
        on_check: As for `train`.
    """
    state = begun
    while not state.is_finished(settings):
        current = state.current
        for _ in range(min(settings.check_every, settings.n_steps - current.n_steps)):
            check_wanted()
            draws = torch.Generator().manual_seed(settings.seed * 1_000_003 + current.n_steps)
            current = step(current, draws)
        loss = judge(current.meta)
        if loss < state.best_loss:
            state = TrainingState(current, current.meta, loss, 0)
        else:
            state = replace(state, current=current, n_stale=state.n_stale + 1)
        on_check(state)
    return state


def held_out_loss(learner: Learner, meta: Params, batch: Episode) -> float:
    """Mean negative log-density of the tasks' query rows after adaptation; NaN counts as infinite.

    Without modelled noise, half the mean squared error; of classes, the negative log-probability.
    """
    adapted = learner.adapt_tasks(meta, batch.support, batch.embedding)
    prediction = learner.predict_tasks(meta, adapted, batch.query.inputs)
    if learner.network.spec.likelihood is Likelihood.CLASSES:
        chosen = prediction.mean.gather(-1, batch.query.targets[..., None])[..., 0]
        each = -torch.log(chosen.clamp_min(1e-6))
    else:
        variance = torch.where(prediction.variance > 0, prediction.variance, 1.0)
        each = gaussian_loss(prediction.mean, variance, batch.query.targets).mean(-1)
    loss = float(weighted_mean(each, batch.query.weights).mean())
    return loss if math.isfinite(loss) else math.inf
