"""Does an embedding learned from raw cells make recommendations better than the catalogue's meta-features alone?

    python -m benchmarks.metafeatures_set_encoder FOLDER [--seeds 3] [--folds 5] [--refit dataset]

FOLDER holds the knowledge base's tables in Parquet and a `manifest.json` that names each one's file, target and task.

For every search space and dataset of the shipped knowledge base a model is fitted on other datasets and asked for ten
configurations, which are looked up in the dataset's recorded trials. The others are those outside the dataset's fold,
or with ``--refit dataset`` (ten times as long) all others. Only what describes the tasks differs:

- nothing: all past tasks count alike;
- catalogue: the shipped meta-features;
- encoder: the set encoder's 16 values alone; catalogue + encoder: both.

The encoder is trained in the same folds: it has seen neither the left-out dataset nor its results. Contrastive: on the
tables alone. With maps: it must also predict the leading coordinates of its training tasks' performance maps.

Printed for each: normalised regret after 1, 5 and 10 recommended configurations, and map error: the squared error of
the similarity-weighted mean of other tasks' maps as a prediction of the dataset's own, relative to equal weights. A
dataset is the unit: its figures are averaged over search spaces and seeds (of encoder and engine) first; differences
from the catalogue are paired, with 95 % bootstrap intervals over datasets.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.stats import bootstrap_interval, print_table, write_results
from knowledge.base import Table
from knowledge.pack_file import SHIPPED, read_knowledge
from knowledge.catalogue import find_entry
from metafeatures.set_cells import SetCells, read_cells
from metafeatures.set_encoder_training import train_set_encoder
from metamodel.anchors import configuration_key
from metamodel.embedding_training import train_embedding
from metamodel.engine import SpaceModel, fit_model
from metamodel.history import TaskHistory
from metamodel.maps import score_bounds
from metamodel.neighbours import near_copies
from warmtune.metrics import KNOWN_METRICS, Direction, default_metric
from warmtune.task import MetaFeatures, Task, TaskKind

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Sources = dict[str, dict[str, MetaFeatures]]  # arm, task -> what describes it

AFTER = (1, 5, 10)
N_MAP_COORDINATES = 3
CATALOGUE, NOTHING = "catalogue", "nothing"


@dataclass(frozen=True, slots=True)
class Space:
    """One search space's recorded results under its kind's usual metric."""

    name: str
    metric: str
    direction: Direction
    histories: tuple[TaskHistory, ...]
    table: Table


def main() -> None:
    """Print the table and write ``results/metafeatures_set_encoder-REFIT.json``."""
    args = _arguments()
    base = read_knowledge(SHIPPED)
    copies = near_copies(base.tasks)
    spaces = [_space(table, base.tasks) for table in base.full_tables]
    began = time.perf_counter()
    cells = read_folder(args.folder)
    print(f"{len(cells)} tables read in {time.perf_counter() - began:.0f} s", flush=True)
    names = sorted(cells)
    ids = {task.name: task.task_id for task in base.tasks}
    if unknown := sorted(set(ids) - set(names)):
        raise SystemExit(f"{args.folder} lacks tables of the knowledge base: {', '.join(unknown)}")
    found: dict[str, dict[str, list[FloatArray]]] = {}
    for seed in range(args.seeds):
        began = time.perf_counter()
        fold_of = _folds(names, ids, copies, n_folds=args.folds, seed=seed)
        arms = {
            fold: _describe(base.tasks, cells, spaces, {n for n in names if fold_of[n] == fold}, seed)
            for fold in range(args.folds)
        }
        print(f"seed {seed}: encoders trained in {time.perf_counter() - began:.0f} s", flush=True)
        for space in spaces:
            for task_id, arm, figures in _left_out(space, arms, _groups(space, fold_of, copies, args.refit), seed):
                found.setdefault(arm, {}).setdefault(task_id, []).append(figures)
        print(f"seed {seed}: {time.perf_counter() - began:.0f} s\n", flush=True)
        _report(found, args, n_seeds=seed + 1)  # after each: a stopped run has said what it knows


def read_folder(folder: Path) -> dict[str, SetCells]:
    """The bounded samples of cells of all tables of a folder, by name."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {
        entry["name"]: read_cells(pq.read_table(folder / entry["file"]), entry["target"], kind=TaskKind(entry["task"]))
        for entry in entries
    }


