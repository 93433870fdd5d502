"""Constraints, failures and time budgets on recorded tables, and how right the expected gain in the answers is.

    python -m benchmarks.side_conditions TABLE ... [--tasks 12] [--trials 20] [--known 50]

TABLE as for `benchmarks.two_objectives`; targets of the confirming half are left out in folds, every proposal is
answered by the nearest recorded configuration not tried yet.

- *constraint*: a fit may take at most the median of the target's recorded seconds. The engine gets it and, as
  ``constraints_func``, Optuna's TPE, which tries the library's default first. Regret of the best feasible trial.
- *failures*: fits beyond the seconds that a third of all recorded fits exceed fail by time, in the past and now.
  Share of failed trials, and regret.
- *budget*: the study ends when the median fit's seconds have been spent --budget times. Regret at the end.
- *gain*: expected gain of each suggestion against what the trial added: sum of both, and how often the trial's gain
  was within the stated 90 % interval.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from optuna.study import StudyDirection

from benchmarks.recorded_game import RecordedGame
from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer_table import HALVES, Fold, Material, load_material, plan_folds, timed_targets
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import ExpectedGain
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial, TrialState

AT = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a trial besides its score.

    Attributes:
        limit_s: Longer trials are infeasible; infinite without a constraint.
        fails_s: Longer trials fail.
    """

    limit_s: float = np.inf
    fails_s: float = np.inf

    def trial(self, game: RecordedGame, row: int, number: int) -> Trial:
        """What a row answers."""
        score, seconds = float(game.values[row, 0]), float(10.0 ** game.values[row, 1])
        if seconds > self.fails_s:
            return Trial(number, game.configuration(row), state=TrialState.FAIL, duration_s=self.fails_s)
        constraints = () if np.isinf(self.limit_s) else (float(np.log(seconds / self.limit_s)),)
        return Trial(number, game.configuration(row), score, duration_s=seconds, constraints=constraints)


Ask = Callable[[list[Trial], float | None], Configuration | None]
"""From the trials so far and the seconds that are left to the next configuration; None: the default."""


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--half", choices=HALVES, default=HALVES[1])
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--known", type=int, default=50)
    parser.add_argument("--budget", type=float, default=6.0)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in args.table:
        material = load_material(name)
        targets = timed_targets(material, args.tasks, args.half)
        (fold,) = plan_folds(material, targets, n_folds=1, n_known=args.known, n_past=None, history=0)
        _report(name, _figures(material, fold, args), "" if args.half == HALVES[1] else f"-{args.half}")


def _figures(material: Material, fold: Fold, args: argparse.Namespace) -> dict[str, list[FloatArray]]:
    """By method: one row a target."""
    histories = [material.table.history(int(task), at) for task, at in zip(fold.past, fold.known, strict=True)]
    seconds = np.concatenate([h.durations_s for h in histories])
    fails_s = float(np.nanquantile(seconds, 2 / 3))
    plain, failing = _fit(material, histories), _fit(material, [_failed(h, fails_s) for h in histories])
    unaware = replace(failing, outcomes=None)
    found: dict[str, list[FloatArray]] = {}

    def note(method: str, row: list[float]) -> None:
        found.setdefault(method, []).append(np.array(row))

    for target in fold.targets:
        game = RecordedGame(material, int(target))
        seconds_here = 10.0 ** game.values[:, 1]
        limited = Rules(limit_s=float(np.median(seconds_here)))
        for method, ask in (
            ("constraint, warm", _warm(plain, game)),
            ("constraint, warm, not reported", _warm(plain, game, tells=False)),
            ("constraint, TPE", _tpe(game, int(target))),
        ):
            note(method, _curve(game, limited, ask, args.trials))
        frail = Rules(fails_s=fails_s)
        for method, ask in (
            ("failures, warm", _warm(failing, game)),
            ("failures, warm, not avoided", _warm(unaware, game)),
            ("failures, TPE", _tpe(game, int(target))),
        ):
            note(method, _curve(game, frail, ask, args.trials))
        budget_s = args.budget * float(np.median(seconds_here))
        for method, ask in (
            ("budget, warm, per second", _warm(plain, game)),
            ("budget, warm", _warm(plain, game, hurries=False)),
            ("budget, TPE", _tpe(game, int(target))),
        ):
            note(method, _within(game, ask, budget_s))
        for row in _gains(plain, game, args.trials):
            note("gain", row)
    return found


def _fit(material: Material, histories: list[TaskHistory]) -> SpaceModel:
    table = material.table
    return fit_model(table.space, histories, metric=table.metric, direction=table.direction)


def _failed(history: TaskHistory, fails_s: float) -> TaskHistory:
    late = history.durations_s > fails_s
    return replace(
        history,
        scores=np.where(late, np.nan, history.scores),
        durations_s=np.minimum(history.durations_s, fails_s),
        failed=late | np.isnan(history.scores),
    )


def _warm(model: SpaceModel, game: RecordedGame, *, tells: bool = True, hurries: bool = True) -> Ask:
    meta = game.task.meta_features

    def ask(trials: list[Trial], left_s: float | None) -> Configuration:
        reported = trials if tells else [replace(trial, constraints=()) for trial in trials]
        left_s = left_s if hurries else None
        if not reported:
            return model.recommend(meta, n=1, time_budget_s=left_s).configurations[0].configuration
        answer = model.suggest(meta, reported, n=1, seed=len(reported), time_budget_s=left_s)
        return answer.configurations[0].configuration

    return ask


