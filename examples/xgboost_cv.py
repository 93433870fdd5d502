"""XGBoost's own `cv` as the objective: warm from the shipped search space, and pruned while rounds are added.

python examples/xgboost_cv.py
"""

import optuna
import xgboost
from sklearn.datasets import load_breast_cancer

import warmtune

N_TRIALS = 6
EVERY = 10  # rounds between two reports
FIXED = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist", "nthread": 1, "seed": 0}
SWITCHES = ("use_reg_alpha", "use_max_leaves")  # of the search space, not XGBoost's: without one, its parameter is 0


class Pruning(xgboost.callback.TrainingCallback):  # type: ignore[misc]  # of a library without types here
    """Reports the mean over folds, and ends the trial where the pruner says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def after_iteration(
        self, model: object, epoch: int, evals_log: dict[str, dict[str, list[tuple[float, float]]]]
    ) -> bool:
        """Report every tenth round; False is: go on."""
        rounds = epoch + 1
        if rounds % EVERY == 0:
            self._trial.report(evals_log["test"]["logloss"][-1][0], rounds)
            if self._trial.should_prune():
                raise optuna.TrialPruned
        return False


def main() -> None:
    """Minimise the log loss of three folds."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    data = xgboost.DMatrix(X, y)
    with warmtune.Client() as client:
        space = client.get_search_space("xgboost", kind="binary").search_space

        def objective(trial: optuna.Trial) -> float:
            params = {name: v for name, v in warmtune.suggest(trial, space).items() if name not in SWITCHES}
            rounds = int(str(params.pop("n_estimators")))
            found = xgboost.cv(
                FIXED | params,
                data,
                rounds,
                nfold=3,
                stratified=True,
                seed=0,
                as_pandas=False,
                callbacks=[Pruning(trial)],
            )
            return float(found["test-logloss-mean"][-1])

        sampler = warmtune.optuna.WarmtuneSampler(
            client, X, y, search_space="xgboost", metric="log_loss", n_startup=3, seed=0
        )
        pruner = warmtune.optuna.WarmtunePruner(client, search_space="xgboost", kind="binary", metric="log_loss")
        study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
        study.optimize(objective, n_trials=N_TRIALS)
    for trial in study.trials:
        print(f"trial {trial.number}: {trial.state.name.lower()}, {trial.value:.4f} after {trial.last_step} rounds")
    print(f"best: {study.best_value:.4f} by {study.best_params}")


if __name__ == "__main__":
    main()
