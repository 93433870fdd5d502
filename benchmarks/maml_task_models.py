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
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from torch import Tensor

from benchmarks.maml_task_models_report import KINDS, RATES, SIZES, STEPS, report
from maml.checkpoints import Progress
from maml.examples import Examples
from maml.meta_training import TrainingSettings
from maml.networks import Network
from maml.parameters import Params
from maml.state_files import state_from_bytes, state_to_bytes
from maml.task_models.encoding import Encoded, TableEncoder
from maml.task_models.episodes import FeaturedEpisode, LabelledTable
from maml.task_models.experts import EXPERTS
from maml.task_models.features import TaskFeatures
from maml.task_models.fitting import fine_tune
from maml.task_models.folder import read_folder
from maml.task_models.initialisation import FineTuning, Initialisation, Start, task_network
from maml.task_models.meta_learning import TaskAlgorithm, TaskModelSettings, draw_episodes, learn_start, task_learner
from maml.task_models.shipped_file import SHIPPED
from maml.training import LearnerState, OuterSettings
from maml.whole_files import replace_file

PARTS = Path("runs/maml_task_models")
N_ASKED, LEAST_ASKED, N_FOLDS, SHIPPED_FOLD = 500, 40, 3, 2

FloatArray = NDArray[np.float64]


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
            report(PARTS)
        case "ship":
            ship()


def prepare(table: LabelledTable, seed: int) -> None:
    """Encode one dataset at every size, and let scikit-learn's models answer."""
    target = PARTS / "prepared" / f"{table.name}-{seed}.npz"
    if target.exists():
        return
    rng = np.random.default_rng((seed, len(table.target)))
    rows = rng.permutation(len(table.target))
    kept: dict[str, NDArray[np.generic]] = {"is_classes": np.array(table.is_classes)}
    for n in SIZES:
        known, asked = rows[:n], rows[n : n + N_ASKED]
        if len(asked) < LEAST_ASKED or len(np.unique(table.target[known])) < 2:
            continue
        for name, value in prepared(table, known, asked, seed).items():
            kept[f"{n}-{name}"] = value
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(target, **kept)  # type: ignore[arg-type]  # names are all strings
    print(table.name, seed, sorted(k for k in kept if "score" in k), flush=True)


def prepared(
    table: LabelledTable, known: NDArray[np.intp], asked: NDArray[np.intp], seed: int
) -> dict[str, NDArray[np.generic]]:
    """Features of known and asked rows, their targets, and the baselines' scores."""
    start = time.perf_counter()
    encoder = TableEncoder.fit(table.columns.iloc[known])
    rows, others = encoder.encode(table.columns.iloc[known]), encoder.encode(table.columns.iloc[asked])
    y, truth = table.target[known], table.target[asked]
    if table.is_classes:
        classes = np.unique(y)
        goal, wanted = (y[:, None] == classes).astype(float), _numbers(truth, classes)
        y = np.searchsorted(classes, y).astype(float)
    else:
        centre, spread = y.mean(), y.std() or 1.0
        y, wanted = (y - centre) / spread, (truth - centre) / spread
        goal = y[:, None]
    features = TaskFeatures.of(rows, goal, seed=seed)
    query = features.of_rows(others)
    encoded_s = time.perf_counter() - start
    result: dict[str, NDArray[np.generic]] = {
        "support": features.support.astype(np.float32),
        "support_targets": y,
        "query": query.astype(np.float32),
        "query_targets": wanted,
        "encoded_s": np.array(encoded_s),
    }
    for name, score in baselines(rows, y, others, wanted, is_classes=table.is_classes, seed=seed).items():
        result[f"score {name}"] = np.array(score)
    experts = query[..., -len(EXPERTS) :]
    result["score mean of experts"] = np.array(_score(experts.mean(-1), wanted, table.is_classes))
    best = int(features.errors.argmin())
    result["score best expert"] = np.array(_score(experts[..., best], wanted, table.is_classes))
    return result


