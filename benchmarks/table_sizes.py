"""What the size of a table changes: fits on other numbers of rows as past tasks, and the same table at another size.

    python -m benchmarks.table_sizes FOLDER [--knowledge FILE] [--search-space lightgbm] [--groups 6]

FOLDER is that of the backfill, for descriptions of samples. A knowledge base has fits on a second number of rows for
some datasets (`python -m knowledge backfill`); as a task such a dataset is described by a random sample of that many
rows. Datasets are left out in --groups groups, each with its near copies; five configurations are recommended, and
looked up in the left-out dataset's own recorded scores. Targets are all datasets with both sizes, at either size.

- main: the past are all other datasets at the main size, as it ships.
- shifted: their maps are moved to the target's number of rows, by each configuration's mean change of utility a unit of
  the logarithm of rows, learned from the others' two sizes and shrunk by its standard error.
- and second: the others' second sizes are past tasks, too.
- and itself: the past is that of `main` and the target itself at the other size, as a table is that grew.
- itself first: the same, and a quarter of the weights goes to it.

Only configurations that are known at both sizes are used. Regret is normalised: 0 at the target's best recorded score,
1 at its worst. Writes results/table_sizes.json.
"""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.sampled_tasks import SampledTasks
from benchmarks.stats import bootstrap_interval, print_table, write_results
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.answers.harm import HARM_LIMIT
from metamodel.answers.recommendations import recommend
from metamodel.answers.weights import TaskWeights
from metamodel.embedding.near_copies import near_copies
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.completion import HIGHEST, LOWEST
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import Task

AT: Final = (1, 3, 5)
MIN_TASKS: Final = 20
"""With both sizes; fewer say nothing."""
PASTS: Final = ("main", "shifted", "and second", "and itself", "itself first")
ITSELF: Final = 0.25
"""Of the weights that the target at its other size gets beside those that the engine gives."""
TARGETS: Final = ("main size", "second size")
MAIN_ROWS: Final = 2_000
"""Of the main size, at most."""
TIE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Sizes:
    """One search space at two sizes; row ``i`` of both is the same dataset, column ``j`` the same configuration.

    Attributes:
        label: For tables.
        space: The search space.
        metric: Of the scores.
        configurations: ``C`` of them; the first is the default.
        past: All datasets of the main size with half of these configurations or more.
        tasks: ``T`` of them, which have both sizes, as all their rows describe them.
        main: Shape ``(T, C)``: signed scores at the main size; a failure has the worst score.
        second: Shape ``(T, C)``: likewise at the second size.
        n_rows: Of the second size.
    """

    label: str
    space: SearchSpace
    metric: str
    configurations: tuple[Configuration, ...]
    past: tuple[TaskHistory, ...]
    tasks: tuple[Task, ...]
    main: FloatArray
    second: FloatArray
    n_rows: int


