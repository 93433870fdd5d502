"""Which configuration of a search should be refitted? All of them are, and judged on other rows.

    python -m benchmarks.final_choice FOLDER [--search-space lightgbm] [--rows 300] [--folds 3] [--datasets 40]

FOLDER holds tables and a ``manifest.json`` (see docs/knowledge.md). As in `benchmarks.search_cv`, the datasets are a
seeded random choice among those whose features are numbers, and the service's knowledge base lacks all of them and
their near copies. On random rows of each, `WarmSearchCV` tries 10 configurations, and the same search with warm=False
(the default, then Optuna's TPE) 25. Every configuration is fitted on all these rows, and judged on up to 2,000 others.
So rules of choice are compared on the same searches:

- the best mean over the folds, scikit-learn's rule;
- `one_standard_error`: among those that the folds can't tell apart, what the service recommended first;
- the first recommended configuration other than the default, whatever the folds say;
- the best on the other rows, which nobody knows.

Printed are the mean score on the other rows, the difference to the warm search's best mean with its 95 % bootstrap
interval over datasets, datasets won and lost (by more than .002), and those on which the choice is worse than the
default by more than .01. The rule was chosen on the first 19 datasets, by name, of `lightgbm` with 300 rows and 3
folds; of that setting there is a second table without them. What is finished is kept in --work.
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import optuna
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

import warmtune
from benchmarks.partial_service import partial_service
from benchmarks.search_cv import SEARCH_SPACES, choose, split_of
from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from knowledge.backfill.datasets import Dataset, read_datasets
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from warmtune.sklearn import WarmSearchCV

N_CHOSEN_ON: Final = 19
CHOSEN_ON: Final = "lightgbm, 300 rows, 3 folds"
TIE: Final = 0.002
HARM: Final = 0.01

Candidates = Sequence[Mapping[str, Any]]
"""Of a search, in order: ``origin``, score of each of the ``folds``, and score on the ``test`` rows."""


def main() -> None:
    """Run what is missing, print the table, write the JSON."""
    args = _arguments()
    setting = f"{args.search_space}, {args.rows} rows, {args.folds} folds"
    args.work.mkdir(parents=True, exist_ok=True)
    kept = args.work / f"{args.search_space}-{args.rows}-{args.folds}.jsonl"
    chosen = choose(read_datasets(args.folder), n=args.datasets, seed=args.seed)
    missing = [dataset for dataset in chosen if dataset.name not in _read(kept)]
    if missing and not args.report:
        base = read_knowledge(SHIPPED)
        left_out = frozenset(dataset.name for dataset in chosen)
        with tempfile.TemporaryDirectory() as folder, partial_service(Path(folder), base, left_out) as url:
            _run(missing, kept, url, args)
    searches = [one for name, one in sorted(_read(kept).items())]
    parts = {setting: searches}
    if setting == CHOSEN_ON:
        parts[f"{setting}, the rule not chosen on them"] = searches[N_CHOSEN_ON:]
    path = RESULTS / "final_choice.json"
    results = json.loads(path.read_text())["results"] if path.is_file() else {}
    write_results("final_choice", results | {name: report(name, part) for name, part in parts.items() if part})


def report(setting: str, searches: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Print and return the table of a setting.

    Args:
        setting: Its name.
        searches: Of each dataset the candidates of its ``warm`` and of its ``tpe`` search.
    """
    scores = {
        way: np.array([_chosen(one[search][:n], rule) for one in searches]) for way, (search, n, rule) in WAYS.items()
    }
    base, default = scores["warm 10, best mean"], scores["default"]
    rows, body = [], {}
    for way, found in scores.items():
        ahead = found - base
        low, high = bootstrap_interval(ahead)
        body[way] = {
            "test": float(found.mean()),
            "ahead": [float(ahead.mean()), low, high],
            "won": int((ahead > TIE).sum()),
            "lost": int((ahead < -TIE).sum()),
            "harmed": int((found < default - HARM).sum()),
        }
        rows.append(
            [
                way,
                f"{found.mean():.4f}",
                f"{ahead.mean():+.4f} [{low:+.4f}, {high:+.4f}]",
                f"{body[way]['won']}/{body[way]['lost']}",
                str(body[way]["harmed"]),
            ]
        )
    print(f"\n{setting}: {len(searches)} datasets")
    print_table(["search, choice", "test score", "less warm 10's best mean", "won/lost", "worse than default"], rows)
    return {"n_datasets": len(searches), "ways": body}


def _best_mean(candidates: Candidates) -> int:
    return int(np.argmax([np.mean(one["folds"]) for one in candidates]))