def _numbers(truth: FloatArray, classes: FloatArray) -> FloatArray:
    """Class numbers; -1 for classes that no known row has: nobody can be right there."""
    numbers = np.minimum(np.searchsorted(classes, truth), len(classes) - 1)
    return np.where(classes[numbers] == truth, numbers, -1).astype(float)


def baselines(
    rows: Encoded, y: FloatArray, others: Encoded, wanted: FloatArray, *, is_classes: bool, seed: int
) -> dict[str, float]:
    """Scikit-learn's MLP and random forest."""
    models = (
        {
            "MLP": MLPClassifier(max_iter=500, random_state=seed),
            "random forest": RandomForestClassifier(300, random_state=seed),
        }
        if is_classes
        else {
            "MLP": MLPRegressor(max_iter=500, random_state=seed),
            "random forest": RandomForestRegressor(300, random_state=seed),
        }
    )
    scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            answer = model.fit(rows.scaled, y.astype(int) if is_classes else y).predict(others.scaled)
        scores[name] = (
            float((answer == wanted).mean()) if is_classes else float(np.clip(r2_score(wanted, answer), -1, 1))
        )
    return scores


def _score(answer: FloatArray, wanted: FloatArray, is_classes: bool) -> float:
    if is_classes:
        return float((answer.argmax(axis=1) == wanted).mean())
    return float(np.clip(r2_score(wanted, answer[:, 0]), -1.0, 1.0))


def train_all(tables: list[LabelledTable], algorithms: list[TaskAlgorithm], n_episodes: int, n_steps: int) -> None:
    """Learn a start for each kind, fold and algorithm."""
    for kind, is_classes in KINDS.items():
        episodes = drawn(tables, kind, n_episodes)
        for algorithm in algorithms:
            for fold in range(N_FOLDS):
                target = PARTS / f"{algorithm}-{kind}-{fold}.safetensors"
                if target.exists():
                    continue
                settings = settings_of(algorithm, n_steps)
                past = {name: tasks for name, tasks in episodes.items() if fold_of(name, tables) != fold}
                start_s = time.perf_counter()

                def show(progress: Progress, kind: str = kind, fold: int = fold) -> None:
                    print(kind, fold, progress.n_steps, round(progress.best_loss, 4), flush=True)

                start, facts = learn_start(past, settings, is_classes=is_classes, on_check=show)
                zeros = {name: torch.zeros_like(value) for name, value in start.params.items()}
                state = LearnerState(start.params, zeros, zeros, 0)
                how = start.fine_tuning
                facts |= {"seconds": time.perf_counter() - start_s, "recommended": [how.n_steps, how.rate, how.pull]}
                learner = task_learner(settings, is_classes=is_classes)
                replace_file(target, state_to_bytes(learner, state, facts))
                print(algorithm, kind, fold, facts, flush=True)


def ship() -> None:
    """Write what ships: the starts of the fold that leaves out the two tables that the knowledge base leaves out."""
    starts, facts = [], {}
    for kind in KINDS:
        learned = state_from_bytes((PARTS / f"{TaskAlgorithm.MAML}-{kind}-{SHIPPED_FOLD}.safetensors").read_bytes())
        n_steps, rate, pull = recommended_of(learned.facts)
        starts.append(Start(learned.learner.network, learned.best, FineTuning(n_steps, rate, pull)))
        facts[kind] = {name: learned.facts[name] for name in ("n_datasets", "n_tasks", "n_steps", "held_out_loss")}
    content = Initialisation(starts[0], starts[1], {"algorithm": str(TaskAlgorithm.MAML), **facts}).to_bytes()
    replace_file(SHIPPED, content)
    print(SHIPPED, len(content), facts)


def recommended_of(facts: dict[str, object]) -> tuple[int, float, float]:
    """Steps, rate and pull."""
    n_steps, rate, pull = (float(str(v)) for v in list(facts["recommended"]))  # type: ignore[call-overload]
    return int(n_steps), rate, pull


