"""What all groups of meta-features look at, and what they answer with."""

from collections.abc import Iterable
from dataclasses import dataclass

from metafeatures.entry import Entry
from metafeatures.profile import NominalProfile, NumericProfile, OtherProfile, Profile
from metafeatures.target import Target
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class Gap:
    """Why there is no value, in words."""

    reason: str


Values = dict[str, float | Gap]


def gaps(entries: Iterable[Entry], reason: str) -> Values:
    """The same gap for several meta-features."""
    return {entry.name: Gap(reason) for entry in entries}


@dataclass(frozen=True, slots=True)
class Facts:
    """Exact facts about all rows.

    Attributes:
        n_rows: Rows with a target value.
        n_rows_missing: Rows where a feature is missing.
        profiles: One for each feature column, in the table's order.
        target: The target's values.
        target_profile: Exact moments of a regression target; None for classification.
    """

    n_rows: int
    n_rows_missing: int
    profiles: tuple[Profile, ...]
    target: Target
    target_profile: NumericProfile | None

    @property
    def kind(self) -> TaskKind:
        """What is predicted."""
        return self.target.kind

    @property
    def numeric(self) -> list[NumericProfile]:
        """Numeric and date columns, constant ones included."""
        return [p for p in self.profiles if isinstance(p, NumericProfile)]

    @property
    def nominal(self) -> list[NominalProfile]:
        """Nominal columns, constant ones included."""
        return [p for p in self.profiles if isinstance(p, NominalProfile)]

    @property
    def other(self) -> list[OtherProfile]:
        """Text and empty columns."""
        return [p for p in self.profiles if isinstance(p, OtherProfile)]
