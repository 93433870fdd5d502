"""Few-shot classification of handwritten characters, on two small zips of Omniglot.

    python -m benchmarks.maml_omniglot run FOLDER [--algorithm maml ...] [--shots 1 5] [--iterations 2000]
    python -m benchmarks.maml_omniglot validate FOLDER [--algorithm maml ...]
    python -m benchmarks.maml_omniglot table

FOLDER holds ``images_background_small1.zip`` and ``images_background_small2.zip``. Meta-training: all characters of
small1 and their rotations by 90, 180 and 270 degrees as further classes; meta-testing: the three alphabets that only
small2 has, 1,000 episodes. 28 x 28 pixels, 5 ways, 5 query images a class; four strided convolutions of 64 channels,
batch normalisation by the batch at hand (the query's in prediction: transductive, as in the papers). The head starts
at 0, since class numbers are arbitrary. Rates were chosen by ``validate``: a fifth of the training characters held
out, never by the test alphabets.

Runs on a GPU where there is one. On a CPU every algorithm gets about the same processor time: the table tells how far
it got. With glibc, ``MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000`` in the environment keeps freed memory and
makes it quicker.
"""

import argparse
import dataclasses
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.stats import bootstrap_interval, print_table, write_results
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.learner import Learner
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.reptile import Reptile
from maml.networks.recipes import Activation, Network, NetworkSpec
from maml.tensors.examples import Episode, Examples
from maml.tensors.likelihood import Likelihood
from maml.tensors.parameters import Params
from maml.training.outer_loop import LearnerState, OuterSettings, initial_state, meta_step
from maml.training.state_files import state_from_bytes, state_to_bytes
from maml.training.whole_files import replace_file

PARTS = CHECKPOINTS = Path("runs/maml_omniglot")
N_WAYS, N_QUERY, N_EPISODES, SIDE = 5, 5, 1_000, 28
N_EPISODES_MORE = 100
"""Episodes that are also judged after five more steps: guarded steps cost more than all the rest."""
N_CHARACTERS, N_HELD_OUT = 136, 28
UNTRAINED = "untrained"
GPU_PLAN = (10_000, 16)
CPU_PLAN = {
    1: {
        "first_order_maml": (700, 4),
        "maml": (600, 4),
        "reptile": (550, 1),
        "meta_sgd": (550, 4),
        "implicit_maml": (450, 2),
    },
    5: {
        "first_order_maml": (240, 4),
        "maml": (240, 4),
        "reptile": (400, 1),
        "meta_sgd": (220, 4),
        "implicit_maml": (180, 2),
    },
}
"""By shots: meta-steps, and tasks in each, of about equal processor time, a minute of one core."""
TEST_ALPHABETS = ("Japanese_(katakana)", "Sanskrit", "Tagalog")


def learners() -> dict[str, Learner]:
    """The algorithms in the order of their runs; the untrained one adapts a drawn start as first-order MAML does."""

    def network(activation: Activation) -> Network:
        return Network(NetworkSpec(1, N_WAYS, (64, 64, 64, 64), activation, Likelihood.CLASSES, image_side=SIDE))

    relu = network(Activation.RELU)
    first_order = FirstOrderMaml(relu, rate=0.2, steps=3, min_steps=3)
    return {
        UNTRAINED: first_order,
        "first_order_maml": first_order,
        "maml": Maml(relu, rate=0.4, steps=1),
        "reptile": Reptile(relu, rate=0.1, steps=5, min_steps=5),
        "meta_sgd": MetaSgd(relu, rate=0.4, cap=1.0),
        "implicit_maml": ImplicitMaml(
            network(Activation.GELU), rate=0.2, steps=3, min_steps=3, pull=0.5, solver_iterations=2
        ),
    }


