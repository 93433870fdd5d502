"""Training of the set encoder: two views of one dataset near each other, those of different datasets apart.

A view is a random part of a dataset: of its rows, its columns and its classes, numbers mirrored and stretched.
Imports torch: import this module only where an encoder is trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from metafeatures.kernels.columns import FloatArray
from metafeatures.set_cells import N_CELL_CHANNELS, N_TARGET_CHANNELS, SetCells
from metafeatures.set_encoder import LENGTH_FLOOR, VARIANCE_FLOOR, SetEncoder
from warmtune.vocabulary.errors import InvalidInputError

MIN_TASKS = 4


@dataclass(frozen=True, slots=True)
class SetEncoderOptions:
    """How an encoder is trained.

    Attributes:
        n_coordinates: Length of the embedding.
        n_hidden: Width of all hidden layers.
        n_steps: Gradient steps; each sees two views of every dataset.
        n_rows: Rows of a view, drawn with replacement.
        n_columns: Columns of a view, drawn with replacement.
        n_targets: Classes of a view, drawn with replacement.
        learning_rate: Of AdamW, falling to 0 along a cosine.
        temperature: Of the contrastive loss: smaller counts near negatives more.
        outcome_weight: Of the error in predicting outcomes beside the contrastive loss, where outcomes are given.
    """

    n_coordinates: int = 16
    n_hidden: int = 32
    n_steps: int = 200
    n_rows: int = 32
    n_columns: int = 8
    n_targets: int = 2
    learning_rate: float = 1e-2
    temperature: float = 0.2
    outcome_weight: float = 1.0


def train_set_encoder(
    tasks: Sequence[SetCells],
    *,
    outcomes: FloatArray | None = None,
    options: SetEncoderOptions | None = None,
    seed: int = 0,
) -> SetEncoder:
    """Train an encoder on the cells of tasks, without labels or with what is known of their outcomes.

    The loss is the contrastive one of Chen et al. (2020, SimCLR), all other datasets of the step being negatives,
    plus, where `outcomes` are given, the squared error of a linear prediction of them from the embedding.

    Args:
        tasks: At least 4.
        outcomes: Shape ``(n_tasks, n_outcomes)``, say coordinates of performance maps, at unit scale; NaN where
            unknown.
        options: How; see there.
        seed: Equal seeds and tasks give equal encoders on one machine.

    Raises:
        InvalidInputError: On fewer tasks, or outcomes whose rows aren't the tasks.
    """
    if len(tasks) < MIN_TASKS:
        raise InvalidInputError(
            "an encoder needs more tasks", field="tasks", value=len(tasks), limit=f"at least {MIN_TASKS}"
        )
    if outcomes is not None and (outcomes.ndim != 2 or len(outcomes) != len(tasks)):
        raise InvalidInputError(
            "one row of outcomes a task", field="outcomes", value=outcomes.shape, limit=f"({len(tasks)}, n_outcomes)"
        )
    how = options or SetEncoderOptions()
    generator = torch.Generator().manual_seed(seed)
    network = SetNetwork(how, generator)
    views = _Views(tasks, how, generator)
    head = torch.zeros((how.n_coordinates, 0 if outcomes is None else outcomes.shape[1]), requires_grad=True)
    known = torch.as_tensor(np.zeros((len(tasks), 0)) if outcomes is None else outcomes, dtype=torch.float32)
    optimiser = torch.optim.AdamW([*network.parameters(), head], lr=how.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, how.n_steps)
    for _ in range(how.n_steps):
        embedded = network(*views.draw())
        loss = _contrast(embedded, how.temperature) + how.outcome_weight * _error(embedded @ head, known)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch has no types here
        optimiser.step()
        schedule.step()
    return network.served()


class SetNetwork(nn.Module):
    """The encoder with gradients; `served` is the same in numpy."""

    def __init__(self, how: SetEncoderOptions, generator: torch.Generator) -> None:
        super().__init__()
        h = how.n_hidden

        def weights(n_in: int, n_out: int, fan_in: int) -> nn.Parameter:
            return nn.Parameter(torch.randn((n_in, n_out), generator=generator) * (2.0 / fan_in) ** 0.5)

        both = N_CELL_CHANNELS + N_TARGET_CHANNELS
        self.cell_weights = weights(N_CELL_CHANNELS, h, both)
        self.target_weights = weights(N_TARGET_CHANNELS, h, both)
        self.row_bias = nn.Parameter(torch.zeros(h))
        self.row_weights = weights(h, h, h)
        self.pair_weights = weights(h, h, h)
        self.pair_bias = nn.Parameter(torch.zeros(h))
        self.set_weights = weights(2 * h, h, 2 * h)
        self.set_bias = nn.Parameter(torch.zeros(h))
        self.output_weights = weights(h, how.n_coordinates, h)

    def forward(self, columns: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cells ``(B, n, p, 4)`` and ``(B, n, c, 3)`` to embeddings ``(B, E)`` of length 1."""
        of_column = (columns @ self.cell_weights + self.row_bias)[:, :, :, None]
        of_target = (targets @ self.target_weights)[:, :, None, :]
        hidden = torch.relu(torch.relu(of_column + of_target) @ self.row_weights).mean(dim=1)  # (B, p, c, h)
        pooled = torch.relu(hidden.flatten(1, 2) @ self.pair_weights + self.pair_bias)
        deviation = torch.sqrt(pooled.var(dim=1, unbiased=False) + VARIANCE_FLOOR)
        both = torch.cat([pooled.mean(dim=1), deviation], dim=1)
        embedded = torch.relu(both @ self.set_weights + self.set_bias) @ self.output_weights
        return nn.functional.normalize(embedded, dim=1, eps=LENGTH_FLOOR)

    def served(self) -> SetEncoder:
        """The weights as they are now."""
        return SetEncoder.from_arrays(
            {name: weights.detach().numpy().astype(np.float64) for name, weights in self.named_parameters()}
        )


