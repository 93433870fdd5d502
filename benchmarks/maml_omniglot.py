"""Few-shot classification of handwritten characters, on two small zips of Omniglot.

    python -m benchmarks.maml_omniglot run FOLDER [--algorithm maml ...] [--shots 1 5] [--iterations 2000]
    python -m benchmarks.maml_omniglot table

FOLDER holds ``images_background_small1.zip`` and ``images_background_small2.zip``. Meta-training: all characters of
small1 and their rotations by 90, 180 and 270 degrees as further classes; meta-testing: the three alphabets that only
small2 has, 1,000 episodes. 28 x 28 pixels, 5 ways, 15 query images a class in testing; four strided convolutions of
64 channels, batch normalisation by the batch at hand (the query's in prediction: transductive, as in the papers).
Runs on a GPU where there is one; on a CPU say how many iterations there is time for: the table tells how many there
were.
"""

import argparse
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
from benchmarks.whole_files import replace_file
from maml.algorithms.first_order_maml import FirstOrderMaml
from maml.algorithms.implicit_maml import ImplicitMaml
from maml.algorithms.maml import Maml
from maml.algorithms.meta_sgd import MetaSgd
from maml.algorithms.reptile import Reptile
from maml.examples import Episode, Examples
from maml.learner import Learner
from maml.likelihood import Likelihood
from maml.networks import Activation, Network, NetworkSpec
from maml.parameters import Params
from maml.state_files import state_from_bytes, state_to_bytes
from maml.training import OuterSettings, initial_state, meta_step

PARTS = CHECKPOINTS = Path("runs/maml_omniglot")
N_WAYS, N_TEST_QUERY, N_EPISODES, SIDE = 5, 15, 1_000, 28
TEST_ALPHABETS = ("Japanese_(katakana)", "Sanskrit", "Tagalog")


def learners() -> dict[str, Learner]:
    """The algorithms in the order of their runs; the nearest class mean takes the features of first-order MAML."""

    def network(activation: Activation) -> Network:
        return Network(NetworkSpec(1, N_WAYS, (64, 64, 64, 64), activation, Likelihood.CLASSES, image_side=SIDE))

    relu = network(Activation.RELU)
    return {
        "first_order_maml": FirstOrderMaml(relu, rate=0.4, steps=1),
        "maml": Maml(relu, rate=0.4, steps=1),
        "reptile": Reptile(relu, rate=0.1, steps=5, min_steps=5),
        "meta_sgd": MetaSgd(relu, rate=0.4, cap=1.0),
        "implicit_maml": ImplicitMaml(
            network(Activation.TANH), rate=0.1, steps=5, min_steps=5, pull=2.0, solver_iterations=3
        ),
    }


def main() -> None:
    """Run what is missing, or print the table and write ``results/maml_omniglot.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--algorithm", nargs="+", choices=list(learners()), default=list(learners()))
    parser.add_argument("--shots", nargs="+", type=int, default=[1, 5])
    parser.add_argument("--iterations", type=int, default=None, help="default: 10,000 on a GPU, 500 on a CPU")
    parser.add_argument("--tasks", type=int, default=16, help="in a meta-batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.what == "table":
        table()
        return
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    n_iterations = args.iterations or (10_000 if device.type == "cuda" else 500)
    train, test = (images.to(device) for images in read_images(args.folder))
    print(f"{len(train)} classes to train on, {len(test)} to test on, on {device}", flush=True)
    for shots in args.shots:
        for name in args.algorithm:
            run(name, shots, n_iterations, n_tasks=args.tasks, seed=args.seed, train=train, test=test)


def read_images(folder: Path) -> tuple[Tensor, Tensor]:
    """Drawings of the training classes, rotations included, and of the test classes: ``(n_classes, 20, 28, 28)``."""
    first = _read_zip(folder / "images_background_small1.zip", lambda alphabet: True)
    test = _read_zip(folder / "images_background_small2.zip", lambda alphabet: alphabet in TEST_ALPHABETS)
    train = torch.cat([torch.rot90(first, quarter, (2, 3)) for quarter in range(4)])
    return train, test


def run(name: str, shots: int, n_iterations: int, *, n_tasks: int, seed: int, train: Tensor, test: Tensor) -> None:
    """Meta-train and judge one algorithm, unless it was done before."""
    target = PARTS / f"{name}-{shots}-{seed}.json"
    if target.exists():
        return
    start = time.perf_counter()
    learner = learners()[name]
    checkpoint = CHECKPOINTS / f"{name}-{shots}-{seed}.safetensors"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    state, before_s = initial_state(learner, seed=seed, device=train.device), 0.0
    if checkpoint.exists():
        kept = state_from_bytes(checkpoint.read_bytes(), device=train.device)
        state, before_s = kept.state, float(str(kept.facts["seconds"]))
    settings = OuterSettings(rate=1e-3, decay_steps=n_iterations)
    recent = []
    while state.n_steps < n_iterations:
        draws = torch.Generator().manual_seed(1_000_003 * seed + state.n_steps)
        batch = episodes(train, n_tasks, shots, shots if shots > 1 else 3, draws)
        state, loss = meta_step(learner, state, batch, generator=draws, settings=settings)
        recent.append(float(loss))
        if state.n_steps % 50 == 0:
            seconds = before_s + time.perf_counter() - start
            replace_file(checkpoint, state_to_bytes(learner, state, {"seconds": seconds}))
            print(f"{name} {shots} shots: {state.n_steps} loss {np.mean(recent):.3f} {seconds:.0f} s", flush=True)
            recent.clear()
    train_s = before_s + time.perf_counter() - start
    result: dict[str, object] = {
        "algorithm": name,
        "shots": shots,
        "seed": seed,
        "n_iterations": n_iterations,
        "n_tasks": n_tasks,
        "train_s": train_s,
        "device": train.device.type,
        **judge(learner, state.meta, shots, test),
    }
    PARTS.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result) + "\n")
    print(name, shots, result["accuracy"], flush=True)


def judge(learner: Learner, meta: Params, shots: int, test: Tensor) -> dict[str, object]:
    """Accuracy on the same 1,000 episodes for all algorithms, adapted by each and by the nearest class mean."""
    ways: dict[str, list[Tensor]] = {"adapted": [], "adapted_more": [], "nearest_class_mean": []}
    steps = getattr(learner, "steps", 1)
    for i in range(0, N_EPISODES, 25):
        batch = episodes(test, 25, shots, N_TEST_QUERY, torch.Generator().manual_seed(10_000 + i))
        for way, count in (("adapted", steps), ("adapted_more", steps + 5)):
            adapted = learner.adapt_tasks(meta, batch.support, batch.embedding, steps=count)
            guessed = learner.predict_tasks(meta, adapted, batch.query.inputs).mean.argmax(-1)
            ways[way].append((guessed == batch.query.targets).float().mean(1).detach().cpu())
        ways["nearest_class_mean"].append(nearest_class_mean(learner, meta, batch).cpu())
    accuracy = {}
    for way, parts in ways.items():
        values = torch.cat(parts).double().numpy()
        low, high = bootstrap_interval(values)
        accuracy[way] = {"mean": float(values.mean()), "low": low, "high": high}
    return {"accuracy": accuracy}


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
    rows = []
    for part in sorted(parts, key=lambda p: (p["shots"], list(learners()).index(p["algorithm"]))):
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