def main() -> None:
    """Run what is missing, or print the table and write ``results/maml_omniglot.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "validate", "table"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--algorithm", nargs="+", choices=list(learners()), default=list(learners()))
    parser.add_argument("--shots", nargs="+", type=int, default=[1, 5])
    parser.add_argument("--iterations", type=int, help="default: 10,000 on a GPU, about a minute on a CPU")
    parser.add_argument("--tasks", type=int, help="in a meta-batch; default: 16 on a GPU, 1 to 4 on a CPU")
    parser.add_argument("--rate", type=float, help="of the outer steps; default: 0.001 on a GPU, 0.003 on a CPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.what == "table":
        table()
        return
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    train, test = (images.to(device) for images in read_images(args.folder))
    if args.what == "validate":
        train, test = held_out(train)
    print(f"{len(train)} classes to train on, {len(test)} to test on, on {device}", flush=True)
    for shots in args.shots:
        for name in args.algorithm:
            plan = GPU_PLAN if device.type == "cuda" else CPU_PLAN[1 if shots == 1 else 5].get(name, (0, 1))
            n_iterations = 0 if name == UNTRAINED else args.iterations or plan[0]
            rate = args.rate or (1e-3 if device.type == "cuda" else 3e-3)
            job = Job(name, shots, n_iterations, n_tasks=args.tasks or plan[1], seed=args.seed, rate=rate)
            if args.what == "validate":
                state, train_s = meta_train(job, train, checkpoint=None)
                print(job, f"{train_s:.0f} s", judge(learners()[name], state.meta, shots, test, n_episodes=200))
            else:
                run(job, train, test)


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One meta-training."""

    name: str
    shots: int
    n_iterations: int
    n_tasks: int
    seed: int
    rate: float


def read_images(folder: Path) -> tuple[Tensor, Tensor]:
    """Drawings of the training classes, rotations included, and of the test classes: ``(n_classes, 20, 28, 28)``."""
    first = _read_zip(folder / "images_background_small1.zip", lambda alphabet: True)
    test = _read_zip(folder / "images_background_small2.zip", lambda alphabet: alphabet in TEST_ALPHABETS)
    train = torch.cat([torch.rot90(first, quarter, (2, 3)) for quarter in range(4)])
    return train, test


def held_out(train: Tensor) -> tuple[Tensor, Tensor]:
    """Some training characters set aside, with all their rotations; judged upright."""
    chosen = torch.randperm(N_CHARACTERS, generator=torch.Generator().manual_seed(7))[:N_HELD_OUT]
    kept = ~torch.isin(torch.arange(len(train)) % N_CHARACTERS, chosen)
    return train[kept.to(train.device)], train[chosen.to(train.device)]


def run(job: Job, train: Tensor, test: Tensor) -> None:
    """Meta-train and judge one algorithm, unless it was done before."""
    target = PARTS / f"{job.name}-{job.shots}-{job.seed}.json"
    if target.exists():
        return
    state, train_s = meta_train(job, train, checkpoint=CHECKPOINTS / f"{job.name}-{job.shots}-{job.seed}.safetensors")
    result: dict[str, object] = {
        "algorithm": job.name,
        "shots": job.shots,
        "seed": job.seed,
        "n_iterations": job.n_iterations,
        "n_tasks": job.n_tasks,
        "rate": job.rate,
        "train_s": train_s,
        "device": train.device.type,
        "accuracy": judge(learners()[job.name], state.meta, job.shots, test),
    }
    PARTS.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result) + "\n")
    print(job.name, job.shots, result["accuracy"], flush=True)


def meta_train(job: Job, train: Tensor, *, checkpoint: Path | None) -> tuple[LearnerState, float]:
    """The state after all meta-steps, and the seconds they took: of the processor, or of the clock on a GPU."""
    clock = time.perf_counter if train.device.type == "cuda" else time.process_time
    start, before_s, recent = clock(), 0.0, []
    learner, settings = learners()[job.name], OuterSettings(rate=job.rate, decay_steps=job.n_iterations)
    state = initial_state(learner, seed=job.seed, device=train.device)
    state = dataclasses.replace(state, meta={name: _start(name, value) for name, value in state.meta.items()})
    if checkpoint is not None and checkpoint.exists():
        kept = state_from_bytes(checkpoint.read_bytes(), device=train.device)
        state, before_s = kept.state, float(str(kept.facts["seconds"]))
    while state.n_steps < job.n_iterations:
        draws = torch.Generator().manual_seed(1_000_003 * job.seed + state.n_steps)
        batch = episodes(train, job.n_tasks, job.shots, N_QUERY, draws)
        state, loss = meta_step(learner, state, batch, generator=draws, settings=settings)
        recent.append(float(loss))
        if state.n_steps % 50 == 0:
            seconds = before_s + clock() - start
            if checkpoint is not None:
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
                replace_file(checkpoint, state_to_bytes(learner, state, {"seconds": seconds}))
            print(
                f"{job.name} {job.shots} shots: {state.n_steps} loss {np.mean(recent):.3f} {seconds:.0f} s", flush=True
            )
            recent.clear()
    return state, before_s + clock() - start


def _start(name: str, value: Tensor) -> Tensor:
    return torch.zeros_like(value) if name.removeprefix("start.").startswith("head") else value


