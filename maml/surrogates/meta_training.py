"""Meta-training a neural surrogate on past tasks of one search space and metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch

from maml.algorithms.learner import Learner
from maml.surrogates.augmentation import Augmentation, split_rows
from maml.surrogates.learners import surrogate_learner
from maml.surrogates.score_scale import ScorePrior
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import TuningTask, stack_tasks
from maml.tensors.examples import Episode, Examples
from maml.tensors.parameters import Params
from maml.training.checkpoints import TrainingProgress, checkpoint_from_bytes, checkpoint_to_bytes
from maml.training.job import TrainingSettings, TrainingState, start_training, train
from maml.training.outer_loop import OuterSettings
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind

LEAST_TASKS: Final = 4
_LEAST_TRIALS: Final = 2
_HELD_OUT_SPLITS: Final = 4


@dataclass(frozen=True, slots=True)
class SurrogateSettings:
    """How a surrogate is meta-trained.

    Attributes:
        kind: Which algorithm.
        n_batch: Tasks in a meta-step.
        max_support: Most trials that a support holds in meta-training.
        reads_embedding: Whether every row holds the task's embedding too, so that any kind can use it before the first
            trial; conditioned learners see it in any case.
        held_out_share: Of the past tasks that stop the training early; at least one.
        augmentation: Of the tasks; shifts and scales teach it that a new task's scale is only estimated.
        training: Steps, patience and seed.
    """

    kind: SurrogateKind = SurrogateKind.BAYESIAN_LAST_LAYER
    n_batch: int = 16
    max_support: int = 15
    reads_embedding: bool = False
    held_out_share: float = 0.15
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(label_shift=0.2, label_log_scale=0.2, input_warp=0.1, drop_embedding=0.1)
    )
    training: TrainingSettings = field(
        default_factory=lambda: TrainingSettings(
            n_steps=2_000, check_every=100, patience=5, outer=OuterSettings(rate=2e-3, decay_steps=2_000)
        )
    )


def fit_surrogate(
    tasks: Sequence[TuningTask],
    settings: SurrogateSettings,
    *,
    checkpoint: bytes | None = None,
    on_check: Callable[[TrainingProgress], None] = lambda progress: None,
    device: torch.device | str = "cpu",
) -> NeuralSurrogate:
    """Meta-train a surrogate on past tasks.

    Args:
        tasks: Of one search space and metric, with equally wide cubes and embeddings; those with fewer than two finite
            scores, or only equal ones, teach nothing and are left out.
        settings: How.
        checkpoint: Of the same tasks and settings, to resume from.
        on_check: Called after every evaluation on the held-out tasks; may raise to cancel.
        device: Where to train; the surrogate itself predicts on the CPU.

    Raises:
        InvalidInputError: If fewer than four tasks can be used, or the checkpoint is of another learner.
    """
    useful = useful_tasks(tasks)
    n_columns, n_embedding = useful[0].points.cube.shape[1], len(useful[0].embedding)
    n_inputs = 2 * n_columns + (n_embedding if settings.reads_embedding else 0)
    learner = surrogate_learner(settings.kind, n_inputs=n_inputs, n_embedding=n_embedding)
    pool = _TaskPool.of(useful, settings, device)
    held_out = pool.held_out()

    def tell(state: TrainingState) -> None:
        content = checkpoint_to_bytes(learner, state)
        on_check(TrainingProgress(state.current.n_steps, settings.training.n_steps, state.best_loss, content))

    if checkpoint is None:
        begun = start_training(learner, settings.training, device=device)
    else:
        begun = checkpoint_from_bytes(checkpoint, learner, device=device)
    best = train(learner, begun, settings.training, sample=pool.sample, held_out=held_out, on_check=tell).best
    return NeuralSurrogate(
        learner,
        {name: value.detach().cpu() for name, value in best.items()},
        ScorePrior.of_tasks([task.scores for task in useful]),
        _sd_factor(learner, best, held_out),
        n_columns,
        n_embedding,
        settings.reads_embedding,
    )


def useful_tasks(tasks: Sequence[TuningTask]) -> list[TuningTask]:
    """The tasks that something can be learned from, without their failed trials.

    Raises:
        InvalidInputError: If there are fewer than four.
    """
    finished = [task.finished() for task in tasks]
    useful = [t for t in finished if len(t.scores) >= _LEAST_TRIALS and np.ptp(t.scores) > 0]
    if len(useful) < LEAST_TASKS:
        raise InvalidInputError(
            "too few past tasks with different scores", field="tasks", value=len(useful), limit=LEAST_TASKS
        )
    return useful


@dataclass(frozen=True, slots=True)
class _TaskPool:
    """All tasks' rows, apart into those to train on and those held out."""

    rows: Examples
    embeddings: torch.Tensor
    training: torch.Tensor
    left_out: torch.Tensor
    settings: SurrogateSettings

    @classmethod
    def of(cls, tasks: Sequence[TuningTask], settings: SurrogateSettings, device: torch.device | str) -> "_TaskPool":
        rows, embeddings = stack_tasks(tasks)
        order = torch.randperm(len(tasks), generator=torch.Generator().manual_seed(settings.training.seed))
        n_left_out = max(1, round(settings.held_out_share * len(tasks)))
        return cls(
            rows.map(lambda t: t.to(device)), embeddings.to(device), order[n_left_out:], order[:n_left_out], settings
        )

    def sample(self, generator: torch.Generator) -> Episode:
        """A batch of training tasks, augmented and split at random."""
        n = min(self.settings.n_batch, len(self.training))
        picks = self.training[torch.randint(len(self.training), (n,), generator=generator)]
        n_columns = self.rows.inputs.shape[-1] // 2  # coordinates come before masks
        changed = self.settings.augmentation.apply(self._split(picks, generator), generator, n_warped=n_columns)
        return self._described(changed)

    def held_out(self) -> Episode:
        """Several fixed splits of each held-out task."""
        draws = torch.Generator().manual_seed(self.settings.training.seed + 1)
        return self._described(self._split(self.left_out.repeat(_HELD_OUT_SPLITS), draws))

    def _split(self, picks: torch.Tensor, generator: torch.Generator) -> Episode:
        split = split_rows(self.rows.map(lambda t: t[picks]), generator, max_support=self.settings.max_support)
        return Episode(split.support, split.query, self.embeddings[picks])

    def _described(self, batch: Episode) -> Episode:
        return batch.with_described_rows() if self.settings.reads_embedding else batch


def _sd_factor(learner: Learner, meta: Params, held_out: Episode) -> float:
    """Root mean square of the held-out residuals in predicted deviations, within [0.5, 3]."""
    adapted = learner.adapt_tasks(meta, held_out.support, held_out.embedding)
    prediction = learner.predict_tasks(meta, adapted, held_out.query.inputs)
    squares = ((prediction.mean - held_out.query.targets) ** 2 / prediction.variance)[..., 0]
    weights = held_out.query.weights
    ratio = float((squares * weights).sum() / weights.sum())
    return float(np.clip(np.sqrt(ratio), 0.5, 3.0))
