"""Does the gain that a suggestion promises come true? Promises against what trials added, on recorded tables.

    python -m benchmarks.expected_gain TABLE ... [--half confirming] [--max-tasks 24] [--trials 30]

Each TABLE is a folder, or the name of a table of the shipped knowledge base. Targets are left out together, with their
near copies, and 50 trials are known of each past task. The engine plays each target, the nearest untried row answers,
and every suggestion's probability of a gain and its mean are compared with what the next trial added to the best score,
as a share of the range of the target's scores. Writes results/expected-gain-HALF.json.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.stats import print_table, write_results
from benchmarks.transfer_engine import fit_on_past, target_table, without_anchors
from benchmarks.transfer_table import HALVES, Material, half_of, load_material, plan_folds
from metamodel.backtest.replay import ModelAdvisor, replay_adaptive
from metamodel.maps.anchors import configuration_key
from warmtune.vocabulary.recommendation import ExpectedGain
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial

UP_TO: Final = (5, 10, 20, 30)
"""Trials are grouped by these numbers: 2 to 5, 6 to 10, ..."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One suggestion: its trial's number (2 is the second), what it promised, and what came true.

    Attributes:
        number: Of the trial, from 2.
        probability: Of a gain, promised.
        mean: Gain promised, as a share of the range.
        gain: What the trial added, likewise.
    """

    number: int
    probability: float
    mean: float
    gain: float


@dataclass(slots=True)
class Listening:
    """An advisor that keeps what its suggestions promised, by the number of trials before."""

    advisor: ModelAdvisor
    promised: dict[int, ExpectedGain] = field(default_factory=dict)

    def recommend(self, n: int) -> Sequence[Configuration]:
        """See `Advisor`."""
        return self.advisor.recommend(n)

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        """See `Advisor`."""
        asked = self.advisor
        answer = asked.model.suggest(asked.meta_features, trials, n=1, exclude=asked.exclude, seed=len(trials))
        if not answer.configurations:
            return None
        first = answer.configurations[0]
        if first.expected_gain is not None:
            self.promised[len(trials)] = first.expected_gain
        return first.configuration


def main() -> None:
    """Print and write the figures of all tables."""
    args = _arguments()
    rows, results = [], []
    for name in args.table:
        material = load_material(name)
        found = promises_on(material, args.half, max_tasks=args.max_tasks, n_known=args.known, n_trials=args.trials)
        for group in grouped(found):
            results.append({"table": material.name, **group})
            shares = [f"{group[key]:.3f}" for key in ("said", "happened")]
            gains = [f"{group[key]:.4f}" for key in ("gain_said", "gain")]
            label = f"{material.name}, trials {group['from']:.0f} to {group['to']:.0f}"
            rows.append((label, f"{group['n']:.0f}", *shares, *gains))
    print_table(("suggestions", "number", "chance said", "true", "mean gain said", "true"), rows)
    print(write_results(f"expected-gain-{args.half}", {"half": args.half, "known": args.known, "groups": results}))


def promises_on(material: Material, half: str, *, max_tasks: int, n_known: int, n_trials: int) -> list[Promise]:
    """Every promise to the targets of a half, and what came of it."""
    found = []
    targets = half_of(material, half)[:max_tasks]
    for fold in plan_folds(material, targets, n_folds=1, n_known=n_known, n_past=None, history=0):
        model = fit_on_past(material, fold)
        for target in map(int, fold.targets):
            has = np.flatnonzero(material.recorded(target))
            missing = np.flatnonzero(~material.recorded(target))
            keys = {configuration_key(material.table.configurations[int(i)]) for i in missing}
            own = without_anchors(model, keys) if keys else model
            history = material.table.history(target, has)
            advisor = Listening(ModelAdvisor(own, history.task.meta_features))
            table = target_table(material, history, has)
            rows = replay_adaptive(table, advisor, n_trials=min(n_trials, len(has)))
            signed = material.scores[target, has]
            span = float(np.nanmax(signed) - np.nanmin(signed))
            best = np.fmax.accumulate(signed[rows])
            found += [
                Promise(k + 1, gain.probability, gain.mean / span, float(best[k] - best[k - 1]) / span)
                for k, gain in advisor.promised.items()
                if k < len(best) and span > 0.0 and np.isfinite(best[k - 1])
            ]
    return found


def grouped(found: Sequence[Promise]) -> list[dict[str, float]]:
    """Means by groups of trials: what was said and what happened."""
    groups: list[dict[str, float]] = []
    for low, high in zip((1, *UP_TO[:-1]), UP_TO, strict=True):
        own = [promise for promise in found if low < promise.number <= high]
        if not own:
            continue
        groups.append(
            {
                "from": low + 1,
                "to": high,
                "n": len(own),
                "said": float(np.mean([promise.probability for promise in own])),
                "happened": float(np.mean([promise.gain > 0.0 for promise in own])),
                "gain_said": float(np.mean([promise.mean for promise in own])),
                "gain": float(np.mean([promise.gain for promise in own])),
            }
        )
    return groups


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", type=int, default=50, help="trials known of each past task")
    parser.add_argument("--max-tasks", type=int, default=24, help="of the half")
    parser.add_argument("--trials", type=int, default=UP_TO[-1], help="of each target")
    return parser.parse_args()


if __name__ == "__main__":
    main()
