"""A search space of your own: registered once, and warm as soon as three datasets of a kind were tuned.

python examples/own_search_space.py
"""

import optuna
import pandas as pd
from optuna.distributions import CategoricalDistribution, FloatDistribution
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import warmtune

NAME = "example_svc"
SPACE = warmtune.SearchSpace(
    {
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "gamma": FloatDistribution(1e-4, 1.0, log=True),
    },
    (warmtune.Condition("gamma", "kernel", ("rbf",)),),  # a linear kernel has no gamma
    defaults={"kernel": "rbf", "C": 1.0, "gamma": 0.1},
)


def main() -> None:
    """Tune on three datasets, then start on a fourth from what was found."""
    with warmtune.Client() as client:
        client.put_search_space(NAME, SPACE)
        tune(client, "iris", *load_iris(return_X_y=True, as_frame=True))
        tune(client, "wine", *load_wine(return_X_y=True, as_frame=True))
        X, y = load_digits(return_X_y=True, as_frame=True)
        for name, rows in (("digits to 4", y < 5), ("digits from 5", y >= 5)):
            tune(client, name, X[rows][::3], y[rows][::3])


def tune(client: warmtune.Client, name: str, X: pd.DataFrame, y: pd.Series) -> None:
    """A study of one dataset, by the sampler that goes on adapting; finished trials are reported."""

    def objective(trial: optuna.Trial) -> float:
        model = make_pipeline(StandardScaler(), SVC(**warmtune.suggest(trial, SPACE)))
        return float(cross_val_score(model, X, y, cv=5).mean())

    sampler = warmtune.optuna.WarmtuneSampler(client, X, y, search_space=NAME, metric="accuracy", n_startup=3, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=6)
    values = ", ".join(f"{trial.value:.3f}" for trial in study.trials)
    print(f"{name}: started from {study.user_attrs['warmtune:batch']['strategy']}: {values}")


if __name__ == "__main__":
    main()
