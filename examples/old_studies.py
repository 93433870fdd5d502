"""Old studies become history: file what an Optuna storage holds, then start a new study from it.

    python examples/old_studies.py

The storage is a journal in a temporary folder, filled by a stand-in for your past. Filing the same studies again adds
nothing; a service has something to say of a search space once it knows three datasets of a kind.
"""

import tempfile
from pathlib import Path

import optuna
import pandas as pd
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

import warmtune

SPACE = {"max_depth": IntDistribution(1, 12), "ccp_alpha": FloatDistribution(1e-4, 0.1, log=True)}


def main() -> None:
    """File the old studies, and print what a new one starts from."""
    tables = past_tables()
    X_new, y_new = tables.pop("digits from 5")
    with tempfile.TemporaryDirectory() as folder, warmtune.Client() as client:
        storage = JournalStorage(JournalFileBackend(str(Path(folder) / "journal.log")))
        tune_without_warmtune(tables, storage)
        for name in optuna.get_all_study_names(storage):
            old = optuna.load_study(study_name=name, storage=storage)
            task = warmtune.describe_task(
                *tables[name], metric="accuracy", name=name
            )  # or only X and y, without a name
            filed = client.report(old, task, search_space=SPACE, metric="accuracy")
            print(f"{name}: {filed.complete} complete trials filed, best {old.best_value:.4f}")
        new = optuna.create_study(direction="maximize")
        print(client.warm_start(new, X_new, y_new, search_space=SPACE, metric="accuracy", n=3))


def past_tables() -> dict[str, tuple[pd.DataFrame, pd.Series]]:
    """Features and target of four datasets by name."""
    X, y = load_digits(return_X_y=True, as_frame=True)
    return {
        "iris": load_iris(return_X_y=True, as_frame=True),
        "wine": load_wine(return_X_y=True, as_frame=True),
        "digits to 4": (X[y < 5][::3], y[y < 5][::3]),
        "digits from 5": (X[y >= 5][::3], y[y >= 5][::3]),
    }


def tune_without_warmtune(tables: dict[str, tuple[pd.DataFrame, pd.Series]], storage: JournalStorage) -> None:
    """A study of each dataset, as there were before Warmtune."""
    for name, (X, y) in tables.items():

        def objective(trial: optuna.Trial, X: pd.DataFrame = X, y: pd.Series = y) -> float:
            depth = trial.suggest_int("max_depth", 1, 12)
            alpha = trial.suggest_float("ccp_alpha", 1e-4, 0.1, log=True)
            model = DecisionTreeClassifier(max_depth=depth, ccp_alpha=alpha, random_state=0)
            return float(cross_val_score(model, X, y, cv=3).mean())

        sampler = optuna.samplers.TPESampler(seed=0)
        study = optuna.create_study(study_name=name, storage=storage, direction="maximize", sampler=sampler)
        study.optimize(objective, n_trials=12)


if __name__ == "__main__":
    main()
