"""LightGBM's own `cv` as the objective: warm from the shipped search space, and pruned while rounds are added.

python examples/lightgbm_cv.py
"""

from collections.abc import Callable

import lightgbm
import optuna
from sklearn.datasets import load_breast_cancer

import warmtune

N_TRIALS = 6
EVERY = 10  # rounds between two reports
FIXED = {
    "objective": "binary",
    "metric": "binary_logloss",
    "bagging_freq": 1,
    "verbose": -1,
    "num_threads": 1,
    "seed": 0,
}
SWITCHES = ("use_lambda_l1", "use_lambda_l2")  # of the search space, not LightGBM's: without one, its parameter is 0


def main() -> None:
    """Minimise the log loss of three folds."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    with warmtune.Client() as client:
        space = client.get_search_space("lightgbm", kind="binary").search_space

        def objective(trial: optuna.Trial) -> float:
            params = {name: v for name, v in warmtune.suggest(trial, space).items() if name not in SWITCHES}
            rounds = int(str(params.pop("n_estimators")))
            data = lightgbm.Dataset(X, y)
            found = lightgbm.cv(FIXED | params, data, rounds, nfold=3, seed=0, callbacks=[pruning(trial)])
            return float(found["valid binary_logloss-mean"][-1])

        sampler = warmtune.optuna.WarmtuneSampler(
            client, X, y, search_space="lightgbm", metric="log_loss", n_startup=3, seed=0
        )
        pruner = warmtune.optuna.WarmtunePruner(client, search_space="lightgbm", kind="binary", metric="log_loss")
        study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
        study.optimize(objective, n_trials=N_TRIALS)
    for trial in study.trials:
        print(f"trial {trial.number}: {trial.state.name.lower()}, {trial.value:.4f} after {trial.last_step} rounds")
    print(f"best: {study.best_value:.4f} by {study.best_params}")


def pruning(trial: optuna.Trial) -> Callable[[lightgbm.callback.CallbackEnv], None]:
    """A callback that reports the mean over folds, and ends the trial where the pruner says so."""

    def after_round(env: lightgbm.callback.CallbackEnv) -> None:
        rounds = env.iteration + 1
        if rounds % EVERY == 0:
            trial.report(env.evaluation_result_list[0][2], rounds)
            if trial.should_prune():
                raise optuna.TrialPruned

    return after_round


if __name__ == "__main__":
    main()
