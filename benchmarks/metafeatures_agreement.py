"""Do the 37 values of auto-sklearn's meta-learning base come out the same? Compares where the same dataset is at hand.

    python -m benchmarks.metafeatures_agreement FOLDER PUBLISHED.parquet [--draws 20]

FOLDER holds Parquet tables with a `manifest.json`; PUBLISHED.parquet the published vectors by `task`. They were
taken on an unknown two thirds of each dataset, so ours are taken on random draws of as many rows: a value agrees if
it lies within the range of the draws, widened by that range to either side (20 draws don't reach the tails). Where
one doesn't agree, a difference between the two datasets that explains it is looked for and named.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from metafeatures.describe import describe
from metafeatures.groups.autosklearn import PREFIX
from metafeatures.roles import is_number
from warmtune.vocabulary.task import TaskKind

# Datasets that go by another name there.
ALIASES = {
    "authorship": "analcatdata_authorship",
    "baseball_hall_of_fame": "baseball",
    "breast_cancer_wdbc": "wdbc",
    "chess_krk": "kropt",
    "contraceptive": "cmc",
    "indian_liver": "ilpd",
    "pima_diabetes": "diabetes",
    "satellite": "satimage",
    "steel_faults": "steel-plates-fault",
    "text_genre_collins": "collins",
    "tree_treatment_cjs": "cjs",
}
OF_CLASSES = ("Class", "NumberOfClasses")
OF_MOMENTS = ("Kurtosis", "Skewness")
OF_TYPES = ("Symbols", "Ratio", "NumberOfCategorical", "NumberOfNumeric")
OF_MISSING = ("Missing",)
CONSTANT_KURTOSIS = -3.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("published", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    arguments = parser.parse_args()
    published = pd.read_parquet(arguments.published).drop_duplicates("task").set_index("task")
    by_name = {_plain(task): task for task in published.index}
    entries = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    pairs = [(e, ALIASES.get(e["name"], by_name.get(_plain(e["name"])))) for e in entries]
    pairs = [(entry, task) for entry, task in pairs if task in published.index]
    agreed, total, unexplained = Counter[str](), Counter[str](), Counter[str]()
    why: dict[str, list[str]] = defaultdict(list)
    for entry, task in pairs:
        theirs = {str(name): float(value) for name, value in published.loc[[task]].iloc[0].items()}
        ours = _draws(arguments.folder, entry, int(theirs["NumberOfInstances"]), arguments.draws)
        bad = []
        for name, value in theirs.items():
            total[name] += 1
            if _agrees(value, ours.get(name)):
                agreed[name] += 1
            else:
                bad.append(name)
        why_not = {name: _reason(name, entry, theirs, ours) for name in bad}
        if "unexplained" in why_not.values() and (other := _other_target(arguments.folder, entry, theirs)):
            why_not = {n: f"{other!r} is the target there" if r == "unexplained" else r for n, r in why_not.items()}
        reasons = Counter(why_not.values())
        for reason, count in reasons.items():
            why[reason].append(f"{entry['name']} ({count})")
        unexplained.update(name for name in bad if why_not[name] == "unexplained")
        print(f"{entry['name']:24s} = {task:24s} {37 - len(bad):2d} of 37 agree  {dict(reasons) or ''}")
    n_agreed, n_total = sum(agreed.values()), sum(total.values())
    print(f"\n{len(pairs)} datasets, {n_agreed} of {n_total} values agree ({n_agreed / n_total:.1%}); the others:")
    for reason, names in sorted(why.items()):
        print(f"  {reason}: {', '.join(names)}")
    print(f"  unexplained by value: {dict(unexplained)}")
    same = [name for name in total if agreed[name] == total[name]]
    print(f"\nvalues that agree on every dataset: {len(same)}: {', '.join(sorted(same))}")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _draws(
    folder: Path, entry: dict[str, str], n_rows: int, n_draws: int, *, target: str | None = None
) -> dict[str, np.ndarray]:
    table = pq.read_table(folder / entry["file"])
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(n_draws):
        rows = pa.array(rng.permutation(len(table))[:n_rows])
        meta = describe(
            table.take(rows), target or entry["target"], kind=TaskKind(entry["task"]), deadline_ms=0.0
        ).meta_features
        drawn.append({name.removeprefix(PREFIX): v for name, v in meta.values.items() if name.startswith(PREFIX)})
    return {name: np.array([row[name] for row in drawn if name in row]) for name in drawn[0]}


def _other_target(folder: Path, entry: dict[str, str], theirs: Mapping[str, float]) -> str | None:
    """The one column of a regression table that, taken for the target, makes all moments of the others agree."""
    if entry["task"] != "regression":
        return None
    schema = pq.read_schema(folder / entry["file"])
    fitting, moments = [], [name for name in theirs if name.startswith(OF_MOMENTS)]
    for name in schema.names:
        if name != entry["target"] and is_number(schema.field(name).type):
            ours = _draws(folder, entry, int(theirs["NumberOfInstances"]), 20, target=name)
            if all(_agrees(theirs[name], ours.get(name)) for name in moments):
                fitting.append(name)
    return fitting[0] if len(fitting) == 1 else None


def _agrees(value: float, draws: np.ndarray | None) -> bool:
    if draws is None:
        return False
    low, high = float(draws.min()), float(draws.max())
    slack = (high - low) + 1e-6 * max(abs(low), abs(high), 1e-6)
    return low - slack <= value <= high + slack


def _reason(name: str, entry: dict[str, str], theirs: Mapping[str, float], ours: dict[str, np.ndarray]) -> str:
    n_theirs, n_ours = round(theirs["NumberOfInstances"] / 0.67), int(entry["n_rows"])
    p_theirs, p_ours = int(theirs["NumberOfFeatures"]), int(entry["n_features"])
    types_differ = theirs["NumberOfCategoricalFeatures"] != float(ours["NumberOfCategoricalFeatures"][0])
    if name.startswith(OF_CLASSES) and (
        entry["task"] == "regression" or int(entry["n_classes"]) != theirs["NumberOfClasses"]
    ):
        return "other target there (classes made of a number, or rare classes dropped here)"
    if p_theirs != p_ours and not name.startswith(OF_CLASSES):
        return "other columns there"
    if abs(n_theirs - n_ours) > 0.015 * n_ours + 2:
        return "other rows there"
    if types_differ and name.startswith((*OF_TYPES, *OF_MOMENTS)):
        return "other columns are nominal there"
    if any(part in name for part in OF_MISSING):
        return "missing values coded otherwise there"
    if name == "KurtosisMin" and theirs[name] == CONSTANT_KURTOSIS and theirs["SymbolsMin"] == 1.0:
        return "a column with one symbol counts there, with kurtosis -3"
    return "unexplained"


if __name__ == "__main__":
    main()
