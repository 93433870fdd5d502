"""First use with Optuna: a study that starts from what worked on similar tables.

    python examples/first_use.py

The service is that of WARMTUNE_URL; without one, a service is started on this machine where it is installed.
"""

import optuna
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score

import warmtune

N_RECOMMENDED = 3
N_TRIALS = 5


def main() -> None:
    """Recommend, tune and report; print what came from where."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    with warmtune.Client() as client:
        space = client.get_search_space("knn", kind="binary").search_space

        def objective(trial: optuna.Trial) -> float:
            model = warmtune.build("knn", warmtune.suggest(trial, space), X, kind="binary")
            return float(cross_val_score(model, X, y, cv=5).mean())

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        print(client.warm_start(study, X, y, search_space="knn", metric="accuracy", n=N_RECOMMENDED))
        study.optimize(objective, n_trials=N_TRIALS)
        for trial in study.trials:
            print(f"trial {trial.number}: {trial.value:.4f}, {trial.user_attrs.get('warmtune:strategy', 'sampled')}")
        print(client.report(study))
    print(f"best: {study.best_value:.4f} by {study.best_params}")


if __name__ == "__main__":
    main()
