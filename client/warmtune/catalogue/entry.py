"""What the catalogue says of a search space."""

from dataclasses import dataclass

from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

CLASSIFICATION = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
REGRESSION = frozenset({TaskKind.REGRESSION})


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A shipped search space.

    Attributes:
        name: As asked for; unique together with `kinds`.
        kinds: Kinds of task that the space and its defaults are made for.
        space: The search space.
        summary: What it tunes, in a sentence.
        cost: Typical seconds of one configuration's three fits on 1,000 rows and 15 columns, one thread: what is
            cheap is evaluated first.
        reference: Where the ranges come from, and where ours differ.
        extra: The extra of the packages that its library comes with, or None where scikit-learn is enough.
        is_recorded: Its past was made elsewhere, and there is nothing here that fits its configurations.
    """

    name: str
    kinds: frozenset[TaskKind]
    space: SearchSpace
    summary: str
    cost: float
    reference: str
    extra: str | None = None
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A module of the catalogue: one name, its space for classes and its space for numbers."""

    name: str
    classes: SearchSpace
    numbers: SearchSpace
    summary: str
    cost: float
    reference: str
    extra: str | None = None

    def entries(self) -> tuple[CatalogueEntry, CatalogueEntry]:
        """The entry for classes and the one for numbers."""
        facts = (self.summary, self.cost, self.reference, self.extra)
        return (
            CatalogueEntry(self.name, CLASSIFICATION, self.classes, *facts),
            CatalogueEntry(self.name, REGRESSION, self.numbers, *facts),
        )