class _Views:
    """Random parts of all tasks at once; holds the generator's state, so not for sharing."""

    def __init__(self, tasks: Sequence[SetCells], how: SetEncoderOptions, generator: torch.Generator) -> None:
        self._how, self._generator = how, generator
        self._sizes = torch.tensor([(*t.columns.shape[:2], t.targets.shape[1]) for t in tasks] * 2)
        n, p, c = (int(size) for size in self._sizes.max(dim=0).values)
        self._columns = torch.zeros((len(tasks), n, p, N_CELL_CHANNELS))
        self._targets = torch.zeros((len(tasks), n, c, N_TARGET_CHANNELS))
        for row, task in enumerate(tasks):
            n, p, c = *task.columns.shape[:2], task.targets.shape[1]
            self._columns[row, :n, :p] = torch.from_numpy(task.columns)
            self._targets[row, :n, :c] = torch.from_numpy(task.targets)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Two views of every task, the second ones after all first ones."""
        n_tasks = len(self._columns)
        task = torch.arange(n_tasks).repeat(2)[:, None, None]
        rows = self._places(0, self._how.n_rows)[:, :, None]
        columns = self._columns[task, rows, self._places(1, self._how.n_columns)[:, None, :]]
        targets = self._targets[task, rows, self._places(2, self._how.n_targets)[:, None, :]]
        return self._changed(columns), self._changed(targets)

    def _places(self, axis: int, count: int) -> torch.Tensor:
        share = torch.rand((len(self._sizes), count), generator=self._generator)
        return (share * self._sizes[:, axis, None]).long()

    def _changed(self, cells: torch.Tensor) -> torch.Tensor:
        """Numbers mirrored at random, their scaled values stretched; indicators as they are."""
        shape = (len(cells), 1, cells.shape[2])
        number = cells[:, :1, :, -1] == 0.0
        sign = torch.where(torch.rand(shape, generator=self._generator) < 0.5, -1.0, 1.0)
        stretch = torch.exp(0.2 * torch.randn(shape, generator=self._generator))
        sign, stretch = torch.where(number, sign, 1.0), torch.where(number, stretch, 1.0)
        return torch.cat([torch.stack([cells[..., 0] * sign, cells[..., 1] * sign * stretch], -1), cells[..., 2:]], -1)


def _contrast(embedded: torch.Tensor, temperature: float) -> torch.Tensor:
    """Cross-entropy of finding each view's other one among all, shape ``(2 T, E)`` in."""
    n_tasks = len(embedded) // 2
    likeness = embedded @ embedded.T / temperature
    likeness = likeness.masked_fill(torch.eye(2 * n_tasks, dtype=torch.bool), -torch.inf)
    return nn.functional.cross_entropy(likeness, (torch.arange(2 * n_tasks) + n_tasks) % (2 * n_tasks))


def _error(predicted: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Mean squared error where something is known, of both views."""
    if known.numel() == 0:
        return torch.zeros(())
    twice = known.repeat(2, 1)
    there = ~torch.isnan(twice)
    return (torch.where(there, predicted - torch.nan_to_num(twice), 0.0) ** 2).sum() / there.sum().clamp(min=1)
