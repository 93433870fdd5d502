"""What a trial costs in a long study: seconds of the warm sampler against plain TPE, in one run.

    python -m benchmarks.long_studies [--trials 100 1000 10000] [--repeats 5] [--parameters 8]

A service is started for the run, with a database of its own. Each study begins with so many trials of random values;
what was there before is reported once. Then the warm sampler and Optuna's `TPESampler` each run single trials in turn,
on studies with the same trials, with an objective that costs nothing: what is measured is sampling, and with
`WarmtuneSampler` the question to the service, reporting the trial included. The median over the repeats is printed.

What this doesn't show: the seconds of a real objective, beside which either may not matter; databases as storage; and
the quality of what is sampled.
"""

import argparse
import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import FloatDistribution

from benchmarks.stats import print_table, write_results
from tests.serving import start_service
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind

TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 500.0, "n_columns": 12.0}, version="by hand"))


def _trials(n: int, space: dict[str, FloatDistribution], seed: int) -> list[optuna.trial.FrozenTrial]:
    rng = np.random.default_rng(seed)
    return [
        optuna.trial.create_trial(
            params={name: float(rng.random()) for name in space}, distributions=dict(space), value=float(rng.random())
        )
        for _ in range(n)
    ]


def _study(sampler: optuna.samplers.BaseSampler, trials: Sequence[optuna.trial.FrozenTrial]) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(trials)
    return study


def _seconds_of_a_trial(study: optuna.Study, space: dict[str, FloatDistribution]) -> float:
    start = time.perf_counter()
    study.optimize(lambda trial: sum(trial.suggest_float(name, 0.0, 1.0) for name in space), n_trials=1)
    return time.perf_counter() - start


def measure(url: str, n: int, *, repeats: int, n_parameters: int) -> dict[str, float]:
    """Median seconds a trial at `n` trials: warm, and TPE; and of reporting what was there before."""
    space = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(n_parameters)}
    trials = _trials(n, space, seed=n)
    warm = _study(WarmtuneSampler(url, TASK, search_space=space, metric=f"long{n}", seed=0), trials)
    cold = _study(optuna.samplers.TPESampler(seed=0), trials)
    first_s = _seconds_of_a_trial(warm, space)
    _seconds_of_a_trial(cold, space)
    warm_s, cold_s = [], []
    for _ in range(repeats):
        warm_s.append(_seconds_of_a_trial(warm, space))
        cold_s.append(_seconds_of_a_trial(cold, space))
    return {
        "trials": float(n),
        "warm_s": float(np.median(warm_s)),
        "tpe_s": float(np.median(cold_s)),
        "ratio": float(np.median(warm_s) / np.median(cold_s)),
        "first_s": first_s,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parameters", type=int, default=8)
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory))
        try:
            rows = [measure(service.url, n, repeats=asked.repeats, n_parameters=asked.parameters) for n in asked.trials]
        finally:
            service.kill()
    print_table(
        ("trials before", "warm, s", "TPE, s", "ratio", "first, with the report, s"),
        [
            (
                f"{r['trials']:,.0f}",
                f"{r['warm_s']:.3f}",
                f"{r['tpe_s']:.3f}",
                f"{r['ratio']:.2f}",
                f"{r['first_s']:.1f}",
            )
            for r in rows
        ],
    )
    print("written to", write_results("long_studies", rows))


if __name__ == "__main__":
    main()
