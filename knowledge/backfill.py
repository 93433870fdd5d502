"""Mass tuning: the same configurations on every dataset of a folder, so that the tables are full."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from knowledge.catalogue import catalogue
from knowledge.workers import Job, Outcome, run_jobs
from metamodel.space.design import around, space_filling
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class Dataset:
    """One entry of a folder's ``manifest.json``."""

    name: str
    path: Path
    kind: TaskKind
    target: str
    size: int

    @property
    def cost(self) -> int:
        """A rough relative cost, by which small ones go first."""
        return self.size


class Record(TypedDict):
    """A line of the log."""

    dataset: str
    kind: str
    search_space: str
    index: int
    configuration: dict[str, ParameterValue]
    scores: dict[str, float] | None
    duration_s: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate.

    Attributes:
        n_configurations: Space-filling ones a search space, besides the default.
        n_near: Further ones around the default, chosen without looking at any result.
        max_rows: Rows of each dataset that are used.
        seed: Of designs, row samples, folds and models.
    """

    n_configurations: int = 24
    n_near: int = 16
    max_rows: int = 1_000
    seed: int = 0


def read_manifest(folder: Path, *, leave_out: Iterable[str] = ()) -> list[Dataset]:
    """The datasets of a folder, the cheapest first.

    Raises:
        InvalidInputError: No manifest, or an entry that lacks a field.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise InvalidInputError(f"{folder} has no manifest.json", field="folder", value=str(folder))
    left_out = set(leave_out)
    datasets = []
    for index, entry in enumerate(json.loads(path.read_text())):
        try:
            size = min(entry["n_rows"], 1_000) * entry["n_features"] * (entry.get("n_classes") or 2)
            dataset = Dataset(entry["name"], folder / entry["file"], TaskKind(entry["task"]), entry["target"], size)
        except (KeyError, ValueError) as error:
            raise InvalidInputError(f"entry {index} of the manifest: {error}", field=f"manifest.{index}") from error
        if dataset.name not in left_out:
            datasets.append(dataset)
    return sorted(datasets, key=lambda d: (d.cost, d.name))


def plan_jobs(datasets: Iterable[Dataset], plan: Plan, *, spaces: frozenset[str] | None = None) -> Iterator[Job]:
    """All jobs of a plan, dataset by dataset; of each search space the default first."""
    entries = [e for e in catalogue() if spaces is None or e.name in spaces]
    designs = {(e.name, e.kinds): design(e.space, plan) for e in entries}
    for dataset in datasets:
        for entry in entries:
            if dataset.kind not in entry.kinds:
                continue
            for index, configuration in enumerate(designs[entry.name, entry.kinds]):
                yield Job(
                    dataset=dataset.name,
                    path=dataset.path,
                    target=dataset.target,
                    kind=dataset.kind,
                    search_space=entry.name,
                    index=index,
                    configuration=configuration,
                    max_rows=plan.max_rows,
                    seed=plan.seed,
                )


def design(space: SearchSpace, plan: Plan) -> list[dict[str, ParameterValue]]:
    """The configurations of a plan: the default, the space-filling ones, and those around the default.

    Raises:
        InvalidInputError: If the space has no default.
    """
    default = space.default_configuration()
    if default is None:
        raise InvalidInputError("a backfill needs a search space with a default", field="search_space.defaults")
    filling = space_filling(space, plan.n_configurations, seed=plan.seed)
    return [default, *filling, *around(space, default, plan.n_near, seed=plan.seed)]


def backfill(jobs: Iterable[Job], log: Path, *, n_workers: int, time_limit_s: float) -> Iterator[Outcome]:
    """Evaluate what the log doesn't have yet; every outcome is on disk before it is yielded."""
    log.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["dataset"], r["search_space"], r["index"]) for r in read_log(log)}
    open_jobs = (job for job in jobs if (job.dataset, job.search_space, job.index) not in done)
    with log.open("a", encoding="utf-8") as sink:
        for outcome in run_jobs(open_jobs, n_workers=n_workers, time_limit_s=time_limit_s):
            record: Record = {
                "dataset": outcome.job.dataset,
                "kind": str(outcome.job.kind),
                "search_space": outcome.job.search_space,
                "index": outcome.job.index,
                "configuration": outcome.job.configuration,
                "scores": outcome.scores,
                "duration_s": round(outcome.duration_s, 4),
                "error": outcome.error,
            }
            sink.write(json.dumps(record, allow_nan=False) + "\n")
            sink.flush()
            yield outcome


def read_log(log: Path) -> list[Record]:
    """The records of a backfill; a last line that a crash cut off is left out."""
    if not log.is_file():
        return []
    records = []
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records
