"""Real fits: a warm study against cold TPE on datasets left out of the knowledge base.

    python -m benchmarks.real_fits FOLDER [--datasets 14] [--search-space svm_rbf ...] [--seeds 3] [--processes 2]

FOLDER holds tables and a ``manifest.json`` (see docs/knowledge.md). The datasets are a seeded random choice among those
of the knowledge base whose recorded evaluations took at most a second in the mean, so that the run ends in an hour.
They and their near copies are taken out of the knowledge base all at once, before any model is fitted. Every
trial is a real cross-validation on the same rows and folds for all methods; nothing is looked up in a table.

- cold TPE: Optuna's own sampler with its defaults, one study a seed, `--cold` trials each;
- warm: the engine's first recommendation, then its suggestions after every trial, one at a time, `--warm` trials.

Printed for each search space: trials that the warm study needs to reach what cold TPE has after 20 and 50 (its mean
over seeds), and both curves of normalised regret against the best score that anything reached on the dataset. Every
finished study is kept in --work, so that a run that was stopped goes on.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from benchmarks.metadataset import engine_digest
from benchmarks.real_fits_report import report
from knowledge.backfill.datasets import Dataset, read_datasets
from knowledge.backfill.evaluation import EvaluationSample, cross_validate, sample_rows
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.embedding.near_copies import near_copies
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.trial import Trial, TrialState

MAX_ROWS = 1_000
MAX_SECONDS = 1.0
WARM, COLD = "warm", "cold TPE"


@dataclass(frozen=True, slots=True)
class Job:
    """One study: a dataset, a search space, a method and a seed."""

    dataset: Dataset
    search_space: str
    method: str
    seed: int
    n_trials: int

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.search_space}-{self.dataset.name}-{self.method.replace(' ', '_')}-{self.seed}-{self.n_trials}"


@dataclass(frozen=True, slots=True)
class Past:
    """The tasks of a knowledge base that a warm study may know."""

    knowledge: Path
    task_ids: frozenset[str]


def main() -> None:
    """Run what is missing, print the tables, write the JSON and the pictures."""
    args = _arguments()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # for the processes that evaluate: one on each core
    base = read_knowledge(args.knowledge)
    chosen = choose(base, read_datasets(args.folder), n=args.datasets, seed=args.seed, spaces=args.search_space)
    left_out = frozenset(dataset.name for dataset in chosen)
    print(f"knowledge base {base.version}; left out with their near copies: {', '.join(sorted(left_out))}\n")
    jobs = [
        Job(dataset, space, method, seed, n_trials)
        for space in args.search_space
        for dataset in chosen
        for method, n_seeds, n_trials in ((WARM, 1, args.warm), (COLD, args.seeds, args.cold))
        for seed in range(n_seeds)
    ]
    rest = without(base, left_out)
    state = hashlib.sha256(f"{base.version}{engine_digest()}{sorted(left_out)}".encode()).hexdigest()[:12]
    scores = run(jobs, Past(args.knowledge, rest), args.work, state, n_processes=args.processes)
    for space in args.search_space:
        curves = {
            dataset.name: {
                method: [
                    scores[j.name] for j in jobs if (j.search_space, j.dataset, j.method) == (space, dataset, method)
                ]
                for method in (WARM, COLD)
            }
            for dataset in chosen
        }
        report(space, curves, warm=WARM, cold=COLD)


def choose(
    base: KnowledgeBase, datasets: Sequence[Dataset], *, n: int, seed: int, spaces: Sequence[str]
) -> list[Dataset]:
    """A random choice of the datasets that the knowledge base knows and whose evaluations are quick."""
    names = {task.task_id: task.name for task in base.tasks}
    slow = {
        names[task_id]
        for table in base.full_tables
        if table.search_space in spaces
        for task_id, durations in zip(table.task_ids, table.durations_s, strict=True)
        if float(np.nanmean(durations)) > MAX_SECONDS
    }
    known = sorted((d for d in datasets if d.name in names.values() and d.name not in slow), key=lambda d: d.name)
    picks = np.random.default_rng(seed).permutation(len(known))[:n]
    return [known[i] for i in np.sort(picks)]


def without(base: KnowledgeBase, left_out: frozenset[str]) -> frozenset[str]:
    """Ids of the tasks that stay: neither a left-out dataset nor a near copy of one."""
    copies = near_copies(base.tasks)
    out = {task.task_id for task in base.tasks if task.name in left_out}
    out |= {copy for task_id in out for copy in copies[task_id]}
    return frozenset(task.task_id for task in base.tasks) - out


def run(jobs: Sequence[Job], past: Past, work: Path, state: str, *, n_processes: int) -> dict[str, list[float]]:
    """Signed scores of every study, trial by trial (a failed trial: the worst of its study so far)."""
    work.mkdir(parents=True, exist_ok=True)
    files = {job.name: work / f"{job.name}{'-' + state if job.method == WARM else ''}.json" for job in jobs}
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


def run_study(job: Job, past: Past) -> list[float]:
    """The signed scores of one study's trials, in order."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    entry = find_entry(job.search_space, job.dataset.kind)
    metric = default_metric(job.dataset.kind)
    direction = KNOWN_METRICS[metric]
    frame = pd.read_parquet(job.dataset.path)
    sample = sample_rows(frame, job.dataset.target, kind=job.dataset.kind, max_rows=MAX_ROWS, seed=0)
    if job.method == COLD:
        values = _cold(job, sample, metric)
    else:
        base = read_knowledge(past.knowledge)
        table = next(t for t in base.full_tables if t.search_space == job.search_space and job.dataset.kind in t.kinds)
        tasks = {task.task_id: task for task in base.tasks}
        histories = [
            _history(tasks[t], table, row, metric) for row, t in enumerate(table.task_ids) if t in past.task_ids
        ]
        model = fit_model(entry.space, histories, metric=metric, direction=direction)
        target = next(task for task in base.tasks if task.name == job.dataset.name)
        values = _warm(job, model, target, sample, metric)
    signed = [np.nan if value is None else direction.sign * value for value in values]
    worst = np.nanmin(signed)
    return [float(worst if np.isnan(value) else value) for value in signed]


