"""What the catalogue says about one meta-feature: name, formula, source, kinds, range and cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from metafeatures.summary import SUMMARIES
from warmtune.vocabulary.task import TaskKind

CLASSIFICATION = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
REGRESSION = frozenset({TaskKind.REGRESSION})
ALL_KINDS = CLASSIFICATION | REGRESSION
INF = float("inf")


class Group(StrEnum):
    """Meta-features that are computed together."""

    SIMPLE = "simple"
    TARGET = "target"
    STATISTICAL = "statistical"
    INFORMATION = "information"
    MODEL = "model"
    LANDMARKING = "landmarking"
    COMPLEXITY = "complexity"
    AUTOSKLEARN = "autosklearn"


class Cost(IntEnum):
    """What a value costs; a deadline drops the highest first."""

    EXACT = 0
    """Passes over all rows; never dropped."""
    SAMPLE = 1
    """Sorting and counting on at most 10,000 rows."""
    PAIRS = 2
    """Pairs of columns, or of rows, on a sample."""
    FIT = 3
    """Models fitted on at most 1,000 rows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One meta-feature.

    Attributes:
        name: Unique and stable.
        group: What it is computed with.
        formula: In words and signs.
        source: Where it is from.
        cost: What it costs.
        low: Least possible value.
        high: Greatest possible value.
        kinds: The kinds of task that it applies to; a gap on others.
    """

    name: str
    group: Group
    formula: str
    source: str
    cost: Cost
    low: float = -INF
    high: float = INF
    kinds: frozenset[TaskKind] = ALL_KINDS


def summarised(entry: Entry) -> Iterable[Entry]:
    """One entry for each summary over columns; the spread of values in [low, high] is at most half that range."""
    words = {
        "mean": "mean over columns of",
        "sd": "standard deviation over columns of",
        "q10": "10 % quantile over columns of",
        "median": "median over columns of",
        "q90": "90 % quantile over columns of",
    }
    for suffix in SUMMARIES:
        spread = suffix == "sd"
        yield Entry(
            name=f"{entry.name}.{suffix}",
            group=entry.group,
            formula=f"{words[suffix]} {entry.formula}",
            source=entry.source,
            cost=entry.cost,
            low=0.0 if spread else entry.low,
            high=(entry.high - entry.low) / 2 if spread else entry.high,
            kinds=entry.kinds,
        )
