"""Real fits: the engine against default-seeded searches on datasets left out of the knowledge base.

    python -m benchmarks.real_fits FOLDER [--datasets 32 | --only NAME ...] [--search-space svm_rbf lightgbm]

FOLDER holds tables and a ``manifest.json`` (see docs/knowledge.md). The datasets are a seeded random choice among those
of the knowledge base whose recorded evaluations took at most `--max-seconds` in the mean, or those named by `--only`
(to compare with an earlier knowledge base on the same ones). They and their near copies are taken out of the knowledge
base all at once, before any model is fitted. At most 600 random rows of each are used.
Every trial is a real cross-validation of 3 folds, the same for all methods; nothing is looked up in a table. What a
method has after n trials is judged by three other cross-validations of 5 folds, of which no method sees a score.

- engine: its first recommendation, then its suggestions after every trial, one at a time, `--warm` trials;
- TPE, default first: Optuna's multivariate TPE with ``group=True``, `--cold` trials, `--seeds` studies;
- random, default first: 5 trials, five studies.

Printed for each search space: the first configuration against the library's default (a win is more than 0.001 better,
harm more than 0.01 worse), the best of five against theirs, both curves, and the trials and processor seconds that the
engine needs to what TPE has after 50. Every finished study is kept in --work, so that a run that was stopped goes on.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.metadataset import engine_digest
from benchmarks.real_fits_report import report
from benchmarks.real_fits_studies import ENGINE, RANDOM, TPE, Job, Past, run_study
from knowledge.backfill.datasets import Dataset, read_datasets
from knowledge.pack.base import KnowledgeBase
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.embedding.near_copies import near_copies

N_RANDOM_STUDIES, N_RANDOM_TRIALS = 5, 5


def main() -> None:
    """Run what is missing, print the tables, write the JSON and the pictures."""
    args = _arguments()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # for the processes that evaluate: one on each core
    base = read_knowledge(args.knowledge)
    datasets = read_datasets(args.folder)
    for space in args.search_space:
        if args.only:
            chosen = named(datasets, args.only)
        else:
            chosen = choose(base, datasets, n=args.datasets, seed=args.seed, space=space, max_seconds=args.max_seconds)
        left_out = frozenset(dataset.name for dataset in chosen)
        print(f"knowledge base {base.version}; left out with their near copies: {', '.join(sorted(left_out))}\n")
        methods = ((ENGINE, 1, args.warm), (TPE, args.seeds, args.cold), (RANDOM, N_RANDOM_STUDIES, N_RANDOM_TRIALS))
        jobs = [
            Job(dataset, space, method, seed, n_trials)
            for dataset in chosen
            for method, n_seeds, n_trials in methods
            for seed in range(n_seeds)
        ]
        state = hashlib.sha256(f"{base.version}{engine_digest()}{sorted(left_out)}".encode()).hexdigest()[:12]
        past = Past(args.knowledge, without(base, left_out))
        found = run(jobs, past, args.work, state, n_processes=args.processes)
        studies = {
            dataset.name: {
                method: [found[j.name] for j in jobs if (j.dataset, j.method) == (dataset, method)]
                for method, _, _ in methods
            }
            for dataset in chosen
        }
        report(space, studies, knowledge=base.version)


def choose(
    base: KnowledgeBase, datasets: Sequence[Dataset], *, n: int, seed: int, space: str, max_seconds: float
) -> list[Dataset]:
    """A random choice of the datasets that the knowledge base knows under a space and whose evaluations are quick."""
    names = {task.task_id: task.name for task in base.tasks}
    quick = {
        names[task_id]
        for table in base.full_tables
        if table.search_space == space
        for task_id, durations in zip(table.task_ids, table.durations_s, strict=True)
        if float(np.nanmean(durations)) <= max_seconds
    }
    known = sorted((d for d in datasets if d.name in quick), key=lambda d: d.name)
    picks = np.random.default_rng(seed).permutation(len(known))[:n]
    return [known[i] for i in np.sort(picks)]


def named(datasets: Sequence[Dataset], names: Sequence[str]) -> list[Dataset]:
    """The datasets of these names, each of which there must be."""
    unknown = sorted(set(names) - {dataset.name for dataset in datasets})
    if unknown:
        raise SystemExit(f"--only: no dataset is named {', '.join(unknown)}")
    return sorted((dataset for dataset in datasets if dataset.name in names), key=lambda dataset: dataset.name)


def without(base: KnowledgeBase, left_out: frozenset[str]) -> frozenset[str]:
    """Ids of the tasks that stay: neither a left-out dataset nor a near copy of one."""
    copies = near_copies(base.tasks)
    out = {task.task_id for task in base.tasks if task.name in left_out}
    out |= {copy for task_id in out for copy in copies[task_id]}
    return frozenset(task.task_id for task in base.tasks) - out


def run(jobs: Sequence[Job], past: Past, work: Path, state: str, *, n_processes: int) -> dict[str, dict[str, Any]]:
    """What `run_study` returns for every job, by the job's name; finished ones are read from `work`."""
    work.mkdir(parents=True, exist_ok=True)
    files = {job.name: work / f"{job.name}{'-' + state if job.method == ENGINE else ''}.json" for job in jobs}
    missing = [job for job in jobs if not files[job.name].is_file()]
    with (
        Progress(console=Console(stderr=True)) as progress,
        ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool,
    ):
        bar = progress.add_task("studies", total=len(missing))
        running = {pool.submit(run_study, job, past): job for job in missing}
        for done in as_completed(running):
            path = files[running[done].name]
            path.with_suffix(".partial").write_text(json.dumps(done.result()))
            path.with_suffix(".partial").replace(path)
            progress.advance(bar)
    return {name: json.loads(path.read_text()) for name, path in files.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datasets", type=int, default=32)
    parser.add_argument("--only", nargs="+", default=[], help="names of datasets, instead of a random choice")
    parser.add_argument("--search-space", nargs="+", default=["svm_rbf", "lightgbm"])
    parser.add_argument("--seeds", type=int, default=2, help="studies of TPE on each dataset")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of datasets")
    parser.add_argument("--cold", type=int, default=50)
    parser.add_argument("--warm", type=int, default=20)
    parser.add_argument("--max-seconds", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("runs/real_fits"))
    parser.add_argument("--knowledge", type=Path, default=SHIPPED)
    return parser.parse_args()


if __name__ == "__main__":
    main()