def one_standard_error(candidates: Candidates) -> int:
    """The first recommended or suggested configuration that the folds can't tell from the best one.

    The best of several noisy means is chosen for its noise, too. What is recommended first did well on many past
    tasks, so it stands for the simpler model of the rule in Breiman et al. 1984, *Classification and Regression Trees*,
    section 3.4.3: the first one is chosen whose mean is within a standard error of the best mean, and at least that of
    the default. The error is that of the difference: ``sqrt(v / k)``, where v is the variance of the differences to the
    best one over the k folds, the median over all configurations. If the default is the best, it remains the choice.
    """
    best = _best_mean(candidates)
    if best == 0:
        return best
    folds: NDArray[np.float64] = np.array([one["folds"] for one in candidates])
    means = folds.mean(axis=1)
    variance = np.median(np.var(folds[best] - np.delete(folds, best, axis=0), axis=1, ddof=1))
    least = max(means[best] - np.sqrt(variance / folds.shape[1]), means[0])
    return next(i for i in range(1, len(candidates)) if means[i] >= least)


def _first_recommended(candidates: Candidates) -> int:
    return next((i for i, one in enumerate(candidates) if one["origin"] == "recommended"), 0)


def _best_on_test(candidates: Candidates) -> int:
    return int(np.argmax([one["test"] for one in candidates]))


WAYS: Final[Mapping[str, tuple[str, int, Callable[[Candidates], int]]]] = {
    "warm 10, best mean": ("warm", 10, _best_mean),
    "warm 10, one standard error": ("warm", 10, one_standard_error),
    "first recommended other than the default": ("warm", 10, _first_recommended),
    "default": ("warm", 1, _best_mean),
    "TPE 10, best mean": ("tpe", 10, _best_mean),
    "TPE 25, best mean": ("tpe", 25, _best_mean),
    "warm 10, best on test rows": ("warm", 10, _best_on_test),
    "TPE 25, best on test rows": ("tpe", 25, _best_on_test),
}
"""By name: which search, how many of its configurations, and the rule."""


def _chosen(candidates: Candidates, rule: Callable[[Candidates], int]) -> float:
    return float(candidates[rule(candidates)]["test"])


def _run(missing: Sequence[Dataset], kept: Path, url: str, args: argparse.Namespace) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    with warmtune.Client(url, timeout_s=600.0) as client:
        for dataset in missing:
            found = searched(dataset, client, args)
            with kept.open("a") as file:
                file.write(json.dumps({"name": dataset.name, **found}, default=lambda number: number.item()) + "\n")
            print(f"{time.strftime('%H:%M:%S')} {dataset.name}", flush=True)


def searched(dataset: Dataset, client: warmtune.Client, args: argparse.Namespace) -> dict[str, object]:
    """All candidates of both searches on one dataset, each judged on the test rows."""
    split = split_of(dataset, n_rows=args.rows, seed=args.seed)
    kind = dataset.kind
    folds = (StratifiedKFold if kind.is_classification else KFold)(args.folds, shuffle=True, random_state=args.seed)
    shared: dict[str, Any] = {"cv": folds, "kind": kind, "random_state": args.seed, "refit": False, "prune": False}
    client.recommend(warmtune.describe_task(split.X, split.y, kind=kind), args.search_space, n=1)  # it is ready then
    found: dict[str, object] = {}
    ways: dict[str, dict[str, Any]] = {
        "warm": {"n_trials": 10, "client": client},
        "tpe": {"n_trials": 25, "warm": False},
    }
    for way, settings in ways.items():
        search = WarmSearchCV(args.search_space, **shared, **settings, report=False).fit(split.X, split.y)
        if way == "warm" and "sampled" in search.cv_results_["origin"]:
            raise RuntimeError(f"the service did not answer for {dataset.name}")
        found[way] = _judged(search, split, args)
    return found


def _judged(search: WarmSearchCV, split: Any, args: argparse.Namespace) -> list[dict[str, object]]:
    results = search.cv_results_
    candidates: list[dict[str, object]] = []
    for i, configuration in enumerate(results["params"]):
        model = warmtune.build(args.search_space, configuration, split.X, kind=str(search.kind_), random_state=0)
        candidates.append(
            {
                "origin": str(results["origin"][i]),
                "folds": [float(results[f"split{k}_test_score"][i]) for k in range(args.folds)],
                "test": float(model.fit(split.X, split.y).score(split.X_test, split.y_test)),
            }
        )
    return candidates


def _read(kept: Path) -> dict[str, dict[str, Any]]:
    lines = kept.read_text().splitlines() if kept.is_file() else []
    return {one["name"]: one for one in map(json.loads, lines)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--search-space", default="lightgbm", choices=SEARCH_SPACES)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--datasets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--report", action="store_true", help="run nothing: the tables of what is there")
    parser.add_argument("--work", type=Path, default=Path("runs/final_choice"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
