"""Leave datasets out of the knowledge base and recommend for them: does the advice help, and does it ever harm?

    python -m benchmarks.leave_one_out [--knowledge FILE] [--metric accuracy --metric r2] [--groups 6]

For every search space the datasets are left out in --groups random groups, each with its near copies. A model is
fitted on all OTHER datasets and asked for five configurations, and these are looked up in a left-out dataset's own
recorded trials. With as many groups as datasets each is left out alone, which takes as much longer.

- first: the first recommended configuration against the library's default (a win is more than 0.001 better; it harms
  where it is more than 0.01 worse);
- best of 5: against the exact expected best of 5 random ones among the recorded configurations other
  than the default (space-filling ones and some around the default).

Failed trials count as the worst recorded score of their dataset.
"""

import argparse
from collections.abc import Iterator, Sequence
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table, write_results
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.embedding.near_copies import near_copies
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction, default_metric
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import Task

N_RECOMMENDED = 5
TIE = 0.001
HARM = 0.01


def main() -> None:
    """Print the table and write ``results/leave_one_out.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--knowledge", type=Path, default=SHIPPED)
    parser.add_argument("--metric", action="append", help="default: accuracy and r2")
    parser.add_argument("--groups", type=int, default=6, help="of datasets that are left out together")
    args = parser.parse_args()
    base = read_knowledge(args.knowledge)
    copies = near_copies(base.tasks)
    pairs = sorted(
        {tuple(sorted((t.name, o.name))) for t in base.tasks for o in base.tasks if o.task_id in copies[t.task_id]}
    )
    print(f"knowledge base {base.version}: {len(base.tasks)} tasks; near copies: {pairs or 'none'}\n")
    rows, results = [], []
    for table in base.full_tables:
        kind = next(iter(table.kinds))
        for metric in args.metric or [default_metric(kind)]:
            if metric in table.scores:
                result = evaluate(base, table, metric, copies, n_groups=args.groups)
                results.append(result)
                rows.append(_row(result))
    print_table(
        (
            "search space, metric",
            "tasks",
            "won",
            "tied",
            "lost",
            "harmed",
            "first - default",
            "best of 5 - random 5",
            "regret",
            "random",
        ),
        rows,
    )
    print("\nmeans over datasets in units of the metric (positive: better), 95 % bootstrap intervals over datasets;")
    print("regret: normalised, of the best of 5 recommended and of the expected best of 5 random ones")
    print(write_results("leave_one_out", results))


def evaluate(
    base: KnowledgeBase, table: Table, metric: str, copies: dict[str, frozenset[str]], *, n_groups: int
) -> dict[str, object]:
    """All figures of one search space under one metric."""
    tasks = {task.task_id: task for task in base.tasks}
    kind = tasks[table.task_ids[0]].kind
    direction = KNOWN_METRICS[metric]
    space = find_entry(table.search_space, kind).space
    histories = [_history(tasks[t], table, row, metric) for row, t in enumerate(table.task_ids)]
    histories = [history for history in histories if not np.isnan(history.scores).all()]
    position = {configuration_key(c): i for i, c in enumerate(table.configurations)}
    first, default, best5, random5, regret5, regret_random = [], [], [], [], [], []
    for history, model in left_out(histories, copies, space, metric, direction, n_groups=n_groups):
        answer = model.recommend(history.task.meta_features, n=N_RECOMMENDED)
        signed = direction.sign * history.scores
        signed = np.where(np.isnan(signed), np.nanmin(signed), signed)
        got = [float(signed[position[configuration_key(r.configuration)]]) for r in answer.configurations]
        first.append(got[0])
        default.append(float(signed[0]))
        best5.append(max(got))
        random5.append(expected_best(signed[1:], N_RECOMMENDED))
        width = max(float(signed.max() - signed.min()), 1e-12)
        regret5.append((signed.max() - max(got)) / width)
        regret_random.append((signed.max() - random5[-1]) / width)
    gain_first, gain5 = np.array(first) - np.array(default), np.array(best5) - np.array(random5)
    return {
        "search_space": table.search_space,
        "kinds": sorted(table.kinds),
        "metric": metric,
        "n_tasks": len(first),
        "won": int((gain_first > TIE).sum()),
        "tied": int((np.abs(gain_first) <= TIE).sum()),
        "lost": int((gain_first < -TIE).sum()),
        "harmed": int((gain_first < -HARM).sum()),
        "first_minus_default": [float(gain_first.mean()), *bootstrap_interval(gain_first)],
        "best5_minus_random5": [float(gain5.mean()), *bootstrap_interval(gain5)],
        "regret_best5": [float(np.mean(regret5)), *bootstrap_interval(np.array(regret5))],
        "regret_random5": [float(np.mean(regret_random)), *bootstrap_interval(np.array(regret_random))],
    }


def left_out(  # what a model is fitted on belongs together
    histories: Sequence[TaskHistory],
    copies: dict[str, frozenset[str]],
    space: SearchSpace,
    metric: str,
    direction: Direction,
    *,
    n_groups: int,
) -> Iterator[tuple[TaskHistory, SpaceModel]]:
    """Each dataset once, with a model that was fitted without it, its near copies and its group."""
    order = np.random.default_rng(0).permutation(len(histories))
    for start in range(min(n_groups, len(histories))):
        group = [histories[int(row)] for row in order[start::n_groups]]
        hidden = {name for h in group for name in (h.task.task_id, *copies[h.task.task_id])}
        others = [h for h in histories if h.task.task_id not in hidden]
        model = fit_model(space, others, metric=metric, direction=direction)
        yield from ((history, model) for history in group)


def expected_best(scores: FloatArray, n: int) -> float:
    """Expected maximum of `n` draws without replacement; exact."""
    ordered = np.sort(scores)
    total = comb(len(ordered), n)
    return float(sum(value * comb(rank, n - 1) / total for rank, value in enumerate(ordered)))


def _history(task: Task, table: Table, row: int, metric: str) -> TaskHistory:
    return TaskHistory(task, table.configurations, table.scores[metric][row], table.durations_s[row])


def _row(result: dict[str, Any]) -> tuple[str, ...]:
    def interval(key: str, digits: int) -> str:
        mean, low, high = result[key]
        return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    return (
        f"{result['search_space']}, {result['metric']}",
        str(result["n_tasks"]),
        str(result["won"]),
        str(result["tied"]),
        str(result["lost"]),
        str(result["harmed"]),
        interval("first_minus_default", 4),
        interval("best5_minus_random5", 4),
        interval("regret_best5", 3),
        interval("regret_random5", 3),
    )


if __name__ == "__main__":
    main()