def settings_of(algorithm: TaskAlgorithm, n_steps: int) -> TaskModelSettings:
    """The same for every fold."""
    training = TrainingSettings(
        n_steps=n_steps, check_every=50, patience=8, outer=OuterSettings(rate=2e-3, decay_steps=n_steps)
    )
    return replace(TaskModelSettings(), algorithm=algorithm, training=training)


def fold_of(name: str, tables: list[LabelledTable]) -> int:
    """Folds by a fixed shuffle of the names."""
    names = sorted(table.name for table in tables)
    order = np.random.default_rng(0).permutation(len(names))
    return int(order[names.index(name)] % N_FOLDS)


def drawn(tables: list[LabelledTable], kind: str, n_episodes: int) -> dict[str, list[FeaturedEpisode]]:
    """Training tasks of every dataset, kept in one file each."""
    fields = tuple(FeaturedEpisode.__dataclass_fields__)
    result = {}
    for table in tables:
        target = PARTS / "episodes" / f"{kind}-{table.name}-{n_episodes}.npz"
        if not target.exists():
            made = draw_episodes([table], n_episodes=n_episodes, seed=0, as_classes=KINDS[kind]).get(table.name, [])
            target.parent.mkdir(parents=True, exist_ok=True)
            np.savez(target, **{f"{i}-{f}": getattr(e, f) for i, e in enumerate(made) for f in fields})
        with np.load(target) as kept:
            count = len(kept.files) // len(fields)
            if count:
                result[table.name] = [FeaturedEpisode(**{f: kept[f"{i}-{f}"] for f in fields}) for i in range(count)]
    return result


def judge_all(algorithm: TaskAlgorithm) -> None:
    """Fine-tune on every prepared dataset, from the start that doesn't know it."""
    files = sorted((PARTS / "prepared").glob("*.npz"))
    names = sorted({path.stem.rpartition("-")[0] for path in files})
    order = np.random.default_rng(0).permutation(len(names))
    results = []
    for path in files:
        name, _, seed = path.stem.rpartition("-")
        with np.load(path) as kept:
            kind = "classification" if kept["is_classes"] else "regression"
            start = PARTS / f"{algorithm}-{kind}-{int(order[names.index(name)] % N_FOLDS)}.safetensors"
            if not start.exists():
                continue
            learned = state_from_bytes(start.read_bytes())
            for n in SIZES:
                if f"{n}-support" in kept.files:
                    part = {key.partition("-")[2]: kept[key] for key in kept.files if key.startswith(f"{n}-")}
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
    goal = torch.from_numpy(part["support_targets"])
    support = Examples.of(torch.from_numpy(part["support"]), goal.long() if is_classes else goal.float()[:, None])
    query, wanted = torch.from_numpy(part["query"]), np.asarray(part["query_targets"], dtype=float)
    scores = {key.removeprefix("score "): float(value) for key, value in part.items() if key.startswith("score ")}
    for steps in STEPS:
        tuned = tune(network, meta, support, steps, 0.03)
        scores[f"learned, {steps}"] = _score(answer(network, tuned, query), wanted, is_classes)
    tuned, _ = fine_tune(network, meta, support, FineTuning(*recommended_of(facts)))
    scores["learned, recommended"] = _score(answer(network, tuned, query), wanted, is_classes)
    drawn_start = network.initial(torch.Generator().manual_seed(seed))
    for rate in RATES:
        for steps in STEPS:
            tuned = tune(network, drawn_start, support, steps, rate)
            scores[f"random at {rate}, {steps}"] = _score(answer(network, tuned, query), wanted, is_classes)
    return scores


def tune(network: Network, start: Params, support: Examples, steps: int, rate: float) -> Params:
    """Guarded steps without a pull."""
    return fine_tune(network, start, support, FineTuning(steps, rate, 0.0))[0]


def answer(network: Network, params: Params, query: Tensor) -> FloatArray:
    """Probabilities or numbers."""
    with torch.no_grad():
        return np.asarray(network.predict(params, query).mean.numpy(), dtype=float)


if __name__ == "__main__":
    main()
