"""Training tasks of equal widths together, so that batches of them are tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from maml.task_models.episodes import FeaturedEpisode
from maml.tensors.examples import Episode, Examples
from warmtune.vocabulary.errors import InvalidInputError

WIDTHS: Final = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class EpisodePool:
    """Training tasks, grouped by how many targets they are padded to.

    Attributes:
        groups: Each a batch of all its tasks.
        is_classes: Whether targets are class numbers.
    """

    groups: tuple[Episode, ...]
    is_classes: bool

    @classmethod
    def of(
        cls, episodes: Sequence[FeaturedEpisode], *, is_classes: bool, widths: Sequence[int] = WIDTHS
    ) -> "EpisodePool":
        """Stack tasks of one kind.

        Args:
            episodes: The tasks.
            is_classes: Whether targets are class numbers.
            widths: Numbers of targets to pad to; one alone makes one group, so that a sample holds tasks of all sizes.

        Raises:
            InvalidInputError: If there are none.
        """
        if not episodes:
            raise InvalidInputError("there is no task to learn from", field="episodes", value=0, limit=1)
        groups = []
        narrowest = 0
        for widest in widths:
            chosen = [e for e in episodes if narrowest < e.support.shape[1] <= widest]
            narrowest = widest
            if chosen:
                groups.append(_stacked(chosen, widest, is_classes))
        return cls(tuple(groups), is_classes)

    @property
    def n_tasks(self) -> int:
        """Tasks in all groups."""
        return sum(group.n_tasks for group in self.groups)

    def sample(self, n_tasks: int, generator: torch.Generator) -> Episode:
        """A batch of one group, which is drawn by its size; tasks may repeat."""
        sizes = torch.tensor([group.n_tasks for group in self.groups], dtype=torch.float64)
        group = self.groups[int(torch.multinomial(sizes, 1, generator=generator).item())]
        picks = torch.randint(group.n_tasks, (n_tasks,), generator=generator)
        return group.map(lambda tensor: tensor[picks])


def _stacked(episodes: Sequence[FeaturedEpisode], width: int, is_classes: bool) -> Episode:
    def features(name: str) -> Tensor:
        arrays = [getattr(e, name) for e in episodes]
        padded = [np.pad(a, ((0, 0), (0, width - a.shape[1]), (0, 0))) for a in arrays]
        return torch.from_numpy(np.stack(padded))

    def targets(name: str) -> Tensor:
        values = torch.from_numpy(np.stack([getattr(e, name) for e in episodes]))
        return values.long() if is_classes else values.float()[..., None]

    def weights(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(e, name) for e in episodes])).float()

    support, query = (
        Examples(features(part), targets(f"{part}_targets"), weights(f"{part}_weights"))
        for part in ("support", "query")
    )
    return Episode.of(support, query)
