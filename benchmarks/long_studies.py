"""What a trial costs in a long study: milliseconds of the warm sampler against plain TPE, in one run.

    python -m benchmarks.long_studies [--trials 100 1000 10000] [--blocks 5] [--block 40] [--parameters 8]
        [--search-space NAME]

A service is started for the run, with a database of its own. Each study begins with so many trials of random values;
what was there before is reported once. Then the warm sampler and Optuna's `TPESampler` run blocks of trials in turn, on
studies with the same trials, with an objective that costs nothing: what is measured is sampling, and with
`WarmtuneSampler` the questions to the service and the reports, the last of which is waited for. Each figure is the
median over the blocks of a block's mean: a warm trial that needs no question of its own shares that of its block.
Processor time is that of the client and of the service together, over all blocks: a busy machine changes it less.

With `--search-space` the space is a shipped one, for which the service knows past tasks; else no task has used it.

What this doesn't show: the seconds of a real objective, beside which either may not matter; databases as storage; and
the quality of what is sampled.
"""

import argparse
import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import FloatDistribution

from benchmarks.load_service import Stopwatch
from benchmarks.stats import print_table, write_results
from metamodel.space.cube import UnitCube
from tests.serving import start_service
from warmtune.catalogue import find_entry
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind

TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 500.0, "n_columns": 12.0}, version="by hand"))


def _trials(n: int, space: SearchSpace, seed: int) -> list[optuna.trial.FrozenTrial]:
    cube = UnitCube(space)
    configurations = cube.decode(np.random.default_rng(seed).random((n, len(space.parameters))))
    return [
        optuna.trial.create_trial(
            params=dict(one), distributions={name: space.parameters[name] for name in one}, value=_value(space, one)
        )
        for one in configurations
    ]


def _study(sampler: optuna.samplers.BaseSampler, trials: Sequence[optuna.trial.FrozenTrial]) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials(trials)
    return study


def _run(study: optuna.Study, space: SearchSpace, n: int, client: Client | None = None) -> None:
    study.optimize(lambda trial: _value(space, suggest(trial, space)), n_trials=n)
    if client is not None:
        client.report(study)


@dataclass(slots=True)
class _Blocks:
    """Seconds a trial of each block, by the clock and of processors."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, watch: Stopwatch, n: int) -> None:
        clock_s, processor_s = watch.read()
        self.clock.append(clock_s / n)
        self.processor.append(processor_s / n)

    @property
    def clock_s(self) -> float:
        return float(np.median(self.clock))

    @property
    def processor_s(self) -> float:
        return float(np.mean(self.processor))


def _value(space: SearchSpace, configuration: Configuration) -> float:
    """A smooth value of a configuration, largest in the middle of the search space."""
    cube = UnitCube(space)
    return 1.0 - float(((cube.encode([configuration])[0] - 0.5) ** 2).mean())


def measure(client: Client, space: SearchSpace, n: int, asked: argparse.Namespace) -> dict[str, float]:
    """Seconds a trial after `n` trials, warm and TPE's; and of reporting what was there before."""
    trials = _trials(n, space, seed=n)
    name = asked.search_space or space
    metric = "accuracy" if asked.search_space else f"long{n}"
    warm = _study(WarmtuneSampler(client, TASK, search_space=name, metric=metric, seed=0), trials)
    cold = _study(optuna.samplers.TPESampler(seed=0), trials)
    first = Stopwatch(os.getpid())
    _run(warm, space, 1, client)
    first_s, _ = first.read()
    for _ in range(3):
        _run(warm, space, 1)
        _run(cold, space, 1)
    client.report(warm)
    ours, theirs = _Blocks(), _Blocks()
    for _ in range(asked.blocks):
        watch = Stopwatch(os.getpid())  # the service is a child of this process
        _run(warm, space, asked.block, client)
        ours.add(watch, asked.block)
        watch = Stopwatch(os.getpid())
        _run(cold, space, asked.block)
        theirs.add(watch, asked.block)
    return {
        "trials": float(n),
        "warm_s": ours.clock_s,
        "tpe_s": theirs.clock_s,
        "ratio": ours.clock_s / theirs.clock_s,
        "warm_processor_s": ours.processor_s,
        "tpe_processor_s": theirs.processor_s,
        "processor_ratio": ours.processor_s / theirs.processor_s,
        "first_s": first_s,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--block", type=int, default=40)
    parser.add_argument("--parameters", type=int, default=8)
    parser.add_argument("--search-space", default=None)
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.basicConfig(level=logging.WARNING)
    space = SearchSpace({f"x{i}": FloatDistribution(0.0, 1.0) for i in range(asked.parameters)})
    if asked.search_space:
        space = find_entry(asked.search_space, TASK.kind).space
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory))
        try:
            with Client(service.url, timeout_s=120.0) as client:
                rows = [measure(client, space, n, asked) for n in asked.trials]
        finally:
            service.stop()
    print_table(
        ("trials before", "warm, ms", "TPE, ms", "ratio", "processors: warm, ms", "TPE, ms", "ratio", "first, s"),
        [
            (
                f"{r['trials']:,.0f}",
                f"{1e3 * r['warm_s']:.1f}",
                f"{1e3 * r['tpe_s']:.1f}",
                f"{r['ratio']:.2f}",
                f"{1e3 * r['warm_processor_s']:.1f}",
                f"{1e3 * r['tpe_processor_s']:.1f}",
                f"{r['processor_ratio']:.2f}",
                f"{r['first_s']:.1f}",
            )
            for r in rows
        ],
    )
    print("written to", write_results("long_studies", rows))


if __name__ == "__main__":
    main()
