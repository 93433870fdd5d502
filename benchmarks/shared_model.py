"""What a shared model is worth to the workspace that receives it, on a recorded tuning table.

    python -m benchmarks.shared_model FOLDER [--known 50] [--own 5] [--splits 2] [--targets 20]

FOLDER holds space.json, trials.parquet and metafeatures.parquet. In each random split some tasks are the receiver's
own, some are targets, and all others are the giver's; of each past task `--known` random trials are known. Compared are
the recommendations of the receiver's own model, of that joined with the shared one, and of a model that has all trials
of both, which nobody may have; and a shared model where the receiver has nothing. A proposal is answered by the nearest
recorded configuration that wasn't tried. Mean normalised regret of the best of the first n, with 95 % over targets.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.tables import TuningTable, read_folder
from metamodel.answers.shared_maps import share_maps
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray

AFTER: Final = (1, 3, 5, 10)
LABELS: Final = {
    "own": "receiver alone",
    "joined": "receiver with the shared model",
    "both": "all trials of both",
    "shared": "shared model alone",
}


def main() -> None:
    """Print the table and write its figures."""
    args = _arguments()
    table = read_folder(args.folder)
    found: dict[str, list[FloatArray]] = {name: [] for name in LABELS}
    for split in range(args.splits):
        for name, regret in run(table, args, split=split).items():
            found[name].append(regret)
    rows, figures = [], {}
    for name, parts in found.items():
        regret = np.concatenate(parts)
        cells, means = [], []
        for i in range(len(AFTER)):
            low, high = bootstrap_interval(regret[:, i])
            cells.append(f"{regret[:, i].mean():.3f} [{low:.3f}, {high:.3f}]")
            means.append([round(float(x), 4) for x in (regret[:, i].mean(), low, high)])
        rows.append((LABELS[name], *cells))
        figures[name] = dict(zip(map(str, AFTER), means, strict=True))
    gain = np.concatenate(found["own"]) - np.concatenate(found["joined"])
    low, high = bootstrap_interval(gain[:, 2])
    print_table((f"{table.name}, {len(gain)} targets", *(f"after {n}" for n in AFTER)), rows)
    print(f"gain of the shared model after 5: {gain[:, 2].mean():.3f} [{low:.3f}, {high:.3f}]")
    options = {name: getattr(args, name) for name in ("known", "own", "splits", "targets")}
    write_results(f"shared_model-{table.name}", {"options": options, "regret": figures})


def run(table: TuningTable, args: argparse.Namespace, *, split: int) -> dict[str, FloatArray]:
    """Regret of each method on each target, shape ``(targets, len(AFTER))``."""
    rng = np.random.default_rng(split)
    order = rng.permutation(len(table.tasks))
    targets, own, given = np.split(order, [args.targets, args.targets + args.own])
    recording = table.recording(n_known=args.known, history=split)
    known = [task.known for task in recording.tasks]
    own_histories, given_histories = [known[i] for i in own], [known[i] for i in given]
    giver = _fit(table, given_histories)
    shared = share_maps(giver, [h.task.task_id for h in giver.histories], secret=b"giver")
    received = shared.histories(table.space, table.direction, secret=b"receiver")
    print(f"split {split}: {len(given)} tasks given, {len(shared.to_bytes()) / 1024:.0f} KiB", flush=True)
    models = {
        "own": _fit(table, own_histories),
        "joined": _fit(table, [*own_histories, *received]),
        "both": _fit(table, [*own_histories, *given_histories]),
        "shared": _fit(table, received),
    }
    cube = UnitCube(table.space)
    features = cube.features(*cube.encode(table.configurations))
    return {
        name: np.stack([_regret(table, model, int(target), cube, features) for target in targets])
        for name, model in models.items()
    }


def _fit(table: TuningTable, histories: Sequence[TaskHistory]) -> SpaceModel:
    return fit_model(table.space, histories, metric=table.metric, direction=table.direction)


def _regret(table: TuningTable, model: SpaceModel, target: int, cube: UnitCube, features: FloatArray) -> FloatArray:
    scores = table.direction.sign * table.scores[target]
    high, low = np.nanmax(scores), np.nanmin(scores)
    regret = np.nan_to_num((high - scores) / max(high - low, 1e-12), nan=1.0)
    answer = model.recommend(table.tasks[target].meta_features, n=max(AFTER))
    tried: list[int] = []
    for one in answer.configurations:
        distance = ((features - cube.features(*cube.encode([one.configuration]))) ** 2).sum(axis=1)
        distance[tried] = np.inf
        tried.append(int(distance.argmin()))
    best = np.minimum.accumulate(regret[tried])
    return np.array([best[min(n, len(best)) - 1] for n in AFTER])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--known", type=int, default=50, help="random trials known of each past task")
    parser.add_argument("--own", type=int, default=5, help="past tasks of the receiver's own")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--targets", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