def judge(
    learner: Learner, meta: Params, shots: int, images: Tensor, *, n_episodes: int = N_EPISODES
) -> dict[str, dict[str, float]]:
    """Accuracy on the same episodes for all algorithms, adapted by each and by the nearest class mean."""
    ways: dict[str, list[Tensor]] = {"adapted": [], "adapted_more": [], "nearest_class_mean": []}
    steps = getattr(learner, "steps", 1)
    for i in range(0, n_episodes, 25):
        batch = episodes(images, 25, shots, N_QUERY, torch.Generator().manual_seed(10_000 + i))
        for way, count in (("adapted", steps), ("adapted_more", steps + 5)):
            if way == "adapted_more" and i >= N_EPISODES_MORE:
                continue
            adapted = learner.adapt_tasks(meta, batch.support, batch.embedding, steps=count)
            guessed = learner.network.batched_outputs(adapted, batch.query.inputs).argmax(-1)
            ways[way].append((guessed == batch.query.targets).float().mean(1).detach().cpu())
        ways["nearest_class_mean"].append(nearest_class_mean(learner, meta, batch).cpu())
    accuracy = {}
    for way, parts in ways.items():
        values = torch.cat(parts).double().numpy()
        low, high = bootstrap_interval(values)
        accuracy[way] = {"mean": float(values.mean()), "low": low, "high": high}
    return accuracy


def nearest_class_mean(learner: Learner, meta: Params, batch: Episode) -> Tensor:
    """Accuracy of each episode when every query takes the class whose mean feature is nearest; nothing is adapted."""
    params = {name.removeprefix("start."): value for name, value in meta.items()}
    accuracies = []
    for i in range(batch.n_tasks):
        task = batch.task(i)
        known = learner.network.features(params, task.support.inputs)
        asked = learner.network.features(params, task.query.inputs)
        centres = torch.stack([known[task.support.targets == way].mean(0) for way in range(N_WAYS)])
        guessed = torch.cdist(asked, centres).argmin(1)
        accuracies.append((guessed == task.query.targets).float().mean())
    return torch.stack(accuracies).detach()


def episodes(images: Tensor, n_tasks: int, shots: int, n_query: int, generator: torch.Generator) -> Episode:
    """Draw classes and drawings without replacement; class numbers are positions in the draw."""
    n_classes, n_drawings = images.shape[:2]
    classes = torch.stack([torch.randperm(n_classes, generator=generator)[:N_WAYS] for _ in range(n_tasks)])
    drawings = torch.rand(n_tasks, N_WAYS, n_drawings, generator=generator).argsort(-1)

    def rows(chosen: Tensor) -> Examples:
        n = chosen.shape[-1]
        picked = images[classes[..., None].to(images.device), chosen.to(images.device)]
        targets = torch.arange(N_WAYS, device=images.device).repeat_interleave(n).expand(n_tasks, -1)
        weights = torch.ones(n_tasks, N_WAYS * n, device=images.device)
        return Examples(picked.reshape(n_tasks, N_WAYS * n, 1, SIDE, SIDE), targets, weights)

    return Episode.of(rows(drawings[..., :shots]), rows(drawings[..., shots : shots + n_query]))


def table() -> None:
    """All that was run so far, with 95 % bootstrap intervals over episodes."""
    parts = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    parts.sort(key=lambda p: (p["shots"], list(learners()).index(p["algorithm"])))
    rows = []
    for part in parts:
        cells = [f"{a['mean']:.3f} [{a['low']:.3f}, {a['high']:.3f}]" for a in part["accuracy"].values()]
        rows.append(
            [
                f"{part['algorithm']}, {part['shots']} shots",
                f"{part['n_iterations']:,} x {part['n_tasks']}",
                f"{part['train_s']:.0f}",
                *cells,
            ]
        )
    header = ("algorithm", "iterations x tasks", "seconds", "trained steps", "5 steps more", "nearest class mean")
    print_table(header, rows)
    print(write_results("maml_omniglot", parts))


def _read_zip(path: Path, wanted: Callable[[str], bool]) -> Tensor:
    """Drawings of each character, ink 1 on 0, shrunk by averaging."""
    characters: dict[tuple[str, str], list[np.ndarray]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            parts = PurePosixPath(name).parts
            if name.endswith(".png") and wanted(parts[-3]):
                with Image.open(io.BytesIO(archive.read(name))) as image:
                    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
                    characters.setdefault((parts[-3], parts[-2]), []).append(1.0 - np.asarray(small) / 255.0)
    return torch.tensor(np.stack([np.stack(drawings) for drawings in characters.values()]), dtype=torch.float32)


if __name__ == "__main__":
    main()
