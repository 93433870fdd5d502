"""A dataset goes to a running service, ten configurations come back, and an Optuna study starts from them.

    python -m examples.demo [--trials 25] [--seeds 5] [--dataset breast_cancer] [--dataset diabetes]

Both datasets come with scikit-learn and are not in the knowledge base. Each seed splits the data anew and runs two real
studies with Optuna's TPE: one that starts from the ten configurations, one that starts cold, from the search space's
default as an experienced user would start it. Every trial is a real cross-validation.
"""

import argparse
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.datasets import load_breast_cancer, load_diabetes

import warmtune
from examples.running_service import running_service
from knowledge.backfill.evaluation import cross_validate, sample_rows
from warmtune import TableUpload, TaskKind
from warmtune.catalogue import find_entry

AT = (1, 2, 3, 5, 10, 15, 20, 25)
PICTURE = Path("out/demo.png")


@dataclass(frozen=True, slots=True)
class Case:
    """A dataset, and what is tuned on it."""

    name: str
    kind: TaskKind
    search_space: str
    metric: str

    def load(self) -> pd.DataFrame:
        """The table, its target in the column ``target``."""
        if self.name == "diabetes":
            diabetes: pd.DataFrame = load_diabetes(as_frame=True).frame
            return diabetes
        frame: pd.DataFrame = load_breast_cancer(as_frame=True).frame
        return frame.assign(target=frame["target"].map({0: "malignant", 1: "benign"}))


@dataclass(frozen=True, slots=True)
class StudyJob:
    """One study to run: on which case, against which service, and whether it starts warm."""

    case: Case
    url: str
    task_id: str
    seed: int
    n_trials: int
    warm: bool


CASES = {
    "breast_cancer": Case("breast_cancer", TaskKind.BINARY, "svm_rbf", "accuracy"),
    "diabetes": Case("diabetes", TaskKind.REGRESSION, "hist_gradient_boosting", "r2"),
}


def main() -> None:
    """Run the demo; the exit code is 0 when everything ran, whoever was better."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=25)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--dataset", action="append", choices=sorted(CASES), help="default: all")
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    console = Console()
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with console.status("starting the service"), running_service(Path(folder)) as url:
            console.print(f"service ready after {time.perf_counter() - started:.1f} s at {url}\n")
            for name in args.dataset or CASES:
                curves[name] = run_case(console, url, CASES[name], n_trials=args.trials, n_seeds=args.seeds)
    console.print("service stopped")
    draw(curves, PICTURE)
    console.print(f"picture: {PICTURE}")


def run_case(console: Console, url: str, case: Case, *, n_trials: int, n_seeds: int) -> dict[str, NDArray[np.float64]]:
    """Recommend, tune warm and cold, report; best-so-far curves of shape ``(n_seeds, n_trials)`` by name."""
    frame = case.load()
    content = BytesIO()
    frame.to_csv(content, index=False)
    console.rule(f"{case.name}: {len(frame)} rows x {frame.shape[1] - 1} columns, {case.search_space}, {case.metric}")
    upload = TableUpload(content.getvalue(), "target", filename=f"{case.name}.csv", name=case.name, keep=True)
    with warmtune.Client(url) as client:
        answer = client.recommend(upload, case.search_space, metric=case.metric)
    console.print(f"posted {len(content.getvalue()):,} bytes of CSV; the answer:\n{answer}\n", highlight=False)
    jobs = [
        StudyJob(case, url, str(answer.task_id), seed, n_trials, warm)
        for seed in range(n_seeds)
        for warm in (True, False)
    ]
    curves: dict[str, list[list[float]]] = {"warm": [], "cold": []}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(2) as pool:
        bar = progress.add_task(f"{n_seeds} warm and {n_seeds} cold studies of {n_trials} real trials", total=len(jobs))
        for future in as_completed([pool.submit(run_study, job) for job in jobs]):
            name, curve = future.result()
            curves[name].append(curve)
            progress.advance(bar)
    result = {name: np.array(values) for name, values in curves.items()}
    print_curves(console, result, case.metric)
    return result


def run_study(job: StudyJob) -> tuple[str, list[float]]:
    """One study of real trials; its best value so far after each. Runs in a process of its own."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sample = sample_rows(job.case.load(), "target", kind=job.case.kind, max_rows=1_000, seed=0)
    space = find_entry(job.case.search_space, job.case.kind).space
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=job.seed))

    def objective(trial: optuna.Trial) -> float:
        configuration = warmtune.suggest(trial, space)
        return cross_validate(sample, job.case.search_space, configuration, seed=job.seed).scores[job.case.metric]

    if job.warm:
        with warmtune.Client(job.url) as client:
            client.warm_start(
                study,
                job.task_id,
                search_space=job.case.search_space,
                metric=job.case.metric,
                exclude_task_ids=[job.task_id],  # what other seeds found on this very dataset must not help
            )
            study.optimize(objective, n_trials=job.n_trials)
            client.report(study)
    else:
        study.enqueue_trial(dict(space.default_configuration() or {}))
        study.optimize(objective, n_trials=job.n_trials)
    values = [trial.value for trial in study.trials if trial.value is not None]
    return ("warm" if job.warm else "cold"), [float(v) for v in np.maximum.accumulate(values)]


def print_curves(console: Console, curves: dict[str, NDArray[np.float64]], metric: str) -> None:
    """Both curves side by side, and after how many trials cold gets where warm was after 5 and 10."""
    n_trials = curves["warm"].shape[1]
    at = [n for n in AT if n <= n_trials]
    console.print(f"best {metric} so far, mean over {len(curves['warm'])} seeds", highlight=False)
    console.print("after trials  " + "".join(f"{n:>8d}" for n in at), highlight=False)
    for name in ("warm", "cold"):
        means = curves[name].mean(axis=0)
        console.print(f"{name:<14}" + "".join(f"{means[n - 1]:8.4f}" for n in at), highlight=False)
    warm, cold = curves["warm"].mean(axis=0), curves["cold"].mean(axis=0)
    for n in (5, 10):
        if n <= n_trials:
            reached = np.flatnonzero(cold >= warm[n - 1] - 1e-12)
            when = f"after {reached[0] + 1}" if reached.size else f"not within {n_trials}"
            console.print(f"what warm reaches after {n} trials, cold reaches {when}", highlight=False)
    console.print()


def draw(curves: dict[str, dict[str, NDArray[np.float64]]], path: Path) -> None:
    """Mean and range over seeds of every case's curves."""
    import matplotlib  # noqa: PLC0415  # slow to import, and needed at the very end only

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure, axes = plt.subplots(1, len(curves), figsize=(6 * len(curves), 4), squeeze=False)
    for axis, (name, result) in zip(axes[0], curves.items(), strict=True):
        case = CASES[name]
        for label, colour in (("warm", "#d1495b"), ("cold", "#30638e")):
            values = result[label]
            trials = np.arange(1, values.shape[1] + 1)
            axis.plot(trials, values.mean(axis=0), label=f"{label} start, mean of {len(values)} studies", color=colour)
            band = "its studies, from the lowest to the highest"
            low, high = values.min(axis=0), values.max(axis=0)
            axis.fill_between(trials, low, high, label=band, color=colour, alpha=0.15, linewidth=0)
        axis.set_title(f"{name}, {case.search_space}")
        axis.set_xlabel("trials")
        axis.set_ylabel(f"best {case.metric} so far")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.margins(x=0.02)
        axis.legend(loc="lower right", frameon=False, fontsize=9)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
