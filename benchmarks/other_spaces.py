"""Is a table that was tuned over one search space no stranger under the next? First configurations with and without.

    python -m benchmarks.other_spaces [--half confirming] [--groups 3] [--trials 10] [--space lightgbm ...]

The datasets of the shipped knowledge base are left out in groups, with their near copies, of all search spaces at once.
A left-out dataset then gets some trials over other spaces, the default first and then random ones of those that were
recorded, and is asked for ten configurations of the space at hand:

- none: by its meta-features alone;
- one: after trials over one other space, which is drawn at random for each dataset;
- three: after trials over each of three others;
- trials alone: as three, but without meta-features.

Regret is normalised by the dataset's recorded trials; a win over the default is more than .001, harm more than .01.
Writes results/other_spaces-HALF.json.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer_table import HALVES
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.embedding.near_copies import groups_of_copies
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.other_spaces import OtherSpaces
from metamodel.reported import with_reported
from warmtune.catalogue import find_entry
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.task import Task, TaskKind

AFTER: Final = (1, 3, 5, 10)
TIE: Final = 0.001
HARM: Final = 0.01
WAYS: Final = ("none", "one", "three", "trials alone")
MIN_SPREAD: Final = 1e-3
"""Of a target's scores: where nothing differs there is nothing to win."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the knowledge base holds of one kind of task: histories by search space and task."""

    kind: TaskKind
    metric: str
    tasks: Mapping[str, Task]
    histories: Mapping[str, Mapping[str, TaskHistory]]

    @classmethod
    def of(cls, base: KnowledgeBase, tables: Sequence[Table]) -> "Past":
        """Of the tables of one kind."""
        kind = TaskKind.REGRESSION if TaskKind.REGRESSION in tables[0].kinds else TaskKind.BINARY
        metric, tasks = default_metric(kind), {task.task_id: task for task in base.tasks}
        histories = {
            table.search_space: {
                task_id: TaskHistory(
                    tasks[task_id], table.configurations, table.scores[metric][row], table.durations_s[row]
                )
                for row, task_id in enumerate(table.task_ids)
                if not np.isnan(table.scores[metric][row]).all()
            }
            for table in tables
        }
        return cls(kind, metric, tasks, histories)

    def models(self, hidden: frozenset[str]) -> dict[str, SpaceModel]:
        """A model of each search space, learned without some tasks."""
        direction = KNOWN_METRICS[self.metric]
        return {
            name: fit_model(
                find_entry(name, self.kind).space,
                [history for task_id, history in known.items() if task_id not in hidden],
                metric=self.metric,
                direction=direction,
            )
            for name, known in self.histories.items()
        }


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, default=HALVES[1])
    parser.add_argument("--groups", type=int, default=3, help="of datasets that are left out together")
    parser.add_argument("--trials", type=int, default=10, help="over each other space")
    parser.add_argument("--space", nargs="*", help="only these as the ones that are asked about")
    args = parser.parse_args()
    base = read_knowledge(SHIPPED)
    group_of = groups_of_copies(base.tasks)
    names = sorted({group_of.get(task.task_id, task.task_id) for task in base.tasks})
    rng = np.random.default_rng(0)
    chosen = [str(name) for name in rng.permutation(names)[HALVES.index(args.half) :: 2]]
    found: dict[str, list[FloatArray]] = {}
    for tables in _by_kind(base):
        past = Past.of(base, tables)
        for start in range(args.groups):
            left_out = set(chosen[start :: args.groups])
            targets = frozenset(t for t in past.tasks if group_of.get(t, t) in left_out)
            models = past.models(targets)
            print(f"{past.metric}: {len(targets)} datasets left out, {len(models)} models learned", flush=True)
            for name in args.space or models:
                fits: dict[tuple[str, ...], OtherSpaces | None] = {}
                for task_id in sorted(targets & past.histories[name].keys()):
                    row = _asked(past, models, name, task_id, n_trials=args.trials, fits=fits)
                    if row is not None:
                        found.setdefault(f"{name}, {past.metric}", []).append(row)
    results = [_summary(name, np.stack(rows)) for name, rows in found.items()]
    results.append(_summary("all", np.concatenate([np.stack(rows) for rows in found.values()])))
    path = write_results(f"other_spaces-{args.half}", {"trials": args.trials, "rows": results})
    _print(results)
    print(path)


