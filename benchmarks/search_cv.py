"""Real searches on left-out datasets: `WarmSearchCV` against what people use with scikit-learn, judged on other rows.

    python -m benchmarks.search_cv FOLDER [--datasets 20] [--search-space svm_rbf] [--rows 300] [--processes 2]

FOLDER holds tables and a ``manifest.json`` (see docs/knowledge.md). The datasets are a seeded random choice among those
whose features are numbers. The service's knowledge base lacks all of them and their near copies, so that nothing that
it learns has seen one. Of each table `--rows` random rows are searched on, with 3 folds, up to 2,000 others judge the
refitted best. All ways fit the same pipelines with the same distributions on the same folds:

- WarmSearchCV with 10 trials, from a service of its own that has answered before; nothing is reported to it;
- the same with warm=False: the default configuration, then Optuna's TPE; 10, 25 and 50 trials;
- optuna_integration's OptunaSearchCV (TPE, which doesn't know the default); 10, 25 and 50 trials;
- scikit-learn's RandomizedSearchCV; 10, 25 and 50 trials.

Searches of 50 trials also give those of 10 and 25: their first trials are the same ones. Printed are the mean test
score (accuracy or R2) over the datasets, the mean of WarmSearchCV's less each other's with its 95 % bootstrap interval,
datasets won, tied and lost, and seconds. What is finished is kept in --work, so that a run that was stopped goes on.
Needs ``pip install optuna-integration``.
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pyarrow.parquet as pq
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from pyarrow import types as pt
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold, train_test_split

import warmtune
from benchmarks.partial_service import partial_service
from benchmarks.search_cv_report import DEFAULT, WARM, report
from benchmarks.stats import write_results
from knowledge.backfill.datasets import Dataset, read_datasets
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from warmtune.catalogue import find_entry
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.task import TaskKind

RESULTS = Path(__file__).parent / "results" / "search_cv.json"
N_FOLDS = 3
MAX_TEST_ROWS = 2_000
MAX_COLUMNS = 130
N_TRIALS = (10, 25, 50)

SEARCH_SPACES = ("svm_rbf", "lightgbm", "hist_gradient_boosting", "knn")
"""The other searches know no conditions: they draw `lightgbm`'s two conditional parameters always."""


