"""Boosted trees that predict a trial's gain from a study's trials, trained across past tasks, against a portfolio.

    python -m benchmarks.gain_trees FOLDER [--half development] [--known 50] [--histories 3]

Rows are (trials so far, configuration): features and prior of the configuration as in `benchmarks.in_context`, kernel
means of what was scored near it, what its kind (the value of the parameter that most others depend on) has scored, and
the study's state. The target is the gain over the best so far in widths of the task, so that the prediction is the
expected improvement itself. A study begins with trials of the portfolio.

Prints means and medians, and writes benchmarks/results/gain-trees-TABLE-HALF-KNOWN.json.
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lightgbm
import numpy as np
import torch

from benchmarks.in_context import AT, N_TRIALS, count_of, print_point, summary
from benchmarks.in_context_past import Pasts, folds_of, prior_columns
from benchmarks.in_context_play import curves_of, portfolio_rows
from benchmarks.stats import write_results
from benchmarks.transfer import play
from benchmarks.transfer_maps import opponents_maps
from benchmarks.transfer_table import HALVES, Fold, Material, load_material
from warmtune.vocabulary.arrays import FloatArray, IntArray

FIRST: Final = (1, 3)
N_STUDIES: Final = 25
"""Drawn of each past task."""
N_ASKED: Final = 24
"""Configurations of each."""
N_CANDIDATES: Final = 500
"""Of the greatest prior; others are never suggested."""
LENGTHS: Final = (0.045, 0.01)
"""Squared, per feature."""
TREES: Final[dict[str, object]] = {
    "n_estimators": 150,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 60,
    "subsample": 0.5,
    "subsample_freq": 1,
    "colsample_bytree": 0.4,
    "n_jobs": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What rows are made of.

    Attributes:
        features: Shape ``(C, D)``.
        kernels: Shape ``(len(LENGTHS), C, C)``.
        kinds: Shape ``(C,)``.
    """

    features: FloatArray
    kernels: FloatArray
    kinds: IntArray

    @classmethod
    def of(cls, material: Material) -> "Rows":
        """Of a table's configurations."""
        x = material.features
        squares = (x**2).sum(axis=1)
        far = np.maximum(squares[:, None] + squares[None] - 2.0 * x @ x.T, 0.0)
        kernels = np.array([np.exp(-far / (2.0 * x.shape[1] * length)) for length in LENGTHS])
        parents = Counter(condition.parent for condition in material.table.space.conditions)
        parent = parents.most_common(1)[0][0] if parents else None
        values = [str(c.get(parent)) if parent else "" for c in material.table.configurations]
        return cls(x, kernels, np.unique(values, return_inverse=True)[1])

    def __call__(self, tried: IntArray, scores: FloatArray, asked: IntArray, prior: FloatArray) -> FloatArray:
        """Shape ``(n_asked, n_columns)``.

        Args:
            tried: Configurations of the study's trials, at least one.
            scores: Theirs.
            asked: Configurations.
            prior: Shape ``(C, 3)``, see `prior_columns`.
        """
        best, width = scores.max(), float(np.ptp(scores)) + 1e-3
        off = scores - best
        columns = [self.features[asked], prior[asked]]
        for kernel in self.kernels:
            near = kernel[np.ix_(asked, tried)]
            mean = (near @ off) / (near.sum(axis=1) + 0.1)
            nearest = off[near.argmax(axis=1)] / width
            columns.append(np.column_stack([mean, mean / width, near.max(axis=1), near.sum(axis=1), nearest]))
        alike = self.kinds[asked][:, None] == self.kinds[tried][None]
        n = alike.sum(axis=1)
        of_kind = np.where(n > 0, np.where(alike, off, -np.inf).max(axis=1, initial=-np.inf), -2.0 * width)
        mean_of_kind = np.where(n > 0, (alike * off).sum(axis=1) / np.maximum(n, 1), -2.0 * width)
        expected = prior[asked, 1]
        columns.append(np.column_stack([n, of_kind, of_kind / width, mean_of_kind / width]))
        columns.append(np.column_stack([expected - prior[tried[off.argmax()], 1], expected - prior[tried, 1].max()]))
        state = [len(tried), best, width, off.mean() / width, _agreement(prior[tried, 1], scores)]
        columns.append(np.tile(state, (len(asked), 1)))
        return np.concatenate(columns, axis=1)


