"""What a backfill evaluates, and in which order: breadth before depth, cheap before costly."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from knowledge.backfill.datasets import Dataset
from knowledge.backfill.jobs import EvaluationJob, JobKey, Protocol
from knowledge.designs.shared import shared_design
from warmtune.catalogue import CatalogueEntry, catalogue
from warmtune.vocabulary.distributions import ParameterValue

_BOOSTERS = frozenset({"lightgbm", "xgboost", "catboost", "hist_gradient_boosting"})
"""A tree a class and round: their cost grows with the number of classes."""
_IN_DEMAND: Mapping[str, float] = MappingProxyType({"lightgbm": 3.0, "xgboost": 2.0, "catboost": 1.5})
"""What people tune comes earlier than its cost says."""

Past = Mapping[tuple[str, str], int]
"""Rows that were used of a dataset in a search space before, which all its configurations must share."""


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What to evaluate.

    Attributes:
        n_configurations: Shared ones of a search space, the default among them.
        portion: So many of a pair are evaluated at a time; the next portion waits for other pairs' first.
        max_rows: Rows of each dataset that are used.
        further: More configurations by search space and whether it is for classes, each run on all tables.
        seed: Of the designs.
    """

    n_configurations: int = 16
    portion: int = 8
    max_rows: int = 2_000
    further: Mapping[tuple[str, bool], Sequence[dict[str, ParameterValue]]] = field(default_factory=dict)
    seed: int = 0

    def configurations(self, entry: CatalogueEntry) -> list[dict[str, ParameterValue]]:
        """All configurations of a search space, in the order in which they are evaluated."""
        for_classes = any(kind.is_classification for kind in entry.kinds)
        shared = shared_design(entry, self.n_configurations, seed=self.seed)
        return [*shared, *self.further.get((entry.name, for_classes), ())]


@dataclass(frozen=True, slots=True)
class Portion:
    """A few configurations of one search space on one dataset.

    Attributes:
        dataset: The dataset.
        entry: The search space.
        configurations: What to evaluate.
        protocol: How.
        cost_s: Roughly the seconds that they take altogether.
        priority: Lower ones go first.
    """

    dataset: Dataset
    entry: CatalogueEntry
    configurations: tuple[dict[str, ParameterValue], ...]
    protocol: Protocol
    cost_s: float
    priority: float

    def jobs(self, done: Collection[JobKey] = ()) -> Iterator[EvaluationJob]:
        """Its jobs but those that are done."""
        dataset = self.dataset
        for configuration in self.configurations:
            job = EvaluationJob(
                dataset.name,
                dataset.path,
                dataset.target,
                dataset.kind,
                self.entry.name,
                configuration,
                self.protocol,
            )
            if job.key not in done:
                yield job


def plan_portions(
    datasets: Iterable[Dataset], plan: BackfillPlan, *, past: Past, spaces: frozenset[str] | None = None
) -> list[Portion]:
    """All portions of a plan, in their order.

    Args:
        datasets: What to evaluate on.
        plan: What to evaluate.
        past: Rows that were used of pairs before; their new configurations use as many.
        spaces: Only these search spaces.
    """
    designs = [
        (entry, plan.configurations(entry))
        for entry in catalogue()
        if not entry.is_recorded and (spaces is None or entry.name in spaces)
    ]
    portions = []
    for dataset in datasets:
        for entry, design in designs:
            if dataset.kind not in entry.kinds:
                continue
            max_rows = past.get((dataset.name, entry.name), plan.max_rows)
            each = expected_seconds(entry, dataset, max_rows)
            for turn, start in enumerate(range(0, len(design), plan.portion)):
                part = tuple(design[start : start + plan.portion])
                priority = each * (1 + 1.5 * turn) / _IN_DEMAND.get(entry.name, 1.0)
                portions.append(Portion(dataset, entry, part, Protocol(max_rows), each * len(part), priority))
    return sorted(portions, key=lambda p: (p.priority, p.dataset.name, p.entry.name))


def expected_seconds(entry: CatalogueEntry, dataset: Dataset, max_rows: int) -> float:
    """Roughly the processor seconds of one configuration on one dataset."""
    classes = dataset.n_classes if entry.name in _BOOSTERS and dataset.n_classes > 2 else 1
    share = float(dataset.size(max_rows) ** 0.8 * classes**0.8)
    return entry.cost * (0.3 + 0.7 * share)