def _cold(job: Job, sample: EvaluationSample, metric: str) -> list[float | None]:
    direction = KNOWN_METRICS[metric]
    space = find_entry(job.search_space, job.dataset.kind).space
    study = optuna.create_study(direction=direction.value, sampler=optuna.samplers.TPESampler(seed=job.seed))
    values: list[float | None] = []
    for _ in range(job.n_trials):
        trial = study.ask()
        values.append(_score(job, sample, suggest(trial, space), metric))
        if values[-1] is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, values[-1])
    return values


def _warm(job: Job, model: SpaceModel, target: Task, sample: EvaluationSample, metric: str) -> list[float | None]:
    trials: list[Trial] = []
    for number in range(job.n_trials):
        if number == 0:
            answer = model.recommend(target.meta_features, n=1)
        else:
            answer = model.suggest(target.meta_features, trials, n=1, seed=number)
        configuration = answer.configurations[0].configuration
        value = _score(job, sample, configuration, metric)
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        trials.append(Trial(number=number, configuration=configuration, value=value, state=state))
    return [trial.value for trial in trials]


def _score(job: Job, sample: EvaluationSample, configuration: Configuration, metric: str) -> float | None:
    try:
        return cross_validate(sample, job.search_space, configuration).scores[metric]
    except ValueError:  # a model that can't be fitted is a failed trial
        return None


def _history(task: Task, table: Table, row: int, metric: str) -> TaskHistory:
    return TaskHistory(task, table.configurations, table.scores[metric][row], table.durations_s[row])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datasets", type=int, default=14)
    parser.add_argument("--search-space", nargs="+", default=["svm_rbf", "hist_gradient_boosting"])
    parser.add_argument("--seeds", type=int, default=3, help="studies of cold TPE on each dataset")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of datasets")
    parser.add_argument("--cold", type=int, default=50)
    parser.add_argument("--warm", type=int, default=25)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("runs/real_fits"))
    parser.add_argument("--knowledge", type=Path, default=SHIPPED)
    return parser.parse_args()


if __name__ == "__main__":
    main()