def main() -> None:
    """Train, play, print and write."""
    args = _arguments()
    material = load_material(args.table)
    rows = Rows.of(material)
    curves: dict[str, list[FloatArray]] = {}
    for history in range(args.histories):
        for fold in folds_of(material, args.half, n_known=args.known, n_past=None, history=history):
            work = args.work / material.name
            for method, found in play(material, fold, ["static portfolio"], history=history, work=work).items():
                curves.setdefault(method, []).append(found[:, :N_TRIALS])
            for n, found in _play_fold(material, rows, fold).items():
                curves.setdefault(f"trees after {n} of the portfolio", []).append(found)
    learned = [name for name in curves if name.startswith("trees")]
    point = summary(curves, n_histories=args.histories, learned=learned)
    print_point(f"{material.name}, {args.known or 'all'} known of each", point)
    body = {"table": material.name, "half": args.half, "known": args.known, "at": AT, **point}
    write_results(f"gain-trees-{material.name}-{args.half}-{args.known or 'all'}", body)


def _play_fold(material: Material, rows: Rows, fold: Fold) -> dict[int, FloatArray]:
    """Curves by the number of first trials."""
    pasts = Pasts.of(material, [fold], torch.device("cpu"))
    trees = lightgbm.LGBMRegressor(**TREES).fit(*training_rows(material, rows, fold, pasts))
    prior = prior_columns(pasts.trees[0, -1], pasts.total[0], pasts.count[0]).double().numpy()
    first = portfolio_rows(material, fold, opponents_maps(material, fold), max(FIRST))
    found = {}
    for n in FIRST:
        tried = [list(map(int, start[:n])) for start in first]
        for target, done in zip(fold.targets, tried, strict=True):
            scores = material.scores[target]
            while len(done) < N_TRIALS:
                left = np.setdiff1d(np.flatnonzero(np.isfinite(scores)), done)
                left = left[np.argsort(-prior[left, 1], kind="stable")[:N_CANDIDATES]]
                at = np.array(done)
                done.append(int(left[trees.predict(rows(at, scores[at], left, prior)).argmax()]))
        found[n] = curves_of(material, fold.targets, np.array(tried))
    return found


def training_rows(material: Material, rows: Rows, fold: Fold, pasts: Pasts) -> tuple[FloatArray, FloatArray]:
    """Drawn studies of the past tasks and gains; a task's own trials are left out of its prior."""
    rng = np.random.default_rng(0)
    inputs, gains = [], []
    for t, (task, known) in enumerate(zip(fold.past, fold.known, strict=True)):
        own, count = np.zeros(len(rows.features)), np.zeros(len(rows.features))
        own[known], count[known] = pasts.around[0, t, : len(known)].numpy(), 1.0
        trees = pasts.trees[0, int(pasts.part[0, t])]
        total, counts = pasts.total[0] - torch.tensor(own), pasts.count[0] - torch.tensor(count)
        prior = prior_columns(trees, total, counts).double().numpy()
        scores = material.scores[task]
        width = float(np.ptp(scores[known])) + 1e-6
        for _ in range(N_STUDIES):
            order = known[np.argsort(-_keys(rng, rows, known, trees.numpy()))]
            shown = order[: rng.integers(1, min(21, len(known)))]
            asked = rng.permutation(order[len(shown) :])[:N_ASKED]
            inputs.append(rows(shown, scores[shown], asked, prior))
            gains.append(np.maximum(0.0, scores[asked] - scores[shown].max()) / width)
    return np.concatenate(inputs), np.concatenate(gains)


def _keys(rng: np.random.Generator, rows: Rows, known: IntArray, trees: FloatArray) -> FloatArray:
    """The largest are shown: at random, those that promise more, or those that lie together."""
    greed = 2.5 * rng.random() * (rng.random() >= 0.3)
    narrow = 0.5 * rng.random() * (rng.random() >= 0.5)
    way = rows.features[known] @ rng.normal(size=rows.features.shape[1])
    keys: FloatArray = rng.gumbel(size=len(known)) + greed * trees[known] / trees.std() + narrow * way
    return keys


def _agreement(expected: FloatArray, scores: FloatArray) -> float:
    """Correlation of the prior with what was found; 0 where there is none."""
    if len(scores) < 3 or min(float(expected.std()), float(scores.std())) < 1e-9:
        return 0.0
    return float(np.corrcoef(expected, scores)[0, 1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a folder, or a table of the shipped knowledge base")
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", type=count_of, default=50, help="trials known of each past task, or all")
    parser.add_argument("--histories", type=int, default=3, help="random choices of what is known")
    parser.add_argument("--work", type=Path, default=Path("runs/transfer"), help="where opponents' curves are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