def main() -> None:
    """Print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--knowledge", type=Path, default=SHIPPED)
    parser.add_argument("--search-space", action="append", help="by default all that have second sizes")
    parser.add_argument("--groups", type=int, default=6)
    args = parser.parse_args()
    base = read_knowledge(args.knowledge)
    copies = near_copies(base.tasks)
    samples = SampledTasks(args.folder)
    results = []
    for sizes in all_sizes(base, args.search_space):
        found = played(sizes, copies, samples, args.groups)
        results += [_summary(sizes, past, target, found) for past, target in found]
        print(f"{sizes.label}: {len(sizes.tasks)} datasets of {len(sizes.past)}", flush=True)
    head = ("table", "target", "past", "won, tied, lost", *(f"after {n}" for n in AT))
    print_table(head, [_row(result) for result in results])
    print_table((*head[:3], "less main", *head[4:]), [_row(r, "less") for r in results if r["past"] != PASTS[0]])
    print(write_results("table_sizes", results))


def _summary(sizes: Sizes, past: str, target: str, found: Mapping[tuple[str, str], IntArray]) -> dict[str, Any]:
    scores = sizes.main if target == TARGETS[0] else sizes.second
    picks, base = found[past, target], found[PASTS[0], target]
    regret = regret_of(picks, scores)
    gain = np.take_along_axis(scores, picks[:, :1], axis=1)[:, 0] - scores[:, 0]
    less = regret - regret_of(base, scores)
    return {
        "table": sizes.label,
        "n_tasks": len(sizes.tasks),
        "past": past,
        "target": target,
        "won": int((gain > TIE).sum()),
        "lost": int((gain < -TIE).sum()),
        "regret": [[float(at.mean()), *bootstrap_interval(at)] for at in regret.T],
        "less": [[float(at.mean()), *bootstrap_interval(at)] for at in less.T],
    }


def _row(result: dict[str, Any], of: str = "regret") -> tuple[str, ...]:
    sign = "" if of == "regret" else "+"
    tied = result["n_tasks"] - result["won"] - result["lost"]
    return (
        result["table"],
        result["target"],
        result["past"],
        f"{result['won']}, {tied}, {result['lost']}" if of == "regret" else "",
        *(f"{m:{sign}.3f} [{a:{sign}.3f}, {b:{sign}.3f}]" for m, a, b in result[of]),
    )


def all_sizes(base: KnowledgeBase, spaces: Collection[str] | None) -> Iterator[Sizes]:
    """Every search space and kind with enough datasets that were fitted at two sizes."""
    tasks = {task.task_id: task for task in base.tasks}
    for table in base.main_tables:
        if spaces is not None and table.search_space not in spaces:
            continue
        for other in base.tables:
            same = other.search_space == table.search_space and other.kinds == table.kinds
            if other.is_main or other.split != table.split or not same:
                continue
            for n_rows in np.unique(other.max_rows):
                found = _paired(table, other, int(n_rows), tasks)
                if found is not None and len(found.tasks) >= MIN_TASKS:
                    yield found


def _paired(table: Table, other: Table, n_rows: int, tasks: Mapping[str, Task]) -> Sizes | None:
    """Datasets of both tables, at `n_rows` in the other one, that tried nine tenths of the shared configurations."""
    metric = default_metric(next(iter(table.kinds)))
    sign = KNOWN_METRICS[metric].sign
    column = {configuration_key(c): i for i, c in enumerate(table.configurations)}
    keys = [configuration_key(c) for c in other.configurations]
    pairs = [(column[key], i) for i, key in enumerate(keys) if key in column]
    row = {task_id: i for i, task_id in enumerate(table.task_ids)}
    at = [(row[t], i) for i, t in enumerate(other.task_ids) if t in row and other.max_rows[i] == n_rows]
    at = [(main, second) for main, second in at if table.max_rows[main] != n_rows]
    if not at or not pairs:
        return None
    (left, right), (rows, others) = np.array(pairs).T, np.array(at).T
    tried = (table.status[np.ix_(rows, left)] != 0) & (other.status[np.ix_(others, right)] != 0)
    common = tried.mean(axis=0) > 0.9
    whole = tried[:, common].all(axis=1)
    rows, others, left, right = rows[whole], others[whole], left[common], right[common]
    space = find_entry(table.search_space, next(iter(table.kinds))).space
    configurations = tuple(table.configurations[int(i)] for i in left)
    past = []
    for i, task_id in enumerate(table.task_ids):
        scores = table.scores[metric][i, left]
        known = np.flatnonzero(~np.isnan(scores))
        if len(known) >= len(left) / 2:
            chosen = tuple(configurations[int(k)] for k in known)
            past.append(TaskHistory(tasks[task_id], chosen, scores[known], np.full(len(known), np.nan)))
    main, second = sign * table.scores[metric][np.ix_(rows, left)], sign * other.scores[metric][np.ix_(others, right)]
    return Sizes(
        label=f"{table.search_space}, {metric}, {n_rows} rows",
        space=space,
        metric=metric,
        configurations=configurations,
        past=tuple(past),
        tasks=tuple(tasks[table.task_ids[int(i)]] for i in rows),
        main=_filled(main),
        second=_filled(second),
        n_rows=n_rows,
    )


def _filled(scores: FloatArray) -> FloatArray:
    return np.where(np.isnan(scores), np.nanmin(scores, axis=1, keepdims=True), scores)


def played(
    sizes: Sizes, copies: Mapping[str, frozenset[str]], samples: SampledTasks, n_groups: int
) -> dict[tuple[str, str], IntArray]:
    """Columns of the recommended configurations, shape ``(T, 5)``, for each past and target."""
    n_tasks = len(sizes.tasks)
    found = {(past, target): np.zeros((n_tasks, AT[-1]), dtype=np.intp) for past in PASTS for target in TARGETS}
    small = [samples.task(task, sizes.n_rows) for task in sizes.tasks]
    second = [_history(sizes, task, scores) for task, scores in zip(small, sizes.second, strict=True)]
    by_id = {history.task.task_id: history for history in sizes.past}
    for group in groups(n_tasks, n_groups):
        hidden = {name for row in group for name in (sizes.tasks[row].task_id, *copies[sizes.tasks[row].task_id])}
        main = [history for task_id, history in by_id.items() if task_id not in hidden]
        others = [second[row] for row, task in enumerate(sizes.tasks) if task.task_id not in hidden]
        own = [by_id[sizes.tasks[row].task_id] for row in group]
        alone, both = _fit(sizes, main), _fit(sizes, [*main, *others])
        slope = _slope(sizes, [row for row, task in enumerate(sizes.tasks) if task.task_id not in hidden])
        itself = (_fit(sizes, [*main, *(second[row] for row in group)]), _fit(sizes, [*main, *own]))
        for row in group:
            either = (sizes.tasks[row], small[row])
            exclude = {o.task_id for r in group if r != row for o in (sizes.tasks[r], small[r])}
            for target, task, other, grown in zip(TARGETS, either, either[::-1], itself, strict=True):
                shifted = _shifted(alone, sizes, slope, samples, target)
                weights = grown.weigh(task.meta_features, exclude)
                at = [history.task.task_id for history in grown.histories].index(other.task_id)
                near = (1.0 - ITSELF) * weights.near
                near[at] += ITSELF
                first = replace(weights, near=near)
                found["main", target][row] = _recommended(alone, sizes, task)
                found["shifted", target][row] = _recommended(shifted, sizes, task)
                found["and second", target][row] = _recommended(both, sizes, task)
                found["and itself", target][row] = _recommended(grown, sizes, task, weights)
                found["itself first", target][row] = _recommended(grown, sizes, task, first)
    return found


def groups(n: int, n_groups: int) -> list[list[int]]:
    """Rows that are left out together."""
    order = np.random.default_rng(0).permutation(n)
    return [order[start::n_groups].tolist() for start in range(min(n_groups, n))]


def _history(sizes: Sizes, task: Task, signed: FloatArray) -> TaskHistory:
    scores = KNOWN_METRICS[sizes.metric].sign * signed
    return TaskHistory(task, sizes.configurations, scores, np.full(len(scores), np.nan))


def _fit(sizes: Sizes, histories: Sequence[TaskHistory]) -> SpaceModel:
    return fit_model(sizes.space, histories, metric=sizes.metric, direction=KNOWN_METRICS[sizes.metric])


def _recommended(model: SpaceModel, sizes: Sizes, task: Task, weights: TaskWeights | None = None) -> list[int]:
    """Columns; the engine picks what was tried or the default, which are columns."""
    column = {configuration_key(c): i for i, c in enumerate(sizes.configurations)}
    weights = model.weigh(task.meta_features) if weights is None else weights
    answer = recommend(model, weights, n=AT[-1], time_budget_s=None, seed=0, harm_limit=HARM_LIMIT)
    return [column[configuration_key(ranked.configuration)] for ranked in answer.configurations]


def _slope(sizes: Sizes, rows: Sequence[int]) -> FloatArray:
    """Change of each configuration's utility a unit of the logarithm of rows, shape ``(C,)``."""
    change = 1.0 - _regret(sizes.second)[rows] - (1.0 - _regret(sizes.main)[rows])
    slopes = change / np.log(sizes.n_rows / MAIN_ROWS)
    mean, error = slopes.mean(axis=0), slopes.std(axis=0) / np.sqrt(len(rows))
    shrunk: FloatArray = mean * np.maximum(0.0, 1.0 - (error / np.maximum(np.abs(mean), 1e-12)) ** 2)
    return shrunk


