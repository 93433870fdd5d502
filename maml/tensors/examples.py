"""Support and query sets as frozen values of tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from warmtune.vocabulary.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows with targets; leading dimensions, where there are any, are tasks.

    Attributes:
        inputs: Shape ``(..., n, *input_shape)``.
        targets: Shape ``(..., n, n_outputs)``, floats; or ``(..., n)``, class numbers, for classification.
        weights: Shape ``(..., n)``, not negative; 0 pads: the row counts nowhere.
    """

    inputs: Tensor
    targets: Tensor
    weights: Tensor

    @classmethod
    def of(cls, inputs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Self:
        """Check and build the rows of one task, or of several that have equally many rows.

        Raises:
            InvalidInputError: On shapes that don't agree, values that aren't finite, or a negative weight.
        """
        rows = targets.shape if targets.dtype == torch.long else targets.shape[:-1]
        if inputs.shape[: len(rows)] != rows or inputs.ndim <= len(rows):
            raise InvalidInputError(
                f"inputs {tuple(inputs.shape)} and targets {tuple(targets.shape)} don't have the same rows",
                field="targets",
                value=tuple(targets.shape),
            )
        weights = torch.ones(rows, dtype=inputs.dtype, device=inputs.device) if weights is None else weights
        if weights.shape != rows:
            raise InvalidInputError(
                "every row needs one weight", field="weights", value=tuple(weights.shape), limit=tuple(rows)
            )
        for field, values in (("inputs", inputs), ("targets", targets), ("weights", weights)):
            if not torch.isfinite(values).all():
                raise InvalidInputError(f"{field} must be finite", field=field)
        if (weights < 0).any():
            raise InvalidInputError("a weight is negative", field="weights", value=float(weights.min()), limit=0)
        return cls(inputs, targets, weights)

    def map(self, function: Callable[[Tensor], Tensor]) -> "Examples":
        """The same rows with a function applied to each tensor."""
        return Examples(function(self.inputs), function(self.targets), function(self.weights))

    def concatenated(self, other: "Examples") -> "Examples":
        """The rows of both, of the same one task."""
        return Examples(
            torch.cat([self.inputs, other.inputs]),
            torch.cat([self.targets, other.targets]),
            torch.cat([self.weights, other.weights]),
        )


@dataclass(frozen=True, slots=True)
class Episode:
    """What is known of a task, what is asked of it, and its embedding; or a batch of such.

    Attributes:
        support: The rows to adapt on.
        query: The rows that judge the adaptation.
        embedding: Shape ``(..., n_embedding)``; ``n_embedding`` may be 0 where nothing describes the task.
    """

    support: Examples
    query: Examples
    embedding: Tensor

    @classmethod
    def of(cls, support: Examples, query: Examples, embedding: Tensor | None = None) -> Self:
        """An episode without an embedding gets one of width 0."""
        if embedding is None:
            embedding = support.weights.new_zeros((*support.weights.shape[:-1], 0))
        return cls(support, query, embedding)

    @property
    def n_tasks(self) -> int:
        """Size of the leading dimension of a batch."""
        return self.support.weights.shape[0]

    def with_described_rows(self) -> "Episode":
        """Every row of a task gets the task's embedding as further columns; table inputs only."""
        return Episode(
            append_columns(self.support, self.embedding), append_columns(self.query, self.embedding), self.embedding
        )

    def pack(self) -> tuple[Tensor, ...]:
        """The seven tensors, in the order that `unpack` takes: what `torch.func.vmap` maps over."""
        s, q = self.support, self.query
        return (s.inputs, s.targets, s.weights, q.inputs, q.targets, q.weights, self.embedding)

    @classmethod
    def unpack(cls, tensors: tuple[Tensor, ...]) -> Self:
        """Inverse of `pack`."""
        return cls(Examples(*tensors[:3]), Examples(*tensors[3:6]), tensors[6])

    def all_rows(self) -> Examples:
        """Support and query rows together, task by task, of a batch."""
        s, q = self.support, self.query
        return Examples(
            torch.cat([s.inputs, q.inputs], dim=1),
            torch.cat([s.targets, q.targets], dim=1),
            torch.cat([s.weights, q.weights], dim=1),
        )

    def map(self, function: Callable[[Tensor], Tensor]) -> "Episode":
        """The same episode with a function applied to each tensor."""
        return Episode(self.support.map(function), self.query.map(function), function(self.embedding))

    def task(self, index: int) -> "Episode":
        """One task of a batch."""
        return self.map(lambda t: t[index])

    def to(self, device: torch.device, dtype: torch.dtype) -> "Episode":
        """Move, and convert floats; class numbers stay."""
        return self.map(lambda t: t.to(device, dtype if t.is_floating_point() else t.dtype))


def append_columns(rows: Examples, described: Tensor) -> Examples:
    """Rows ``(..., n, n_columns)`` with the task's ``(..., n_embedding)`` repeated behind each."""
    repeated = described.unsqueeze(-2).expand(*rows.inputs.shape[:-1], described.shape[-1])
    return Examples(torch.cat([rows.inputs, repeated], dim=-1), rows.targets, rows.weights)