def _tpe(game: RecordedGame, seed: int) -> Ask:
    sampler = optuna.samplers.TPESampler(seed=seed, constraints_func=lambda trial: trial.user_attrs["c"])
    way = StudyDirection.MAXIMIZE if game.table.direction is Direction.MAXIMIZE else StudyDirection.MINIMIZE
    study = optuna.create_study(direction=way, sampler=sampler)

    def ask(trials: list[Trial], left_s: float | None) -> Configuration | None:
        del left_s  # it knows no seconds
        if not trials:
            return None
        latest = trials[-1]
        study.add_trial(
            optuna.trial.create_trial(
                params=dict(latest.configuration),
                distributions={name: game.table.space.parameters[name] for name in latest.configuration},
                value=latest.value,
                state=optuna.trial.TrialState[latest.state.name],
                user_attrs={"c": latest.constraints},
                system_attrs={"constraints": latest.constraints} if latest.constraints else {},
            )
        )
        trial = study.ask()
        asked = suggest(trial, game.table.space)
        trial.set_user_attr("c", ())
        study.tell(trial, state=optuna.trial.TrialState.FAIL)  # the row that answers is added instead
        return asked

    return ask


def _curve(game: RecordedGame, rules: Rules, ask: Ask, n: int) -> list[float]:
    """Regret of the best that counts after `AT` trials, in shares of what counts; and the share that doesn't count."""
    counts = np.array([_counts(rules.trial(game, row, 0)) for row in range(len(game.has))], dtype=bool)
    gains = game.gains[:, 0]
    if not counts.any():
        counts[:] = True
    best, worst = gains[counts].max(), gains.min()
    tried: list[int] = []
    trials: list[Trial] = []
    regret = []
    reached = worst
    while len(tried) < min(n, len(game.has)):
        asked = ask(trials, None)
        row = game.default if asked is None else game.nearest(asked, tried)
        tried.append(row)
        trials.append(rules.trial(game, row, len(trials)))
        reached = max(reached, gains[row]) if counts[row] else reached
        regret.append(float((best - reached) / max(best - worst, 1e-12)))
    regret += regret[-1:] * (n - len(regret))
    wasted = float(np.mean([not _counts(trial) for trial in trials]))
    return [*(regret[at - 1] for at in AT if at <= n), wasted]


def _counts(trial: Trial) -> bool:
    return trial.state is TrialState.COMPLETE and trial.is_feasible


def _within(game: RecordedGame, ask: Ask, budget_s: float) -> list[float]:
    """Regret and number of trials when the seconds are used up; a trial that would end too late gives nothing."""
    tried: list[int] = []
    trials: list[Trial] = []
    left_s, reached = budget_s, 0.0
    while len(tried) < len(game.has):
        asked = ask(trials, left_s)
        row = game.default if asked is None else game.nearest(asked, tried)
        trial = Rules().trial(game, row, len(trials))
        left_s -= trial.duration_s or 0.0
        if left_s <= 0.0:
            break
        tried.append(row)
        trials.append(trial)
        reached = max(reached, float(game.gains[row, 0]))
    return [1.0 - reached, float(len(trials))]


def _gains(model: SpaceModel, game: RecordedGame, n: int) -> list[list[float]]:
    """Number of trials before, expected and real gain in shares of the range, and whether it was in the interval."""
    meta, sign = game.task.meta_features, game.table.direction.sign
    span = float(np.ptp(game.values[:, 0])) or 1.0
    tried: list[int] = []
    trials: list[Trial] = []
    rows = []
    while len(tried) < min(n, len(game.has)):
        expected: ExpectedGain | None = None
        if trials:
            (ranked,) = model.suggest(meta, trials, n=1, seed=len(trials)).configurations
            expected, asked = ranked.expected_gain, ranked.configuration
        else:
            asked = model.recommend(meta, n=1).configurations[0].configuration
        row = game.nearest(asked, tried)
        trial = Rules().trial(game, row, len(trials))
        is_as_asked = dict(game.configuration(row)) == dict(asked)
        if expected is not None and is_as_asked and trial.value is not None:
            best = max(sign * (one.value or 0.0) for one in trials)
            real = max(sign * trial.value - best, 0.0)
            within = float(expected.low <= real <= expected.high)
            rows.append([float(len(trials)), expected.mean / span, real / span, within])
        tried.append(row)
        trials.append(trial)
    return rows


def _report(name: str, found: dict[str, list[FloatArray]], suffix: str) -> None:
    label = name.rstrip("/").rpartition("/")[2]
    print(f"\n{label}")
    rows, body = [], dict[str, Any]()
    for method, measured in found.items():
        values = np.array(measured)
        if method == "gain":
            continue
        columns = [[float(column.mean()), *bootstrap_interval(column)] for column in values.T]
        cells = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in columns]
        body[method] = columns
        rows.append([method, *cells, *[""] * (4 - len(cells))])
    print_table(["regret after 5, 10, 20, share lost; or regret and trials", "", "", "", ""], rows)
    gains = np.array(found["gain"])
    for first, last in ((1, 4), (5, 9), (10, 19)):
        part = gains[(gains[:, 0] >= first) & (gains[:, 0] <= last)]
        if len(part):
            expected, real, within = part[:, 1:].mean(axis=0)
            print(
                f"gain after {first} to {last} trials ({len(part)}): expected {expected:.4f}, real {real:.4f}, "
                f"within the interval {within:.2f}"
            )
            body[f"gain {first} to {last}"] = [float(expected), float(real), float(within)]
    n_targets = len(found["budget, TPE"])
    write_results(f"side-conditions-{label}{suffix}", {"n_targets": n_targets, "measured": body})


if __name__ == "__main__":
    main()
