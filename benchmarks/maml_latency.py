"""How long a surrogate takes to adapt to 32 trials of 20 columns and to judge 100 configurations, in process.

    python -m benchmarks.maml_latency [--repeats 31]

One thread. Includes the estimate of the task's scale, which predicts the trials once from an empty support.
"""

import argparse
import time

import numpy as np
import torch

from benchmarks.stats import print_table, write_results
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.job import TrainingSettings
from warmtune.vocabulary.surrogate_kind import SurrogateKind

N_TRIALS, N_COLUMNS, N_ASKED = 32, 20, 100


def main() -> None:
    """Print the table and write ``results/maml_latency.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=31)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)

    def points(n: int) -> Points:
        return Points(rng.random((n, N_COLUMNS)), np.ones((n, N_COLUMNS), dtype=bool))

    tasks = [TuningTask(points(20), rng.random(20), np.zeros(2)) for _ in range(8)]
    asked = (points(N_TRIALS), rng.random(N_TRIALS), points(N_ASKED))
    results = []
    for kind in SurrogateKind:
        settings = SurrogateSettings(kind=kind, training=TrainingSettings(n_steps=1, check_every=1))
        surrogate = fit_surrogate(tasks, settings)
        surrogate.predict(*asked)
        times = []
        for _ in range(args.repeats):
            start = time.perf_counter()
            surrogate.predict(*asked)
            times.append(1e3 * (time.perf_counter() - start))
        results.append({"kind": str(kind), "median_ms": float(np.median(times)), "slowest_ms": max(times)})
    print_table(
        ("kind", "median ms", "slowest ms"),
        [(str(r["kind"]), f"{r['median_ms']:.1f}", f"{r['slowest_ms']:.1f}") for r in results],
    )
    print(write_results("maml_latency", results))


if __name__ == "__main__":
    main()