def _shifted(model: SpaceModel, sizes: Sizes, slope: FloatArray, samples: SampledTasks, target: str) -> SpaceModel:
    """The model with maps at the target's number of rows."""
    assert model.maps is not None  # fitted on scores; narrows the type
    column = {configuration_key(c): i for i, c in enumerate(sizes.configurations)}
    at = [column.get(configuration_key(anchor), -1) for anchor in model.maps.anchors]
    slopes = np.where(np.array(at) >= 0, slope[at], 0.0)
    n_rows = MAIN_ROWS if target == TARGETS[0] else sizes.n_rows
    used = np.array([min(samples.n_rows(history.task.name), MAIN_ROWS) for history in model.histories])
    mean = model.maps.mean + np.log(n_rows / used)[:, None] * slopes
    return replace(model, maps=replace(model.maps, mean=np.clip(mean, LOWEST, HIGHEST)))


def _regret(scores: FloatArray) -> FloatArray:
    """Normalised, shape ``(T, C)``."""
    best, worst = scores.max(axis=1, keepdims=True), scores.min(axis=1, keepdims=True)
    regret: FloatArray = (best - scores) / np.maximum(best - worst, 1e-12)
    return regret


def regret_of(picks: IntArray, scores: FloatArray) -> FloatArray:
    """Normalised regret of the best of the first picks, shape ``(T, len(AT))``."""
    regret = np.take_along_axis(_regret(scores), picks, axis=1)
    return np.minimum.accumulate(regret, axis=1)[:, [n - 1 for n in AT]]


if __name__ == "__main__":
    main()
