"""One second-order meta-step, four ways: a loop of autograd over tasks, vmap, batched products, compiled.

    python -m benchmarks.maml_speed [--repeats 31] [--threads 1]

40-40 network, 25 tasks, 10 shots, float32. The ways take turns within each repeat, so that whatever else the machine
does hits all of them; the ratios are of medians within one run. Every way's gradient is compared with the loop's first.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.stats import print_table, write_results
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.parameters import Params, flatten

N_TASKS, N_SHOTS = 25, 10
LOOP = "autograd loop over tasks"


def main() -> None:
    """Print the ratios and write ``results/maml_speed.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-compile", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    results = []
    for steps in (1, 5):
        results += measure(steps, args.repeats, compiled=not args.no_compile)
    header = ("meta-step", "steps", "median ms", "times faster", "quartiles", "difference")
    rows = [
        (
            str(r["way"]),
            str(r["steps"]),
            f"{r['median_ms']:.2f}",
            f"{r['ratio']:.1f}",
            f"{r['ratio_low']:.1f}-{r['ratio_high']:.1f}",
            "-" if r["difference"] is None else f"{r['difference']:.0e}",
        )
        for r in results
    ]
    print_table(header, rows)
    print("\ntimes faster: than the loop, ratio of medians; quartiles: of the ratio within each repeat")
    print(
        "difference: largest, of the gradient from the loop's, relative to its norm; first-order ones differ by design"
    )
    print(write_results("maml_speed", {"threads": args.threads, "torch": torch.__version__, "rows": results}))


def measure(steps: int, repeats: int, *, compiled: bool) -> list[dict[str, object]]:
    """Time all ways in turn."""
    network = Network(NetworkSpec(1, 1))
    learner = Maml(network, rate=0.01, steps=steps)
    generator = torch.Generator().manual_seed(0)
    meta = learner.initial(generator)
    batch = _batch(generator)
    noise = torch.zeros(N_TASKS, 0)

    def run(one: Learner) -> Callable[[], Params]:
        return lambda: one.meta_gradient(meta, batch, noise=noise, steps=steps)[1]

    mapped = super(Maml, learner).meta_gradient
    ways: dict[str, Callable[[], Params]] = {
        LOOP: lambda: loop_gradient(learner, meta, batch, steps),
        "vmap": lambda: mapped(meta, batch, noise=noise, steps=steps)[1],
        "batched products": run(learner),
        "first-order, batched": run(FirstOrderMaml(network, rate=0.01, steps=steps)),
        "Reptile, batched": run(Reptile(network, rate=0.01, steps=steps)),
    }
    if compiled:
        quick = torch.compile(lambda m, b: mapped(m, Episode.unpack(b), noise=noise, steps=steps)[1])
        ways["vmap, compiled"] = lambda: quick(meta, batch.pack())
    expected = flatten(ways[LOOP]())
    exact = {LOOP, "vmap", "batched products", "vmap, compiled"}
    differences = {
        name: float((flatten({k: way()[k] for k in meta}) - expected).norm() / expected.norm())
        for name, way in ways.items()
    }
    times = np.array([[_seconds(way) for way in ways.values()] for _ in range(repeats)])
    ratios = times[:, :1] / times
    return [
        {
            "way": name,
            "steps": steps,
            "median_ms": float(1e3 * np.median(times[:, i])),
            "ratio": float(np.median(times[:, 0]) / np.median(times[:, i])),
            "ratio_low": float(np.quantile(ratios[:, i], 0.25)),
            "ratio_high": float(np.quantile(ratios[:, i], 0.75)),
            "difference": differences[name] if name in exact else None,
        }
        for i, name in enumerate(ways)
    ]


def loop_gradient(learner: Maml, meta: Params, batch: Episode, steps: int) -> Params:
    """The plain way: for each task an unrolled graph, one backward pass, gradients added up."""
    leaves = {name: value.detach().requires_grad_() for name, value in meta.items()}
    total = {name: torch.zeros_like(value) for name, value in meta.items()}
    for i in range(batch.n_tasks):
        task = batch.task(i)
        params = leaves
        for _ in range(steps):
            loss = _squared_error(params, task.support)
            slopes = torch.autograd.grad(loss, list(params.values()), create_graph=True)
            params = {n: v - learner.rate * s for (n, v), s in zip(params.items(), slopes, strict=True)}
        loss = _squared_error(params, task.query) / batch.n_tasks
        for name, slope in zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True):
            total[name] += slope
    return total


def _squared_error(params: Params, rows: Examples) -> Tensor:
    """The same network in the fewest operations: the loop isn't to be slowed down by its surroundings."""
    x = torch.relu(torch.addmm(params["hidden.0.bias"], rows.inputs, params["hidden.0.weight"].T))
    x = torch.relu(torch.addmm(params["hidden.1.bias"], x, params["hidden.1.weight"].T))
    out = torch.addmm(params["head.bias"], x, params["head.weight"].T)
    return ((out - rows.targets) ** 2).mean()


def _batch(generator: torch.Generator) -> Episode:
    def rows() -> Examples:
        x = 10 * torch.rand(N_TASKS, N_SHOTS, 1, generator=generator) - 5
        return Examples.of(x, torch.sin(x))

    return Episode.of(rows(), rows())


def _seconds(way: Callable[[], Params]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
