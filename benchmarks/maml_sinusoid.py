"""Few-shot sine waves: every algorithm by the protocol of Finn et al. (2017), on 4,000 fresh tasks.

    python -m benchmarks.maml_sinusoid run [--algorithm maml ...] [--seed 0 ...] [--compile]
    python -m benchmarks.maml_sinusoid table

Amplitude U[0.1, 5], phase U[0, pi], x U[-5, 5], 10 shots, no noise; 40-40 network, meta-batch of 25, inner rate 0.01,
Adam at 0.001, for the closed forms and amortised inference at 0.003 and falling. Mean squared error on 100 query
points after 0, 1, 5, 10, 20 and 50 inner steps, and how often the truth lies within the central 90 % of the predictive
distribution. Settings were chosen on tasks of another seed than those judged on. One JSON file for each (algorithm,
seed), which is not run again; what was interrupted goes on from its last checkpoint under ``runs/maml_sinusoid``.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.stats import RESULTS, print_table, write_results
from maml.algorithms.amortised import AmortisedBayes
from maml.algorithms.bayesian_last_layer import BayesianLastLayer
from maml.algorithms.bayesian_maml import BayesianMaml
from maml.algorithms.conditioned import ConditionedMaml
from maml.algorithms.deep_kernel import DeepKernelProcess
from maml.algorithms.descent import clip_norm
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learned_optimiser import LearnedOptimiser
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.proximal import ProximalTransfer
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.parameters import Params
from maml.training.outer_loop import LearnerState, OuterSettings, adam_update, initial_state
from maml.training.state_files import state_from_bytes, state_to_bytes
from maml.training.whole_files import replace_file

PARTS = CHECKPOINTS = Path("runs/maml_sinusoid")
N_ITERATIONS, N_TASKS, N_SHOTS = 15_000, 25, 10
N_TEST_TASKS, N_TEST_POINTS, CHUNK = 4_000, 100, 500
STEPS = (0, 1, 5, 10, 20, 50)
OUTER = OuterSettings(rate=1e-3)
FALLING = OuterSettings(rate=3e-3, decay_steps=N_ITERATIONS, clip=float("inf"))
"""Of the closed forms, over as many meta-steps as are taken. Their errors are so small that the jitter of a constant
rate would be most of them; and a density's gradient grows as the noise shrinks, so that a fixed limit would clip most
steps."""
OUTERS = {"bayesian_last_layer": FALLING, "deep_kernel": FALLING, "amortised_bayes": replace(FALLING, clip=OUTER.clip)}
FEWER = {"learned_optimiser": 1_500}
"""Meta-steps of algorithms that are too slow for the full number on a CPU."""
BEFORE = {
    "maml": "- / .434 / .146 / .113",
    "first_order_maml": "- / .470 / .221 / .169 (30,000 iterations)",
    "reptile": "- / .787 / .302 / .231",
    "bayesian_maml": "- / - / - / .186",
    "amortised_bayes": "- / - / - / .185",
    "bayesian_last_layer": ".0004 in closed form",
}
"""What was measured before on the same protocol, after 0 / 1 / 5 / 10 steps."""


class MappedNetwork(Network):
    """Always takes the form that is mapped over tasks: the batched one calls autograd by hand and doesn't compile."""

    has_batched_form = False


def learners(kind: type[Network] = Network) -> dict[str, Learner]:
    """The algorithms in the order of their runs."""
    relu, tanh = kind(NetworkSpec(1, 1)), kind(NetworkSpec(1, 1, activation=Activation.TANH))
    film = kind(NetworkSpec(1, 1, film=True))
    return {
        "maml": Maml(relu),
        "first_order_maml": FirstOrderMaml(relu),
        "reptile": Reptile(relu, steps=10, min_steps=10),
        "meta_sgd": MetaSgd(relu),
        "bayesian_last_layer": BayesianLastLayer(tanh),
        "deep_kernel": DeepKernelProcess(tanh),
        "conditioned_maml": ConditionedMaml(film),
        "proximal_transfer": ProximalTransfer(relu, steps=10),
        "amortised_bayes": AmortisedBayes(relu, n_samples=2, initial_log_sd=-4.0, kl_weight=0.01),
        "bayesian_maml": BayesianMaml(relu, rate=0.03, n_particles=5),
        "maml_5_steps": Maml(relu, steps=5),
        "implicit_maml": ImplicitMaml(tanh, steps=10, min_steps=10, pull=0.5),
        "learned_optimiser": LearnedOptimiser(relu, width=8),
    }


