"""Real Optuna studies of toy objectives, in a real storage."""

import gzip
import os
import tempfile
import warnings
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
RECORDED = Path(__file__).parent.parent / "data" / "optuna-3.6.db.gz"


def scratch_database() -> str:
    """The path of a new SQLite file, in memory where the system has such a folder: Optuna waits for the disk often."""
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return str(Path(tempfile.mkdtemp(prefix="warmtune-test-", dir=folder)) / "optuna.db")


def recorded(folder: Path) -> Path:
    """The file that Optuna 3.6 has written."""
    path = folder / "optuna-3.6.db"
    path.write_bytes(gzip.decompress(RECORDED.read_bytes()))
    return path


def journal(path: Path) -> JournalStorage:
    """A journal storage."""
    return JournalStorage(JournalFileBackend(str(path)))


def conditional(trial: optuna.Trial) -> float:
    """A define-by-run objective with pruning and failures."""
    model = trial.suggest_categorical("model", ["svm", "forest", "linear"])
    if model == "svm":
        c = trial.suggest_float("C", 1e-3, 1e3, log=True)
        score = 0.8 + 0.01 * c / (1 + c)
    elif model == "forest":
        depth = trial.suggest_int("max_depth", 1, 16)
        score = 0.6 + depth / 100 + (trial.suggest_float("subsample", 0.5, 1.0, step=0.1) if depth > 8 else 0.0) / 100
    else:
        score = 0.7 if trial.suggest_categorical("penalty", ["l1", None]) else 0.71
    for step in range(3):
        trial.report(score * (1 - 0.5 ** (step + 1)), step)
    if trial.number % 7 == 3:
        raise ValueError("fails")
    if trial.number % 5 == 4:
        raise optuna.TrialPruned
    return score


def fill(storage: str | JournalStorage, *, n_studies: int = 2, n_trials: int = 30) -> None:
    """Conditional studies, and one of every odd kind."""
    for number in range(n_studies):
        study = optuna.create_study(
            storage=storage,
            study_name=f"conditional {number}",
            direction="maximize",
            sampler=optuna.samplers.RandomSampler(seed=number),
        )
        study.set_user_attr("dataset", f"toy {number}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # metric names are experimental
            study.set_metric_names(["val_acc"])
        study.optimize(conditional, n_trials=n_trials, catch=(ValueError,))
    pair = optuna.create_study(storage=storage, study_name="pair", directions=["minimize", "maximize"])
    pair.optimize(lambda t: (t.suggest_float("x", 0, 1), 2.0), n_trials=3)
    odd = optuna.create_study(storage=storage, study_name="odd", direction="minimize")
    x: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}
    odd.add_trial(create_trial(params={"x": 0.1}, distributions=x, value=float("inf")))
    odd.add_trial(create_trial(params={"x": 0.2}, distributions={"x": FloatDistribution(0, 2)}, value=0.5))
    choices: dict[str, BaseDistribution] = {
        "x": FloatDistribution(0, 1),
        "c": CategoricalDistribution([None, True, 1.5]),
    }
    odd.add_trial(create_trial(params={"x": 0.3, "c": True}, distributions=choices, value=0.25))
    odd.add_trial(create_trial(params={"x": 0.3, "c": 1.5}, distributions=choices, value=0.75))
    violated = {"constraints": [0.5, -1.0]}
    odd.add_trial(create_trial(params={"x": 0.9}, distributions=x, value=0.9, system_attrs=violated))
    odd.add_trial(create_trial(params={"x": 0.4}, distributions=x, state=TrialState.RUNNING))
