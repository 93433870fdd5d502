"""Mass tuning: the same configurations on every dataset of a folder, so that the tables are full."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from warmtune.errors import InvalidInputError
from warmtune.task import TaskKind

from knowledge.catalogue import catalogue
from knowledge.workers import Job, Outcome, run_jobs
from metamodel.design import space_filling


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate.

    Attributes:
        n_configurations: Space-filling ones a search space, besides the default.
        max_rows: Rows of each dataset that are used.
        seed: Of designs, row samples, folds and models.
    """

    n_configurations: int = 24
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
    designs = {
        (e.name, e.kinds): [
            e.space.default_configuration() or {},
            *space_filling(e.space, plan.n_configurations, seed=plan.seed),
        ]
        for e in entries
    }
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


def backfill(jobs: Iterable[Job], log: Path, *, n_workers: int, time_limit_s: float) -> Iterator[Outcome]:
    """Evaluate what the log doesn't have yet; every outcome is on disk before it is yielded."""
    log.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["dataset"], r["search_space"], r["index"]) for r in read_log(log)}
    open_jobs = (job for job in jobs if (job.dataset, job.search_space, job.index) not in done)
    with log.open("a", encoding="utf-8") as sink:
        for outcome in run_jobs(open_jobs, n_workers=n_workers, time_limit_s=time_limit_s):
            record = {
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


def read_log(log: Path) -> list[dict[str, object]]:
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
