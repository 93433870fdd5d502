"""Explanations: on which kinds of tasks what wins."""

from collections.abc import Mapping
from dataclasses import dataclass

from warmtune.vocabulary.metrics import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A meta-decision tree as the service has learned it; `str()` gives the sentence and the tree.

    Attributes:
        sentence: For the asked task, else for all.
        text: The tree in ASCII, at most 80 columns wide.
        by: The parameter whose choices compete, or None for regions of the search space.
        n_tasks: Past tasks that it was learned from.
        regret: Mean over them of what following the tree leaves to the best candidate.
        tree: The tree as plain values.
        metric: What is scored.
        direction: Which way is better.
        model_version: The model that it explains.
    """

    sentence: str
    text: str
    by: str | None
    n_tasks: int
    regret: float
    tree: Mapping[str, object]
    metric: str
    direction: Direction
    model_version: str

    def __str__(self) -> str:
        return f"{self.sentence}\n\n{self.text}"