def main() -> None:
    """Run what is missing, or print the table and write ``results/maml_sinusoid.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--algorithm", action="append", choices=list(learners()))
    parser.add_argument("--seed", action="append", type=int)
    parser.add_argument("--iterations", type=int, default=N_ITERATIONS, help="fewer are marked in the table")
    parser.add_argument("--compile", action="store_true", help="compile the meta-gradient")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.what == "table":
        table()
        return
    for name in args.algorithm or list(learners()):
        for seed in args.seed or [0, 1, 2]:
            run(
                name,
                seed,
                min(args.iterations, FEWER.get(name, args.iterations)),
                compiled=args.compile,
                device=args.device,
            )


def sine_tasks(n_tasks: int, n_query: int, generator: torch.Generator) -> Episode:
    """Fresh tasks, drawn on the CPU."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    amplitude, phase = uniform(0.1, 5.0, n_tasks, 1, 1), uniform(0.0, torch.pi, n_tasks, 1, 1)

    def rows(n: int) -> Examples:
        x = uniform(-5.0, 5.0, n_tasks, n, 1)
        return Examples(x, amplitude * torch.sin(x - phase), torch.ones(n_tasks, n))

    return Episode.of(rows(N_SHOTS), rows(n_query))


def run(name: str, seed: int, n_iterations: int, *, compiled: bool, device: str) -> None:
    """Meta-train and judge one (algorithm, seed), unless it was done before."""
    target = PARTS / f"{name}-{seed}.json"
    if target.exists():
        return
    start = time.perf_counter()
    learner = learners(MappedNetwork if compiled else Network)[name]
    checkpoint = CHECKPOINTS / f"{name}-{seed}.safetensors"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    state = initial_state(learner, seed=seed, device=device)
    earlier_s, draws = 0.0, torch.Generator().manual_seed(1_000 + seed)
    if checkpoint.exists():
        stored = state_from_bytes(checkpoint.read_bytes(), device=device)
        state, earlier_s = stored.state, float(str(stored.facts["seconds"]))
        draws.manual_seed(1_000_003 * state.n_steps + seed)
    outer = OUTERS.get(name, OUTER)
    if outer.decay_steps:
        outer = replace(outer, decay_steps=n_iterations)
    step = _meta_step(learner, outer, compiled=compiled)
    recent: list[Tensor] = []
    while state.n_steps < n_iterations:
        many = sine_tasks(N_TASKS * CHUNK, N_SHOTS, draws).to(torch.device(device), torch.float32)
        for i in range(CHUNK):
            batch = many.map(lambda t, i=i: t[N_TASKS * i : N_TASKS * (i + 1)])  # type: ignore[misc]
            noise = torch.randn(N_TASKS, learner.n_noise(state.meta), generator=draws).to(device)
            state, loss = step(state, batch, noise, learner.draw_steps(draws))
            recent.append(loss)
        seconds = earlier_s + time.perf_counter() - start
        replace_file(checkpoint, state_to_bytes(learner, state, {"seconds": seconds}))
        print(f"{name} {seed}: {state.n_steps} loss {torch.stack(recent).mean():.4f} {seconds:.0f} s", flush=True)
        recent.clear()
    result = judge(learner, state.meta, device=device)
    result |= {
        "algorithm": name,
        "seed": seed,
        "n_iterations": n_iterations,
        "seconds": earlier_s + time.perf_counter() - start,
        "threads": torch.get_num_threads(),
    }
    PARTS.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result), flush=True)


Step = Callable[[LearnerState, Episode, Tensor, int], tuple[LearnerState, Tensor]]


