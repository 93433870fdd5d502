"""The meta-decision tree: on which kinds of tasks which configuration, or region of them, wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from metamodel.trees.nodes import Leaf, Node, leaves, path
from metamodel.trees.text import describe_candidates, drawing, sentence
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class DecisionTree:
    """A shallow tree over meta-features whose leaves are candidates. Immutable; threads may share it.

    Attributes:
        root: The first question, or the only leaf.
        candidates: What may win: whole configurations, or the values that make out a region.
        version: Of the meta-features it asks for: those of another version of Warmtune's own are unknown to it.
    """

    root: Node
    candidates: tuple[Configuration, ...]
    version: str | None = None
    _words: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check and freeze.

        Raises:
            InvalidInputError: If a leaf's candidate isn't one, or there is none or one without any value.
        """
        frozen = tuple(MappingProxyType(dict(candidate)) for candidate in self.candidates)
        if not frozen or not all(frozen):
            raise InvalidInputError("a decision tree needs candidates with at least one value", field="candidates")
        for leaf in leaves(self.root):
            if not 0 <= leaf.candidate < len(frozen):
                raise InvalidInputError(
                    "a leaf refers to a candidate that doesn't exist",
                    field="root",
                    value=leaf.candidate,
                    limit=len(frozen) - 1,
                )
        object.__setattr__(self, "candidates", frozen)
        object.__setattr__(self, "_words", describe_candidates(frozen))

    def __reduce__(self) -> tuple[type["DecisionTree"], tuple[object, ...]]:
        """Copy and pickle by plain dicts: read-only views can't be."""
        return DecisionTree, (self.root, tuple(dict(candidate) for candidate in self.candidates), self.version)

    @property
    def n_tasks(self) -> int:
        """Past tasks that it was learned from."""
        return sum(leaf.n_tasks for leaf in leaves(self.root))

    @property
    def n_leaves(self) -> int:
        """1 where the meta-features predict nothing that holds."""
        return sum(1 for _ in leaves(self.root))

    @property
    def regret(self) -> float:
        """Mean over the past tasks of the utility that the leaves' candidates leave to each task's best one."""
        return sum(leaf.regret * leaf.n_tasks for leaf in leaves(self.root)) / self.n_tasks

    def leaf(self, meta_features: MetaFeatures) -> Leaf:
        """Where a task ends; an unknown meta-feature goes where the split says."""
        return path(self.root, meta_features.in_version(self.version))[1]

    def candidate(self, meta_features: MetaFeatures) -> Configuration:
        """What usually wins on such tasks."""
        return self.candidates[self.leaf(meta_features).candidate]

    def as_text(self) -> str:
        """The tree in ASCII, at most 80 columns wide."""
        return drawing(self.root, self._words)

    def as_sentence(self, meta_features: MetaFeatures, words: Mapping[str, str] | None = None) -> str:
        """Why this candidate, in a sentence.

        Args:
            meta_features: Of the asked task.
            words: Meta-features as people call them, e.g. ``{"n_rows": "the number of rows"}``; others go by name.
        """
        return sentence(self.root, self._words, meta_features.in_version(self.version), words or {})

    def to_json(self) -> JsonObject:
        """Plain values, as the API answers them."""
        return {"root": _node_to_json(self.root), "candidates": [dict(c) for c in self.candidates]}


def _node_to_json(node: Node) -> JsonObject:
    if isinstance(node, Leaf):
        return {"candidate": node.candidate, "n_tasks": node.n_tasks, "n_wins": node.n_wins, "regret": node.regret}
    return {
        "name": node.name,
        "threshold": node.threshold,
        "unknown_goes_above": node.unknown_goes_above,
        "above": _node_to_json(node.above),
        "at_most": _node_to_json(node.at_most),
    }
