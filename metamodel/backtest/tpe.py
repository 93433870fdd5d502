"""Cold TPE of Optuna on a recorded table: a study that knows nothing but its own trials."""

import numpy as np
import optuna

from metamodel.backtest.records import TargetTable
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.optuna_trial import ask_trial
from warmtune.vocabulary.work import check_wanted


def cold_tpe(table: TargetTable, *, direction: Direction, n_trials: int, seed: int) -> list[int]:
    """The rows that TPE with its own defaults tries.

    What it suggests is looked up at the nearest recorded configuration, the same one again if need be: it gets the
    score as that of its own suggestion, so that its density estimates see no grid. A failed trial is reported as such.

    Args:
        table: Of the target.
        direction: Which way is better.
        n_trials: Rows to return.
        seed: Of the sampler.
    """
    study = optuna.create_study(direction=direction.value, sampler=optuna.samplers.TPESampler(seed=seed))
    rows: list[int] = []
    for _ in range(n_trials):
        check_wanted()
        trial = study.ask()
        row = table.nearest(ask_trial(trial, table.cube.space))
        rows.append(row)
        score = float(table.history.scores[row])
        if np.isnan(score):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, score)
    return rows