def _meta_step(learner: Learner, outer: OuterSettings, *, compiled: bool) -> Step:
    """`maml.training.outer_loop.meta_step`, as one compiled graph where asked for."""

    def arithmetic(
        before: tuple[Params, Params, Params],
        tensors: tuple[Tensor, ...],
        noise: Tensor,
        rate: Tensor,
        correction: Tensor,
        steps: int,
    ) -> tuple[tuple[Params, Params, Params], Tensor]:
        batch = Episode.unpack(tensors)
        loss, gradient = learner.meta_gradient(before[0], batch, noise=noise, steps=steps)
        clipped = clip_norm(gradient, outer.clip)
        return adam_update(before, clipped, rate=rate, correction=correction, settings=outer), loss

    quick = torch.compile(arithmetic) if compiled else arithmetic

    def step(state: LearnerState, batch: Episode, noise: Tensor, steps: int) -> tuple[LearnerState, Tensor]:
        count = state.n_steps + 1
        rate = torch.tensor(outer.rate_at(state.n_steps) / (1 - outer.beta1**count))
        correction = torch.tensor(1 - outer.beta2**count)
        before = (state.meta, state.first, state.second)
        after, loss = quick(before, batch.pack(), noise, rate, correction, steps)
        return LearnerState(*after, count), loss.detach()

    return step


def judge(learner: Learner, meta: Params, *, device: str) -> dict[str, object]:
    """Errors and coverage on the same fresh tasks for all algorithms and seeds."""
    draws = torch.Generator().manual_seed(77)
    errors: dict[int, list[Tensor]] = {steps: [] for steps in STEPS}
    covered: list[Tensor] = []
    for _ in range(N_TEST_TASKS // CHUNK):
        batch = sine_tasks(CHUNK, N_TEST_POINTS, draws).to(torch.device(device), torch.float32)
        for steps in STEPS:
            adapted = learner.adapt_tasks(meta, batch.support, batch.embedding, steps=steps)
            prediction = learner.predict_tasks(meta, adapted, batch.query.inputs)
            gap = (prediction.mean - batch.query.targets).detach()
            errors[steps].append((gap**2).mean((1, 2)))
            if steps == 10:
                covered.append((gap.abs() <= 1.6449 * prediction.variance.detach().sqrt()).float().mean())
    each = {steps: torch.cat(parts).cpu() for steps, parts in errors.items()}
    return {
        "mse": {str(steps): float(values.mean()) for steps, values in each.items()},
        "worse_after_50_than_at_10": float((each[50] > 2 * each[10] + 0.01).float().mean()),
        "largest_after_50": float(each[50].max()),
        "coverage_90": float(torch.stack(covered).mean()),
        "models_uncertainty": bool(prediction.variance.max() > 0),
    }


def table() -> None:
    """All that was run so far; what has no parts at hand keeps its row in the results."""
    path = RESULTS / "maml_sinusoid.json"
    stored = {e["algorithm"]: e for e in json.loads(path.read_text())["results"]} if path.exists() else {}
    for name in learners():
        parts = [json.loads(p.read_text()) for p in sorted(PARTS.glob(f"{name}-*.json"))]
        if parts:
            stored[name] = summary(name, parts)
    results = [stored[name] for name in learners() if name in stored]
    header = ("algorithm", *(f"{s} steps" for s in STEPS), "coverage", "before: 0/1/5/10")
    print_table(header, [_cells(entry) for entry in results])
    print(write_results("maml_sinusoid", results))


def summary(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One algorithm over its seeds, with intervals of the mean (Student's t)."""
    quantile = {2: 12.706, 3: 4.303}
    entry: dict[str, Any] = {
        "algorithm": name,
        "n_seeds": len(parts),
        "n_iterations": parts[0]["n_iterations"],
        "seconds": float(np.mean([p["seconds"] for p in parts])),
        "before": BEFORE.get(name, ""),
    }
    for steps in STEPS:
        values = np.array([p["mse"][str(steps)] for p in parts])
        half = quantile.get(len(values), 0.0) * values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else None
        entry[f"mse_{steps}"] = {"mean": float(values.mean()), "half_width": half}
    modelled = parts[0]["models_uncertainty"]
    entry["coverage_90"] = float(np.mean([p["coverage_90"] for p in parts])) if modelled else None
    return entry


def _cells(entry: dict[str, Any]) -> list[str]:
    cells = [f"{entry['algorithm']} ({entry['n_seeds']} x {entry['n_iterations']:,})"]
    for steps in STEPS:
        mean, half = entry[f"mse_{steps}"]["mean"], entry[f"mse_{steps}"]["half_width"]
        cells.append(f"{mean:.4f}" + ("" if half is None else f" ±{half:.4f}"))
    coverage = entry["coverage_90"]
    return [*cells, "-" if coverage is None else f"{coverage:.3f}", entry["before"]]


if __name__ == "__main__":
    main()