def _space(table: Table, tasks: tuple[Task, ...]) -> Space:
    metric = default_metric(next(iter(table.kinds)))
    by_id = {task.task_id: task for task in tasks}
    histories = tuple(
        TaskHistory(by_id[task_id], table.configurations, table.scores[metric][row], table.durations_s[row])
        for row, task_id in enumerate(table.task_ids)
        if not np.isnan(table.scores[metric][row]).all()
    )
    return Space(table.search_space, metric, KNOWN_METRICS[metric], histories, table)


def _folds(
    names: list[str], ids: dict[str, str], copies: dict[str, frozenset[str]], *, n_folds: int, seed: int
) -> dict[str, int]:
    """A fold for each dataset; near copies share one. Datasets without results are in none (-1): always trained on."""
    fold_of = dict.fromkeys(names, -1)
    task_names = sorted(ids)
    for place, row in enumerate(np.random.default_rng(seed).permutation(len(task_names))):
        fold_of[task_names[row]] = place % n_folds
    by_id = {task_id: name for name, task_id in ids.items()}
    for name in task_names:
        for other in copies[ids[name]]:
            fold_of[by_id[other]] = fold_of[name]
    return fold_of


def _describe(
    tasks: tuple[Task, ...], cells: dict[str, SetCells], spaces: list[Space], hidden: set[str], seed: int
) -> Sources:
    """What describes each task in each arm, by encoders that saw none of the `hidden` datasets."""
    shown = [name for name in sorted(cells) if name not in hidden]
    outcomes = _outcomes(spaces, shown)
    seen = [cells[name] for name in shown]
    encoders = {
        "contrastive": train_set_encoder(seen, seed=seed),
        "with maps": train_set_encoder(seen, outcomes=outcomes, seed=seed),
    }
    sources: Sources = {CATALOGUE: {task.task_id: task.meta_features for task in tasks}}
    for label, encoder in encoders.items():
        own = {task.task_id: encoder.values(cells[task.name]) for task in tasks}
        sources[f"encoder, {label}"] = {key: MetaFeatures(values) for key, values in own.items()}
        sources[f"catalogue + encoder, {label}"] = {
            task.task_id: MetaFeatures({**task.meta_features.values, **own[task.task_id]}) for task in tasks
        }
    return sources


def _outcomes(spaces: list[Space], shown: list[str]) -> FloatArray:
    """Leading coordinates of the shown datasets' maps in each space, at unit scale; NaN where there is none."""
    row_of = {name: row for row, name in enumerate(shown)}
    blocks = []
    for space in spaces:
        rows = [(row_of[h.task.name], _utilities(space, h)) for h in space.histories if h.task.name in row_of]
        maps = np.array([utilities for _, utilities in rows])
        centred = maps - maps.mean(axis=0)
        left, size, _ = np.linalg.svd(centred, full_matrices=False)
        block = np.full((len(shown), N_MAP_COORDINATES), np.nan)
        block[[row for row, _ in rows]] = (left * size)[:, :N_MAP_COORDINATES] / size[0] * np.sqrt(len(rows))
        blocks.append(block)
    return np.concatenate(blocks, axis=1)


def _utilities(space: Space, history: TaskHistory) -> FloatArray:
    """Recorded scores on the scale of performance maps, shape ``(C,)``."""
    low, high = score_bounds(history.scores, space.direction)
    signed = np.where(np.isnan(history.scores), low, space.direction.sign * history.scores)
    utilities: FloatArray = np.clip((signed - low) / max(high - low, 1e-12), 0.0, 1.0)
    return utilities


def _groups(
    space: Space, fold_of: dict[str, int], copies: dict[str, frozenset[str]], refit: str
) -> list[tuple[int, list[TaskHistory], set[str]]]:
    """What is left out together: the encoder's fold, the targets, and all tasks that the model must not have seen."""
    if refit == "dataset":
        return [(fold_of[h.task.name], [h], {h.task.task_id, *copies[h.task.task_id]}) for h in space.histories]
    targets: dict[int, list[TaskHistory]] = {}
    for history in space.histories:
        targets.setdefault(fold_of[history.task.name], []).append(history)
    return [(fold, some, {h.task.task_id for h in some}) for fold, some in sorted(targets.items())]