class Configured(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """The pipeline of a configuration whose values are parameters that other searches can set."""

    def __init__(self, space: str = "", kind: str = "", **configuration: ParameterValue) -> None:
        self.space, self.kind, self.configuration = space, kind, configuration

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """The search space, the kind, and the configuration."""
        return {"space": self.space, "kind": self.kind, **self.configuration}

    def set_params(self, **values: ParameterValue) -> "Configured":
        """Change values of the configuration; the others are not changed."""
        self.configuration = {**self.configuration, **values}
        return self

    def fit(self, X: pd.DataFrame, y: object) -> "Configured":
        """Build the pipeline and fit it."""
        activation = find_entry(self.space, TaskKind(self.kind)).space.activation
        used = {name: self.configuration[name] for name in activation.active(self.configuration)}
        self.fitted_ = warmtune.build(self.space, used, X, kind=self.kind, random_state=0).fit(X, y)
        return self

    def score(self, X: pd.DataFrame, y: object) -> float:
        """Accuracy or R2."""
        return float(self.fitted_.score(X, y))


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to search on, and others that judge."""

    X: pd.DataFrame
    y: np.ndarray[Any, np.dtype[Any]]
    X_test: pd.DataFrame
    y_test: np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a way gave: score on the test rows, best score over the folds, seconds."""

    test: float
    cv: float
    seconds: float


def main() -> None:
    """Run what is missing, print the tables, write the JSON."""
    args = _arguments()
    base = read_knowledge(SHIPPED)
    chosen = choose(read_datasets(args.folder), n=args.datasets, seed=args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    files = {
        (space, dataset.name): args.work / f"{space}-{dataset.name}-{args.rows}-{args.seed}.json"
        for space in args.search_space
        for dataset in chosen
    }
    missing = [(space, dataset) for space in args.search_space for dataset in chosen]
    missing = [(space, dataset) for space, dataset in missing if not files[space, dataset.name].is_file()]
    if missing and not args.report:
        left_out = frozenset(dataset.name for dataset in chosen)
        with tempfile.TemporaryDirectory() as folder, partial_service(Path(folder), base, left_out) as url:
            run(missing, files, url, n_rows=args.rows, seed=args.seed, n_processes=args.processes)
    results = _earlier_results()  # of search spaces that are not asked for now
    for space in args.search_space:
        there = {dataset.name: files[space, dataset.name] for dataset in chosen}
        results[space] = report(
            space, {name: json.loads(path.read_text()) for name, path in there.items() if path.is_file()}
        ) | {"knowledge": base.version}
    write_results("search_cv", {"rows": args.rows, "n_folds": N_FOLDS, "spaces": results})


def run(
    missing: Sequence[tuple[str, Dataset]],
    files: Mapping[tuple[str, str], Path],
    url: str,
    *,
    n_rows: int,
    seed: int,
    n_processes: int,
) -> None:
    """Compare on what is missing, and write a file for each."""
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        running = {
            pool.submit(compare, space, dataset, url, n_rows=n_rows, seed=seed): files[space, dataset.name]
            for space, dataset in missing
        }
        for done in as_completed(running):
            path = running[done]
            body = {way: [one.test, one.cv, one.seconds] for way, one in done.result().items()}
            path.with_suffix(".partial").write_text(json.dumps(body))
            path.with_suffix(".partial").replace(path)
            print(f"{time.strftime('%H:%M:%S')} {path.stem}", flush=True)


def choose(datasets: Sequence[Dataset], *, n: int, seed: int) -> list[Dataset]:
    """A random choice of datasets with enough rows and few enough columns, all of them numbers."""
    fitting = [d for d in datasets if d.n_rows >= 400 and d.n_features <= MAX_COLUMNS and is_numeric(d)]
    fitting.sort(key=lambda d: d.name)
    picks = np.random.default_rng(seed).permutation(len(fitting))[:n]
    return [fitting[i] for i in np.sort(picks)]


def _earlier_results() -> dict[str, dict[str, object]]:
    if not RESULTS.is_file():
        return {}
    spaces: dict[str, dict[str, object]] = json.loads(RESULTS.read_text())["results"]["spaces"]
    return spaces


def is_numeric(dataset: Dataset) -> bool:
    """Whether all features are numbers: encoding categories takes longer than the fits."""
    features = [field for field in pq.read_schema(dataset.path) if field.name != dataset.target]
    return all(pt.is_integer(f.type) or pt.is_floating(f.type) or pt.is_boolean(f.type) for f in features)


def compare(space: str, dataset: Dataset, url: str, *, n_rows: int, seed: int) -> dict[str, Found]:
    """All ways on one dataset."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    with warmtune.Client(url, timeout_s=600.0) as client:
        return _compared(space, dataset, client, n_rows=n_rows, seed=seed)


def _compared(space: str, dataset: Dataset, client: warmtune.Client, *, n_rows: int, seed: int) -> dict[str, Found]:
    split = split_of(dataset, n_rows=n_rows, seed=seed)
    kind = dataset.kind
    folds = (StratifiedKFold if kind.is_classification else KFold)(N_FOLDS, shuffle=True, random_state=seed)
    described = warmtune.describe_task(split.X, split.y, kind=kind)
    settings: dict[str, Any] = {"cv": folds, "kind": kind, "random_state": seed}
    found = {}
    client.recommend(described, space, n=1)  # what it learned is read once, by whoever asks
    started = time.perf_counter()
    warm = warmtune.WarmSearchCV(space, n_trials=10, client=client, report=False, **settings).fit(split.X, split.y)
    seconds = time.perf_counter() - started
    if set(warm.cv_results_["origin"]) & {"sampled"}:
        raise RuntimeError(f"the service did not answer for {dataset.name}: {list(warm.cv_results_['origin'])}")
    found[WARM] = Found(warm.score(split.X_test, split.y_test), warm.best_score_, seconds)
    default = warmtune.build(space, None, split.X, kind=kind, random_state=seed)
    fitted = default.fit(split.X, split.y)
    found[DEFAULT] = Found(fitted.score(split.X_test, split.y_test), warm.default_score_, warm.refit_time_)
    cold = warmtune.WarmSearchCV(space, n_trials=50, warm=False, **settings)
    found |= prefixes("default-seeded TPE", cold, split, space)
    entry = find_entry(space, kind)
    distributions = dict(entry.space.parameters)
    shared: dict[str, Any] = {"cv": folds, "random_state": seed}
    own = Configured(space, str(kind), **entry.space.defaults)
    from optuna_integration import OptunaSearchCV  # noqa: PLC0415  # needed for the comparison only

    their = OptunaSearchCV(own, distributions, n_trials=50, **shared)
    found |= prefixes("OptunaSearchCV", their, split, space)
    random = RandomizedSearchCV(
        own, {name: scipy_distribution(d) for name, d in distributions.items()}, n_iter=50, **shared
    )
    return found | prefixes("RandomizedSearchCV", random, split, space)


def prefixes(way: str, search: Any, split: Split, space: str) -> dict[str, Found]:  # of three libraries
    """The search of 50 trials, and what it had after 10 and 25, refitted."""
    started = time.perf_counter()
    search.fit(split.X, split.y)
    seconds = time.perf_counter() - started
    ends, scores, configurations = _course(search)
    found = {}
    for n in N_TRIALS:
        best = int(np.nanargmax(scores[:n]))
        refit_started = time.perf_counter()
        if isinstance(search, warmtune.WarmSearchCV):
            kind = str(search.kind_)
            model = warmtune.build(space, configurations[best], split.X, kind=kind, random_state=0)
        else:
            model = search.estimator.set_params(**configurations[best])
        test = model.fit(split.X, split.y).score(split.X_test, split.y_test)
        share = ends[n - 1] / ends[-1]
        refit_s = time.perf_counter() - refit_started
        found[f"{way} {n}"] = Found(float(test), float(scores[best]), seconds * share + refit_s)
    return found


def _course(search: Any) -> tuple[list[float], np.ndarray[Any, Any], list[dict[str, Any]]]:
    """Of each trial in order: seconds of fits and scores until its end, mean score, and configuration."""
    if type(search).__name__ == "OptunaSearchCV":
        trials = search.trials_
        spent = np.cumsum([t.duration.total_seconds() for t in trials])
        values = [np.nan if t.value is None else t.value for t in trials]
        return list(spent), np.asarray(values, dtype=float), [t.params for t in trials]
    results = search.cv_results_
    n_folds = results.get("n_folds", N_FOLDS)
    spent = np.cumsum((results["mean_fit_time"] + results["mean_score_time"]) * n_folds)
    return list(spent), np.asarray(results["mean_test_score"], dtype=float), list(results["params"])


def split_of(dataset: Dataset, *, n_rows: int, seed: int) -> Split:
    """Random rows to search on, at most 2,000 others to judge; classes with fewer than 10 rows are left out."""
    frame = pd.read_parquet(dataset.path)
    frame = frame[frame[dataset.target].notna()].reset_index(drop=True)
    y = frame[dataset.target]
    is_kept = y.notna()
    if dataset.kind.is_classification:
        y = y.astype(str)
        is_kept = y.map(y.value_counts()) >= 10
    frame, y = frame[is_kept], y[is_kept]
    X = frame.drop(columns=dataset.target)
    n_train = min(n_rows, int(0.6 * len(X)))
    stratify = y if dataset.kind.is_classification else None
    X, X_test, y, y_test = train_test_split(X, y, train_size=n_train, random_state=seed, stratify=stratify)
    X_test, y_test = X_test[:MAX_TEST_ROWS], y_test[:MAX_TEST_ROWS]
    dtype = object if dataset.kind.is_classification else np.float64
    return Split(X, np.asarray(y, dtype=dtype), X_test, np.asarray(y_test, dtype=dtype))


def scipy_distribution(distribution: BaseDistribution) -> object:
    """The same for `RandomizedSearchCV`."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, FloatDistribution):
        low, high = distribution.low, distribution.high
        return loguniform(low, high) if distribution.log else uniform(low, high - low)
    if isinstance(distribution, IntDistribution):
        if not distribution.log:
            return randint(distribution.low, distribution.high + 1)
        grid = np.geomspace(distribution.low, distribution.high, 200)
        return [int(value) for value in grid.round()]
    raise TypeError(type(distribution).__name__)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datasets", type=int, default=20)
    parser.add_argument("--search-space", nargs="+", default=["svm_rbf"], choices=SEARCH_SPACES)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="run nothing: the tables of what is there")
    parser.add_argument("--work", type=Path, default=Path("runs/search_cv"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
