"""Where a meta-training stands, as bytes."""

import math
from dataclasses import dataclass

import torch

from maml.algorithms.learner import Learner
from maml.training.job import TrainingState
from maml.training.state_files import state_from_bytes, state_to_bytes
from warmtune.vocabulary.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """What a job reports after every evaluation on the held-out tasks.

    Attributes:
        n_steps: Meta-steps taken.
        n_steps_max: Meta-steps at most; patience may end the training earlier.
        best_loss: On the held-out tasks, lower is better; infinite where none was finite yet.
        checkpoint: From which the training resumes exactly.
    """

    n_steps: int
    n_steps_max: int
    best_loss: float
    checkpoint: bytes


def checkpoint_to_bytes(learner: Learner, state: TrainingState) -> bytes:
    """One safetensors file."""
    loss = state.best_loss if math.isfinite(state.best_loss) else None  # JSON has no infinity
    facts: dict[str, object] = {"best_loss": loss, "n_stale": state.n_stale}
    return state_to_bytes(learner, state.current, facts, best=state.best)


def checkpoint_from_bytes(content: bytes, learner: Learner, *, device: torch.device | str = "cpu") -> TrainingState:
    """Inverse of `checkpoint_to_bytes`.

    Raises:
        InvalidInputError: If the bytes are no checkpoint, or another learner's.
    """
    stored = state_from_bytes(content, device=device)
    if stored.learner != learner:
        raise InvalidInputError("the checkpoint is another learner's", field="checkpoint", value=stored.learner.name)
    if not {"best_loss", "n_stale"} <= stored.facts.keys():
        raise InvalidInputError("the state isn't a checkpoint", field="checkpoint", value=sorted(stored.facts))
    loss = stored.facts["best_loss"]
    return TrainingState(
        stored.state, stored.best, math.inf if loss is None else float(str(loss)), int(str(stored.facts["n_stale"]))
    )