def _left_out(
    space: Space, arms: dict[int, Sources], groups: list[tuple[int, list[TaskHistory], set[str]]], seed: int
) -> Iterator[tuple[str, str, FloatArray]]:
    """Task, arm and figures (regret after 1, 5, 10; map error) for every dataset of a space."""
    asked = find_entry(space.name, next(iter(space.table.kinds))).space
    for fold, targets, hidden in groups:
        others = [h for h in space.histories if h.task.task_id not in hidden]
        model = fit_model(asked, others, metric=space.metric, direction=space.direction, seed=seed)
        for arm, described in arms[fold].items():
            arm_model = model if arm == CATALOGUE else _refitted(model, described, seed)
            for target in targets:
                own = described[target.task.task_id]
                yield target.task.task_id, arm, _figures(space, arm_model, target, own, seed)
        for target in targets:
            yield target.task.task_id, NOTHING, _figures(space, model, target, None, seed)


def _refitted(model: SpaceModel, described: dict[str, MetaFeatures], seed: int) -> SpaceModel:
    """The same model with an embedding of other meta-features; maps don't depend on them."""
    if model.maps is None:
        return model
    embedding = train_embedding([described[h.task.task_id] for h in model.histories], model.maps.mean, seed=seed)
    return replace(model, embedding=embedding, places=embedding.place(model.maps.mean))


def _figures(
    space: Space, model: SpaceModel, target: TaskHistory, meta_features: MetaFeatures | None, seed: int
) -> FloatArray:
    position = {configuration_key(c): i for i, c in enumerate(target.configurations)}
    signed = space.direction.sign * target.scores
    signed = np.where(np.isnan(signed), np.nanmin(signed), signed)
    width = max(float(signed.max() - signed.min()), 1e-12)
    answer = model.recommend(meta_features, n=AFTER[-1], seed=seed)
    got = [
        signed[position[key]] for r in answer.configurations if (key := configuration_key(r.configuration)) in position
    ]
    regrets = [float(signed.max() - max(got[:n])) / width for n in AFTER]
    return np.array([*regrets, _map_error(space, model, target, meta_features)])


def _map_error(space: Space, model: SpaceModel, target: TaskHistory, meta_features: MetaFeatures | None) -> float:
    if model.maps is None:
        return 1.0
    at = [model.maps.position[configuration_key(c)] for c in target.configurations]
    truth = _utilities(space, target)
    weights = model.weigh(meta_features)
    maps = model.maps.mean[:, at]
    plain = float(((weights.uniform @ maps - truth) ** 2).mean())
    return float(((weights.near @ maps - truth) ** 2).mean()) / plain


def _report(found: dict[str, dict[str, list[FloatArray]]], args: argparse.Namespace, *, n_seeds: int) -> None:
    tasks = sorted(found[CATALOGUE])
    figures = {arm: np.array([np.mean(by_task[t], axis=0) for t in tasks]) for arm, by_task in found.items()}
    header = ("", *(f"regret@{n}" for n in AFTER), "map error", *(f"@{n} - catalogue" for n in AFTER), "map error")
    rows, results = [], []
    for arm in sorted(figures, key=lambda a: (a != NOTHING, a != CATALOGUE, a)):
        difference = figures[arm] - figures[CATALOGUE]
        means, paired = figures[arm].mean(axis=0), difference.mean(axis=0)
        spans = [bootstrap_interval(difference[:, i]) for i in range(difference.shape[1])]
        shown = [f"{m:+.4f} [{lo:+.4f}, {hi:+.4f}]" for m, (lo, hi) in zip(paired, spans, strict=True)]
        rows.append((arm, *(f"{m:.4f}" for m in means), *(shown if arm != CATALOGUE else [""] * len(shown))))
        results.append(
            {
                "arm": arm,
                "regret": dict(zip(map(str, AFTER), means[:-1].tolist(), strict=True)),
                "map_error": float(means[-1]),
                "less_catalogue": [[float(m), *span] for m, span in zip(paired, spans, strict=True)],
            }
        )
    print_table(header, rows)
    print(f"\n{len(tasks)} datasets, means over their search spaces and {n_seeds} seeds; smaller is better")
    body = {"seeds": n_seeds, "folds": args.folds, "refit": args.refit, "n_tasks": len(tasks), "arms": results}
    print(write_results(f"metafeatures_set_encoder-{args.refit}", body))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--refit", choices=("fold", "dataset"), default="fold")
    return parser.parse_args()


if __name__ == "__main__":
    main()
