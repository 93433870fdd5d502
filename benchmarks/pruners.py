"""Pruners on real learning curves: epochs spent and the best score kept, against Optuna's own.

    python -m benchmarks.pruners [--configurations 40] [--past 20]

Linear classifiers are trained by stochastic gradient descent for 27 epochs on each of 14 tables (three that
scikit-learn includes, eleven that it generates), with random configurations; every epoch's accuracy on a validation
part is kept. Each table is left out in turn: the pruners see the same configurations in the same order, the past being
--past whole curves of each other table. Printed are the epochs spent, and how much the best complete trial is below the
best there is.
"""

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from benchmarks.stats import bootstrap_interval, print_table, write_results
from warmtune.optuna.promise import Curve, Promise
from warmtune.vocabulary.arrays import FloatArray

EPOCHS = 27
SPACE: dict[str, BaseDistribution] = {
    "loss": CategoricalDistribution(["hinge", "log_loss", "modified_huber"]),
    "alpha": FloatDistribution(1e-6, 1.0, log=True),
    "schedule": CategoricalDistribution(["constant", "invscaling", "adaptive"]),
    "rate": FloatDistribution(1e-4, 1.0, log=True),
}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a table's configurations scored after each epoch: shape ``(n, EPOCHS)``."""

    name: str
    configurations: tuple[dict[str, str | float], ...]
    curves: FloatArray


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configurations", type=int, default=40)
    parser.add_argument("--past", type=int, default=20)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trained = [_train(name, X, y, args.configurations, seed) for seed, (name, X, y) in enumerate(_tables())]
    found: dict[str, list[list[float]]] = {}
    for target in trained:
        past = [_curves(other)[: args.past] for other in trained if other is not target]
        for name, pruner in _pruners(past, len(target.configurations)):
            found.setdefault(name, []).append(_play(target, pruner))
    rows, body = [], {}
    for name, figures in found.items():
        values = np.array(figures)
        columns = [[float(column.mean()), *bootstrap_interval(column)] for column in values.T]
        n_lost = int((values[:, 1] > 0.005).sum())
        rows.append([name, *(f"{mean:.4f} [{low:.4f}, {high:.4f}]" for mean, low, high in columns), str(n_lost)])
        body[name] = {"epochs": columns[0], "lost": columns[1], "n_lost": n_lost}
    print(f"{len(trained)} tables, {args.configurations} configurations, {args.past} whole curves of each other table")
    print_table(["pruner", "share of epochs", "best score lost", "lost > .005"], rows)
    write_results("pruning", {"n_tables": len(trained), "pruners": body})


def _tables() -> list[tuple[str, FloatArray, FloatArray]]:
    tables = [(load.__name__, *load(return_X_y=True)) for load in (load_breast_cancer, load_digits, load_wine)]
    for seed in range(11):
        rng = np.random.default_rng(seed)
        n_informative = int(rng.integers(3, 15))
        X, y = make_classification(
            n_samples=int(rng.integers(300, 2_000)),
            n_features=n_informative + int(rng.integers(2, 20)),
            n_informative=n_informative,
            n_redundant=1,
            n_classes=int(rng.integers(2, 5)),
            class_sep=float(rng.uniform(0.4, 1.5)),
            flip_y=float(rng.uniform(0.0, 0.2)),
            random_state=seed,
        )
        tables.append((f"made {seed}", X, y))
    return tables


def _train(name: str, X: FloatArray, y: FloatArray, n: int, seed: int) -> Trained:
    """Random configurations, epoch by epoch."""
    X_fit, X_judge, y_fit, y_judge = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
    scaler = StandardScaler().fit(X_fit)
    X_fit, X_judge = scaler.transform(X_fit), scaler.transform(X_judge)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    configurations, curves = [], []
    for _ in range(n):
        params = study.ask(SPACE).params
        model = SGDClassifier(
            loss=params["loss"],
            alpha=params["alpha"],
            learning_rate=params["schedule"],
            eta0=params["rate"],
            random_state=seed,
        )
        curve = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of models that diverge: their scores tell
            for _ in range(EPOCHS):
                model.partial_fit(X_fit, y_fit, classes=np.unique(y))
                curve.append(float(model.score(X_judge, y_judge)))
        configurations.append(params)
        curves.append(curve)
    return Trained(name, tuple(configurations), np.array(curves))


def _curves(trained: Trained) -> list[Curve]:
    return [Curve.of(dict(enumerate(map(float, one), start=1)), float(one[-1])) for one in trained.curves]


class _Warm(optuna.pruners.BasePruner):
    """`WarmtunePruner`'s rule, given its past directly."""

    def __init__(self, past: Sequence[Sequence[Curve]], min_chance: float) -> None:
        self._past, self._min_chance = past, min_chance

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        """See `WarmtunePruner.prune`."""
        complete = [t for t in study.trials if t.state is optuna.trial.TrialState.COMPLETE]
        step = trial.last_step
        if step is None or len(complete) < 3:
            return False
        own = [Curve.of(t.intermediate_values, float(t.values[0])) for t in complete]
        others = [t.intermediate_values[step] for t in study.trials if t is not trial and step in t.intermediate_values]
        best = max(curve.final for curve in own)
        chance = Promise([*self._past, own]).chance(step, trial.intermediate_values[step], best, others)
        return chance is not None and chance < self._min_chance


def _pruners(past: Sequence[Sequence[Curve]], n: int) -> list[tuple[str, Callable[[], optuna.pruners.BasePruner]]]:
    del n
    return [
        ("none", optuna.pruners.NopPruner),
        ("WarmtunePruner, .05", lambda: _Warm(past, 0.05)),
        ("WarmtunePruner, .02", lambda: _Warm(past, 0.02)),
        ("MedianPruner", lambda: optuna.pruners.MedianPruner(n_startup_trials=3)),
        ("PercentilePruner(25)", lambda: optuna.pruners.PercentilePruner(25.0, n_startup_trials=3)),
        ("HyperbandPruner", lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=EPOCHS)),
        ("SuccessiveHalvingPruner", lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1)),
    ]


def _play(target: Trained, pruner: Callable[[], optuna.pruners.BasePruner]) -> list[float]:
    """Share of all epochs that were spent, and by how much the best complete trial is below the best of all."""
    study = optuna.create_study(direction="maximize", pruner=pruner(), study_name=target.name)
    spent = 0
    best = 0.0
    for params, curve in zip(target.configurations, target.curves, strict=True):
        study.enqueue_trial(params)
        trial = study.ask(SPACE)
        for epoch, score in enumerate(curve, start=1):
            trial.report(float(score), epoch)
            spent += 1
            if epoch < EPOCHS and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, float(curve[-1]))
            best = max(best, float(curve[-1]))
    return [spent / target.curves.size, float(target.curves[:, -1].max()) - best]


if __name__ == "__main__":
    main()
