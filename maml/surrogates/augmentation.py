"""More tasks from the tasks at hand: changed labels, warped inputs, smaller supports."""

from dataclasses import dataclass

import torch
from torch import Tensor

from maml.algorithms.learner import check_range
from maml.tensors.examples import Episode, Examples


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far tasks are changed; 0 everywhere changes nothing.

    Attributes:
        label_shift: Standard deviation of a number added to all of a task's targets.
        label_log_scale: Standard deviation of the logarithm of a factor of all of a task's targets.
        input_warp: Standard deviation of the logarithm of each column's exponent: ``x ** exponent`` keeps 0 and 1.
        drop_embedding: Share of tasks whose embedding is replaced by zeros: "nothing known".
    """

    label_shift: float = 0.0
    label_log_scale: float = 0.0
    input_warp: float = 0.0
    drop_embedding: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InvalidInputError: If one is out of range.
        """
        for field in ("label_shift", "label_log_scale", "input_warp"):
            check_range(field, getattr(self, field), low=0.0, high=10.0)
        check_range("drop_embedding", self.drop_embedding, low=0.0, high=1.0)

    def apply(self, batch: Episode, generator: torch.Generator, *, n_warped: int = 0) -> Episode:
        """Change each task of a batch differently, its support and query in the same way.

        Args:
            batch: Float targets; tensors with a leading dimension of tasks, on the CPU.
            generator: On the CPU.
            n_warped: The first so many input columns lie in ``[0, 1]`` and are warped.
        """
        inputs = batch.support.inputs
        n_tasks = batch.n_tasks

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64).to(inputs)

        shift = self.label_shift * normal(n_tasks, 1, 1)
        scale = torch.exp(self.label_log_scale * normal(n_tasks, 1, 1))
        exponent = torch.exp(self.input_warp * normal(n_tasks, 1, n_warped))

        def changed(rows: Examples) -> Examples:
            warped = rows.inputs[..., :n_warped].clamp(0.0, 1.0) ** exponent
            x = torch.cat([warped, rows.inputs[..., n_warped:]], dim=-1)
            return Examples(x, shift + scale * rows.targets, rows.weights)

        kept = torch.rand(n_tasks, 1, generator=generator, dtype=torch.float64) >= self.drop_embedding
        return Episode(changed(batch.support), changed(batch.query), batch.embedding * kept.to(inputs))


def split_rows(rows: Examples, generator: torch.Generator, *, max_support: int) -> Episode:
    """Make of each task's rows a support of random size and a query of the rest.

    Both keep all rows in place; weights say which count. The sizes are uniform from 0 to ``max_support``, and at most
    the task's rows less one.

    Args:
        rows: Shape ``(n_tasks, n, ...)``; rows of weight 0 pad.
        generator: On the CPU.
        max_support: At least 0.
    """
    n_tasks, n = rows.weights.shape
    available = (rows.weights > 0).sum(1).cpu()
    largest = (available - 1).clamp(0, max_support)
    size = (torch.rand(n_tasks, generator=generator, dtype=torch.float64) * (largest + 1)).long()
    keys = torch.rand(n_tasks, n, generator=generator, dtype=torch.float64)
    keys = torch.where(rows.weights.cpu() > 0, keys, 2.0)  # padding is ranked last
    rank = keys.argsort(1).argsort(1)
    chosen = (rank < size[:, None]).to(rows.weights)
    return Episode.of(
        Examples(rows.inputs, rows.targets, rows.weights * chosen),
        Examples(rows.inputs, rows.targets, rows.weights * (1 - chosen)),
    )
