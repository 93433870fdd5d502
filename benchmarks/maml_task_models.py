"""Neural task models on datasets that their meta-training never saw.

    python -m benchmarks.maml_task_models prepare FOLDER [--seeds 3]
    python -m benchmarks.maml_task_models train FOLDER [--algorithm maml ...]
    python -m benchmarks.maml_task_models judge [--algorithm maml ...]
    python -m benchmarks.maml_task_models table
    python -m benchmarks.maml_task_models ship

Datasets of the folder's manifest in three folds: each is judged by a start that was learned on the other two thirds.
32, 128 and 512 random rows are known, up to 500 others asked; accuracy, or R2 (each at least -1: else one dataset
decides the mean), averaged over seeds, with intervals over datasets. Compared after 0, 1, 5 and 20 steps: the learned
start at the rate it was trained with; random starts at the same rate; random starts at their own best rate (the one
best on the judged datasets themselves, which favours them). All of these see the same encoding of a row by closed-form
experts, whose mean and whose best by cross-validation are given too. Scikit-learn's MLP and random forest see the
table's columns, scaled and one-hot encoded.

Everything under ``runs/maml_task_models`` is reused: `prepare` does the slow part, `judge` takes minutes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.maml_task_models_data import prepare, score_of
from benchmarks.maml_task_models_report import KINDS, PARTS, RATES, SIZES, STEPS, report
from benchmarks.maml_task_models_training import folds_of, recommended_of, ship, train_all
from maml.networks.recipes import Network
from maml.task_models.folder import read_folder
from maml.task_models.initialisation import FineTuning, task_network
from maml.task_models.meta_training import TaskAlgorithm
from maml.task_models.task_model import fine_tune, teaching_rows
from maml.tensors.examples import Examples
from maml.tensors.parameters import Params
from maml.training.state_files import state_from_bytes
from warmtune.vocabulary.arrays import FloatArray


def main() -> None:
    """Do one stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("prepare", "train", "judge", "table", "ship"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--episodes", type=int, default=16)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--algorithm", nargs="+", type=TaskAlgorithm, default=list(TaskAlgorithm))
    args = parser.parse_args()
    torch.set_num_threads(1)
    PARTS.mkdir(parents=True, exist_ok=True)
    match args.what:
        case "prepare":
            tables = list(read_folder(args.folder))
            for seed in range(args.seeds):
                for table in tables:
                    prepare(table, seed)
        case "train":
            train_all(list(read_folder(args.folder)), args.algorithm, args.episodes, args.steps)
        case "judge":
            for algorithm in args.algorithm:
                judge_all(algorithm)
        case "table":
            report()
        case "ship":
            ship()


def judge_all(algorithm: TaskAlgorithm) -> None:
    """Fine-tune on every prepared dataset, from the start that doesn't know it."""
    files = sorted((PARTS / "prepared").glob("*.npz"))
    folds = folds_of(path.stem.rpartition("-")[0] for path in files)
    results = []
    for path in files:
        name, _, seed = path.stem.rpartition("-")
        with np.load(path) as stored:
            kind = "classification" if stored["is_classes"] else "regression"
            start = PARTS / f"{algorithm}-{kind}-{folds[name]}.safetensors"
            if not start.exists():
                continue
            learned = state_from_bytes(start.read_bytes())
            for n in SIZES:
                if f"{n}-support" in stored.files:
                    part = {key.partition("-")[2]: stored[key] for key in stored.files if key.startswith(f"{n}-")}
                    scores = judged(learned.best, part, kind, int(seed), learned.facts)
                    results.append({"dataset": name, "seed": int(seed), "kind": kind, "n": n, "scores": scores})
        print(path.stem, flush=True)
    (PARTS / f"judged-{algorithm}.json").write_text(json.dumps(results, allow_nan=False) + "\n")


def judged(
    meta: Params, part: dict[str, NDArray[np.generic]], kind: str, seed: int, facts: dict[str, object]
) -> dict[str, float]:
    """Scores of every way on one dataset, size and seed."""
    is_classes = KINDS[kind]
    network = task_network(is_classes=is_classes)
    support, teaches = known_rows(part, is_classes=is_classes)
    query, wanted = torch.from_numpy(part["query"]), np.asarray(part["query_targets"], dtype=float)
    scores = {key.removeprefix("score "): float(value) for key, value in part.items() if key.startswith("score ")}
    for steps in STEPS:
        tuned = tune(network, meta, support, steps if teaches else 0, 0.03)
        scores[f"learned, {steps}"] = score_of(answer(network, tuned, query), wanted, is_classes)
    n_steps, rate, pull = recommended_of(facts)
    tuned, _ = fine_tune(network, meta, support, FineTuning(n_steps if teaches else 0, rate, pull))
    scores["learned, recommended"] = score_of(answer(network, tuned, query), wanted, is_classes)
    drawn_start = network.initial(torch.Generator().manual_seed(seed))
    for rate in RATES:
        for steps in STEPS:
            tuned = tune(network, drawn_start, support, steps if teaches else 0, rate)
            scores[f"random at {rate}, {steps}"] = score_of(answer(network, tuned, query), wanted, is_classes)
    return scores


def known_rows(part: dict[str, NDArray[np.generic]], *, is_classes: bool) -> tuple[Examples, bool]:
    """The rows that steps can learn from, and whether there are any; if not, all."""
    target = np.asarray(part["support_targets"], dtype=float)
    taught = teaching_rows(target, int(target.max()) + 1 if is_classes else 0)
    chosen = taught if taught.any() else ~taught
    goal = torch.from_numpy(target[chosen])
    rows = torch.from_numpy(np.asarray(part["support"])[chosen])
    return Examples.of(rows, goal.long() if is_classes else goal.float()[:, None]), bool(taught.any())


def tune(network: Network, start: Params, support: Examples, steps: int, rate: float) -> Params:
    """Guarded steps without a pull."""
    return fine_tune(network, start, support, FineTuning(steps, rate, 0.0))[0]


def answer(network: Network, params: Params, query: Tensor) -> FloatArray:
    """Probabilities or numbers."""
    with torch.no_grad():
        return np.asarray(network.predict(params, query).mean.numpy(), dtype=float)


if __name__ == "__main__":
    main()
