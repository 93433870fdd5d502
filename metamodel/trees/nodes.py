"""The nodes of a meta-decision tree as immutable values."""

from collections.abc import Iterator
from dataclasses import dataclass

from warmtune.vocabulary.task import MetaFeatures


@dataclass(frozen=True, slots=True)
class Leaf:
    """Tasks for which one candidate is the choice.

    Attributes:
        candidate: Index of the candidate with the largest mean utility over the leaf's tasks.
        n_tasks: Past tasks in the leaf.
        n_wins: Those on which the candidate is the best of all, or within `WIN_TOLERANCE` of it.
        regret: Mean utility that it leaves to the best candidate of each task, 0 or more.
    """

    candidate: int
    n_tasks: int
    n_wins: int
    regret: float


@dataclass(frozen=True, slots=True)
class Split:
    """A question about one meta-feature, in its natural units.

    Attributes:
        name: The meta-feature.
        threshold: Values above it go to `above`, others to `at_most`.
        unknown_goes_above: Where tasks go that don't know the value.
        above: Their subtree.
        at_most: The others' subtree.
    """

    name: str
    threshold: float
    unknown_goes_above: bool
    above: "Node"
    at_most: "Node"

    def goes_above(self, meta_features: MetaFeatures) -> bool:
        """The answer for one task."""
        value = meta_features.values.get(self.name)
        return self.unknown_goes_above if value is None else value > self.threshold


Node = Leaf | Split


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves, those above a threshold first."""
    if isinstance(node, Leaf):
        yield node
    else:
        yield from leaves(node.above)
        yield from leaves(node.at_most)


def questions(node: Node) -> Iterator[Split]:
    """All questions, each before those that follow it."""
    if isinstance(node, Split):
        yield node
        yield from questions(node.above)
        yield from questions(node.at_most)


def path(node: Node, meta_features: MetaFeatures) -> tuple[list[tuple[Split, bool]], Leaf]:
    """The questions that a task is asked, each with its answer, and where it ends."""
    asked: list[tuple[Split, bool]] = []
    while isinstance(node, Split):
        answer = node.goes_above(meta_features)
        asked.append((node, answer))
        node = node.above if answer else node.at_most
    return asked, node
