"""Two objectives, score and seconds, on recorded tables: dominated hypervolume after 10, 20 and 40 trials.

    python -m benchmarks.two_objectives TABLE ... [--tasks 16] [--trials 40] [--known 50]

TABLE is a folder with space.json, trials.parquet (with durations) and metafeatures.parquet, or the name of a table of
the shipped knowledge base. The objectives are the score and the logarithm of the seconds. Each target is left out with
its near copies; of each past task a random choice of --known trials is known. Every proposal is answered by the nearest
recorded configuration not tried yet. Opponents are Optuna's TPE and NSGA-II, which try the library's default first. The
volume is that of both objectives scaled to the target's recorded range, in the share of what the whole table dominates.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna
from optuna.study import StudyDirection

from benchmarks.recorded_game import RecordedGame
from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer_table import Fold, Material, load_material, plan_folds, timed_targets
from metamodel.answers.hypervolume import volume
from metamodel.engine import SpaceModel, fit_model
from metamodel.several import recommend_several, suggest_several
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial

AT = (1, 3, 5, 10, 20, 40)
METHODS = ("warm, both known", "warm, first known", "TPE", "NSGA-II")


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--known", type=int, default=50)
    parser.add_argument("--folds", type=int, default=2)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in args.table:
        material = load_material(name)
        targets = timed_targets(material, args.tasks)
        curves: dict[str, list[FloatArray]] = {method: [] for method in METHODS}
        for fold in plan_folds(material, targets, n_folds=args.folds, n_known=args.known, n_past=None, history=0):
            models = _models(material, fold)
            for target in fold.targets:
                game = RecordedGame(material, int(target))
                curves[METHODS[0]].append(_curve(game, _warm(game, models), args.trials))
                blind = (models[0], replace(models[1], maps=None, histories=(), embedding=None, outcomes=None))
                blind = (blind[0], replace(blind[1], places=np.zeros((0, 0))))
                curves[METHODS[1]].append(_curve(game, _warm(game, blind), args.trials))
                for method, sampler in (
                    ("TPE", optuna.samplers.TPESampler(seed=int(target))),
                    ("NSGA-II", optuna.samplers.NSGAIISampler(seed=int(target))),
                ):
                    curves[method].append(_curve(game, _optuna(game, sampler), args.trials))
        _report(name, {method: np.array(found) for method, found in curves.items()}, args.trials)


def _curve(game: RecordedGame, propose: Callable[[list[int]], Configuration | int], n: int) -> FloatArray:
    """Share of the table's volume after each trial."""
    tried: list[int] = []
    whole = volume(game.gains, np.zeros(2) - 1e-9)
    found = []
    while len(tried) < min(n, len(game.has)):
        asked = propose(tried)
        tried.append(asked if isinstance(asked, int) else game.nearest(asked, tried))
        found.append(volume(game.gains[tried], np.zeros(2) - 1e-9) / whole)
    return np.pad(np.array(found), (0, n - len(found)), mode="edge")


def _models(material: Material, fold: Fold) -> tuple[SpaceModel, SpaceModel]:
    table = material.table
    histories = [table.history(int(task), at) for task, at in zip(fold.past, fold.known, strict=True)]
    timed = []
    for history in histories:
        with np.errstate(divide="ignore", invalid="ignore"):
            log_seconds = np.log10(history.durations_s)
        timed.append(replace(history, scores=np.where(np.isfinite(log_seconds), log_seconds, np.nan)))
    return (
        fit_model(table.space, histories, metric=table.metric, direction=table.direction),
        fit_model(table.space, timed, metric="log10_seconds", direction=Direction.MINIMIZE),
    )


def _warm(game: RecordedGame, models: tuple[SpaceModel, SpaceModel]) -> Callable[[list[int]], Configuration | int]:
    meta = game.task.meta_features
    batch = recommend_several(models, meta, n=3).configurations

    def propose(tried: list[int]) -> Configuration | int:
        if len(tried) < len(batch):
            return batch[len(tried)].configuration
        trials = [
            Trial(number, game.configuration(row), values=(float(game.values[row, 0]), float(game.values[row, 1])))
            for number, row in enumerate(tried)
        ]
        answer = suggest_several(models, meta, trials, n=1, seed=len(tried))
        return answer.configurations[0].configuration

    return propose


def _optuna(game: RecordedGame, sampler: optuna.samplers.BaseSampler) -> Callable[[list[int]], Configuration | int]:
    first = StudyDirection.MAXIMIZE if game.table.direction is Direction.MAXIMIZE else StudyDirection.MINIMIZE
    study = optuna.create_study(directions=[first, StudyDirection.MINIMIZE], sampler=sampler)

    def propose(tried: list[int]) -> Configuration | int:
        if tried:
            row = tried[-1]
            parameters = dict(game.configuration(row))
            study.add_trial(
                optuna.trial.create_trial(
                    params=parameters,
                    distributions={name: game.table.space.parameters[name] for name in parameters},
                    values=[float(value) for value in game.values[row]],
                )
            )
        else:
            return game.default
        trial = study.ask()
        asked = suggest(trial, game.table.space)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)  # the row that answers is added instead
        return asked

    return propose


def _report(name: str, curves: dict[str, FloatArray], n_trials: int) -> None:
    at = [n for n in AT if n <= n_trials]
    print(f"\n{name}: {len(next(iter(curves.values())))} targets; share of the table's hypervolume after")
    rows, shares = [], {}
    for method, found in curves.items():
        columns = [found[:, n - 1] for n in at]
        shares[method] = {
            str(n): [float(column.mean()), *bootstrap_interval(column)] for n, column in zip(at, columns, strict=True)
        }
        rows.append([method, *(f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in shares[method].values())])
    print_table(["method", *map(str, at)], rows)
    label = name.rstrip("/").rpartition("/")[2]
    write_results(f"two-objectives-{label}", {"n_targets": len(next(iter(curves.values()))), "shares": shares})


if __name__ == "__main__":
    main()
