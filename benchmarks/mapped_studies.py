"""What studies over another edition of a search space are worth: `python -m benchmarks.mapped_studies`.

The SVM of the shipped knowledge base is asked for under an edited search space: `C` is called `cost` and begins later,
so does `gamma_scale`, and `class_weight` is gone. Some tasks have trials over the edited space itself, the others over
the older one only. Every task is left out once, in 5 groups. Adaptive suggestions have learned from the own ones only,
from these and the mapped others, or from these and others whose scores are negated: how far relatives that mislead take
it.
"""

from dataclasses import replace

import numpy as np
from optuna.distributions import FloatDistribution

from benchmarks.knowledge_tables import load_table
from benchmarks.stats import print_table, write_results
from benchmarks.tables import TuningTable
from metamodel.backtest.leave_one_out import BacktestOptions, backtest
from metamodel.backtest.records import RecordedTask, RecordedTasks
from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest, estimate
from metamodel.mapping.history import map_history
from metamodel.mapping.missing_parameters import NeighbourFiller
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.space import SearchSpace

N_OWN = (0, 5, 15)
CHECKPOINTS = (1, 2, 3, 5, 10)
EDITED = SearchSpace(
    {"cost": FloatDistribution(0.1, 1_000.0, log=True), "gamma_scale": FloatDistribution(0.01, 100.0, log=True)},
    defaults={"cost": 1.0, "gamma_scale": 1.0},
    aliases={"cost": ("C",)},
)


def over_edited(history: TaskHistory) -> TaskHistory:
    """The trials that the edited search space has, as if they had been made over it."""
    fits = [
        i
        for i, c in enumerate(history.configurations)
        if c["class_weight"] is None and float(c["C"]) >= 0.1 and float(c["gamma_scale"]) >= 0.01  # type: ignore[arg-type]
    ]
    edited = tuple(
        {"cost": history.configurations[i]["C"], "gamma_scale": history.configurations[i]["gamma_scale"]} for i in fits
    )
    return TaskHistory(history.task, edited, history.scores[fits], history.durations_s[fits])


def replayed(table: TuningTable, n_own: int, *, sign: float | None) -> Backtest:
    """Leave every task out; `sign` is that of the mapped scores, None where nothing is mapped."""
    older = [table.history(row) for row in range(len(table.tasks))]
    truth = [over_edited(history) for history in older]
    own = set(np.random.default_rng(n_own).choice(len(older), n_own, replace=False).tolist())
    fill = NeighbourFiller.of(EDITED, [c for row in own for c in truth[row].configurations])
    tasks = []
    for row, history in enumerate(older):
        known = TaskHistory(history.task, (), np.zeros(0), np.zeros(0))
        if row in own:
            known = truth[row]
        elif sign is not None:
            mapped = map_history(history, source=table.space, target=EDITED, fill=fill).history
            known = replace(mapped, scores=sign * mapped.scores)
        tasks.append(RecordedTask(truth[row], known, table.groups[row]))
    options = BacktestOptions(n_trials=10, methods=frozenset({Method.ADAPTIVE, Method.DEFAULT}), n_folds=5)
    return backtest(RecordedTasks(EDITED, table.metric, table.direction, tuple(tasks)), options)


def main() -> None:
    """Replay all, print and write."""
    table = load_table("svm_rbf-classification")
    rows, results = [], []
    for n_own in N_OWN:
        base: Backtest | None = None
        for name, sign in (("own only", None), ("and mapped", 1.0), ("and negated", -1.0)):
            if n_own == 0 and sign is None:
                continue
            found = replayed(table, n_own, sign=sign)
            base = base or found
            columns = [n - 1 for n in CHECKPOINTS]
            means = [b.regret[Method.ADAPTIVE][:, columns].mean(axis=1) for b in (found, base)]
            difference = estimate(means[0] - means[1])
            regret = {n: found.after(Method.ADAPTIVE, n).mean for n in CHECKPOINTS}
            default = found.after(Method.DEFAULT, 1).mean
            results.append(
                {"n_own": n_own, "learned_from": name, "regret": regret, "default": default}
                | {"against_own": [difference.mean, difference.low, difference.high]}
            )
            interval = f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
            rows.append([f"{n_own} {name}", *(f"{value:.3f}" for value in regret.values()), interval])
    print_table(["own tasks, learned from", *(str(n) for n in CHECKPOINTS), "mean against the first"], rows)
    write_results("mapped_studies", results)


if __name__ == "__main__":
    main()