def _by_kind(base: KnowledgeBase) -> list[list[Table]]:
    tables = list(base.full_tables)
    numbers = [table for table in tables if TaskKind.REGRESSION in table.kinds]
    return [[table for table in tables if table not in numbers], numbers]


def _asked(
    past: Past,
    models: Mapping[str, SpaceModel],
    name: str,
    task_id: str,
    *,
    n_trials: int,
    fits: dict[tuple[str, ...], OtherSpaces | None],
) -> FloatArray | None:
    """Regret after so many configurations and the first's gain over the default, shape ``(4, 5)``: a row for each way.

    None where the dataset has too few other spaces, or its scores hardly differ.
    """
    history, model = past.histories[name][task_id], models[name]
    signed = KNOWN_METRICS[past.metric].sign * history.scores
    signed = np.where(np.isnan(signed), np.nanmin(signed), signed)
    others = [other for other in models if other != name and task_id in past.histories[other]]
    rng = np.random.default_rng([ord(letter) for letter in f"{name} {task_id}"])
    if len(others) < 3 or signed.max() - signed.min() < MIN_SPREAD:
        return None
    first = int(rng.integers(len(others)))
    drawn = [*others, *others][first : first + 3]  # neighbours in the list: few sets, each of which is learned once
    known = {
        other: with_reported(models[other], [_some(past.histories[other][task_id], n_trials, rng)]) for other in drawn
    }
    meta_features = past.tasks[task_id].meta_features
    rows = []
    for used, given in (((), meta_features), (drawn[:1], meta_features), (drawn, meta_features), (drawn, None)):  # WAYS
        asking, names = model, tuple(sorted(used))
        if names:
            if names not in fits:
                fits[names] = OtherSpaces.of(model, {other: models[other] for other in names})
            fit = fits[names]
            asking = model if fit is None else fit.informed(model, known, task_id=task_id)
        rows.append(_regrets(asking.recommend(given, n=max(AFTER)), history, signed))
    return np.stack(rows)


def _some(history: TaskHistory, n: int, rng: np.random.Generator) -> TaskHistory:
    """The default and random others, `n` in all."""
    rows = np.concatenate([[0], 1 + rng.permutation(len(history.configurations) - 1)[: n - 1]])
    return TaskHistory(
        history.task,
        tuple(history.configurations[int(row)] for row in rows),
        history.scores[rows],
        history.durations_s[rows],
    )


def _regrets(answer: Recommendation, history: TaskHistory, signed: FloatArray) -> FloatArray:
    position = {configuration_key(one): row for row, one in enumerate(history.configurations)}
    rows = [position.get(configuration_key(one.configuration)) for one in answer.configurations]
    got = signed[
        [row for row in rows if row is not None]
    ]  # some spaces have fewer recorded configurations than are asked
    best = np.maximum.accumulate(got)[[min(n, len(got)) - 1 for n in AFTER]]
    regret: FloatArray = (signed.max() - best) / (signed.max() - signed.min())
    return np.append(regret, got[0] - signed[0])


def _summary(name: str, found: FloatArray) -> dict[str, object]:
    """Of shape ``(datasets, ways, 5)``."""
    ways: dict[str, object] = {}
    for place, way in enumerate(WAYS):
        regret, gain = found[:, place, :-1], found[:, place, -1]
        less = regret - found[:, 0, :-1]
        ways[way] = {
            "regret": [float(value) for value in regret.mean(axis=0)],
            "less_none": [[float(less[:, i].mean()), *bootstrap_interval(less[:, i])] for i in range(len(AFTER))],
            "won": int((gain > TIE).sum()),
            "lost": int((gain < -TIE).sum()),
            "harmed": int((gain < -HARM).sum()),
        }
    return {"name": name, "n_tasks": len(found), "ways": ways}


def _print(results: Sequence[Mapping[str, object]]) -> None:
    rows = []
    for result in results:
        for way, found in result["ways"].items():  # type: ignore[attr-defined]  # as `_summary` makes it
            less = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in found["less_none"]]
            regret = [f"{value:.3f}" for value in found["regret"]]
            counts = f"{found['won']}, {found['lost']} ({found['harmed']})"
            rows.append((str(result["name"]), str(result["n_tasks"]), way, *regret, counts, *less))
    columns = ("space, metric", "datasets", "other spaces", *(f"after {n}" for n in AFTER), "won, lost (harm)")
    print_table((*columns, *(f"less none, {n}" for n in AFTER)), rows)


if __name__ == "__main__":
    main()
