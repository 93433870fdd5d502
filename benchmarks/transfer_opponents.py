"""Honest opponents of a warm start on a recorded table: every proposal is answered by the nearest row not tried yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import optuna
from scipy.linalg import qr
from scipy.stats import norm
from sklearn.ensemble import RandomForestRegressor

from benchmarks.transfer_maps import PastMaps
from benchmarks.transfer_table import Fold, Material
from metamodel.backtest.baselines import default_then_random
from metamodel.space.cube import UnitCube
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.arrays import FloatArray

N_FIRST: Final = 10
"""Of the portfolio, before a surrogate takes over."""
N_SHORT, N_LONG = 30, 100
RANK: Final = 8
DESIGN: Final = 5
N_FOREST: Final = 20


@dataclass(frozen=True, slots=True)
class Game:
    """One target to be tuned.

    Attributes:
        material: The table.
        fold: What is left out with it, and what is known.
        maps: Of the fold's past, for opponents.
        target: The task.
        seed: Of random parts.
    """

    material: Material
    fold: Fold
    maps: PastMaps
    target: int
    seed: int

    def curve(self, rows: Sequence[int], n_trials: int) -> FloatArray:
        """Least regret so far, shape ``(n_trials,)``; it stays where the table has no further row."""
        found = np.minimum.accumulate(self.material.regret(self.target)[np.asarray(rows[:n_trials], dtype=np.intp)])
        return np.concatenate([found, np.full(n_trials - len(found), found[-1])])

    def with_random(self, rows: Sequence[int]) -> list[int]:
        """The distinct rows that the target has, then its others in random order."""
        has = self.material.recorded(self.target)
        distinct = [row for row in dict.fromkeys(map(int, rows)) if has[row]]
        rest = np.random.default_rng(self.seed).permutation(np.flatnonzero(has))
        taken = set(distinct)
        return [*distinct, *(int(row) for row in rest if int(row) not in taken)]


Opponent = Callable[[Game], FloatArray]
"""From a game to the least regret after each of its trials."""


def random_search(game: Game) -> FloatArray:
    """The default, then the exact expectation of random draws without replacement."""
    has = np.flatnonzero(game.material.recorded(game.target))
    regret = game.material.regret(game.target)[has]
    return default_then_random(regret, int(np.flatnonzero(has == _default(game))[0]), n_trials=N_LONG)


def default_seeded_tpe(game: Game) -> FloatArray:
    """Optuna's multivariate TPE with ``group=True``, which tries the default first."""
    return game.curve(_tpe(game, [_default(game)], N_LONG), N_LONG)


def static_portfolio(game: Game) -> FloatArray:
    """The same greedy portfolio for every task (Nemhauser, Wolsey and Fisher, 1978)."""
    return game.curve(game.with_random(_portfolio(game, N_SHORT)), N_SHORT)


def portfolio_then_tpe(game: Game) -> FloatArray:
    """`N_FIRST` of the portfolio enqueued in TPE."""
    return game.curve(_tpe(game, _portfolio(game, N_FIRST), N_SHORT), N_SHORT)


def portfolio_then_forest(game: Game) -> FloatArray:
    """`N_FIRST` of the portfolio, then expected improvement under a random forest, as SMAC does (Hutter et al., 2011).

    Candidates are all rows that the target has; mean and variance are over the trees'.
    """
    rows = _portfolio(game, N_FIRST)
    has, scores = game.material.recorded(game.target), game.material.scores[game.target]
    while len(rows) < min(N_SHORT, int(has.sum())):
        forest = RandomForestRegressor(N_FOREST, min_samples_leaf=1, max_features=5 / 6, random_state=game.seed)
        forest.fit(game.material.features[rows], scores[rows])
        each = np.array([tree.predict(game.material.features) for tree in forest.estimators_])
        mean, sd = each.mean(axis=0), each.std(axis=0) + 1e-9
        z = (mean - scores[rows].max()) / sd
        gain = sd * (z * norm.cdf(z) + norm.pdf(z))
        gain[~has] = -np.inf
        gain[rows] = -np.inf
        rows.append(int(gain.argmax()))
    return game.curve(rows, N_SHORT)


def neighbours_best(game: Game) -> FloatArray:
    """The best known configuration of each past task, nearest first, as auto-sklearn does (Feurer et al., 2015).

    Near by the L1 distance of scaled meta-features over what both know, shrunk towards 1; without any in random order.
    """
    meta = game.material.meta
    far = np.random.default_rng(game.seed).random(len(game.fold.past)) * 1e-6
    if meta.shape[1]:
        off = np.abs(meta[game.fold.past] - meta[game.target])
        far += (np.nansum(off, axis=1) + 1.0) / (np.isfinite(off).sum(axis=1) + 1.0)
    best = [
        int(at[game.material.scores[task, at].argmax()])
        for task, at in zip(game.fold.past, game.fold.known, strict=True)
    ]
    return game.curve(game.with_random([best[i] for i in np.argsort(far, kind="stable")]), N_SHORT)


def low_rank(game: Game) -> FloatArray:
    """Low-rank factorisation with a designed first batch, as Oboe does (Yang et al., KDD 2019).

    The first `DESIGN` rows are those that identify the leading factors best (pivoted QR); each further one has
    the best score that a ridge regression on the factors predicts.
    """
    has, scores = game.material.recorded(game.target), game.material.scores[game.target]
    centre = game.maps.mean.mean(axis=0)
    _, spread, right = np.linalg.svd(game.maps.mean - centre, full_matrices=False)
    loadings = (spread[:RANK, None] / np.sqrt(len(game.maps.mean))) * right[:RANK]
    allowed = np.flatnonzero(has & game.maps.tried)
    rows = [int(allowed[i]) for i in qr(loadings[:, allowed], pivoting=True, mode="economic")[2][:DESIGN]]
    inputs = np.column_stack([centre, loadings.T])  # a task's own scale multiplies the mean
    while len(rows) < min(N_SHORT, int(has.sum())):
        level = scores[rows].mean()
        x = inputs[rows] - inputs[rows].mean(axis=0)
        weights = np.linalg.solve(x.T @ x + 0.05 * np.eye(x.shape[1]), x.T @ (scores[rows] - level))
        predicted = inputs @ weights
        predicted[~has] = -np.inf
        predicted[rows] = -np.inf
        rows.append(int(predicted.argmax()))
    return game.curve(rows, N_SHORT)


OPPONENTS: Final[Mapping[str, Opponent]] = MappingProxyType(
    {
        "random, default first": random_search,
        "TPE, default first": default_seeded_tpe,
        "neighbours' best": neighbours_best,
        "low rank, designed": low_rank,
        "static portfolio": static_portfolio,
        "portfolio, then TPE": portfolio_then_tpe,
        "portfolio, then forest": portfolio_then_forest,
    }
)


MAPLESS: Final = frozenset({"random, default first", "TPE, default first", "neighbours' best"})
"""Opponents that need no completed maps."""


def _default(game: Game) -> int:
    """The default's row, or the nearest that the target has."""
    has = game.material.recorded(game.target)
    far = ((game.material.features - game.material.features[game.material.default]) ** 2).sum(axis=1)
    return int(np.where(has, far, np.inf).argmin())


def _portfolio(game: Game, size: int) -> list[int]:
    """Each pick adds the most to the mean over past tasks of the best picked; of what was tried and the target has."""
    allowed = game.material.recorded(game.target) & game.maps.tried
    maps = game.maps.mean
    best, picks = np.full(len(maps), float(maps.min())), list[int]()
    tie_break = 1e-9 * maps.mean(axis=0)
    while len(picks) < min(size, int(allowed.sum())):
        gain = np.maximum(maps - best[:, None], 0.0).mean(axis=0) + tie_break
        gain[~allowed] = -np.inf
        gain[picks] = -np.inf
        picks.append(int(gain.argmax()))
        best = np.maximum(best, maps[:, picks[-1]])
    return picks


def _tpe(game: Game, first: Sequence[int], n_trials: int) -> list[int]:
    """Rows of Optuna's TPE; `first` are enqueued."""
    table = game.material.table
    cube, space = UnitCube(table.space), table.space
    has = game.material.recorded(game.target)
    sampler = optuna.samplers.TPESampler(seed=game.seed, multivariate=True, group=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for row in first:
        study.enqueue_trial(dict(table.configurations[row]))
    rows: list[int] = []
    for number in range(min(n_trials, int(has.sum()))):
        trial = study.ask()
        asked = suggest(trial, space)
        if number < len(first):
            rows.append(int(first[number]))
        else:
            point = cube.features(*cube.encode([asked]))
            far = np.where(has, ((game.material.features - point) ** 2).sum(axis=1), np.inf)
            far[rows] = np.inf
            rows.append(int(far.argmin()))
        study.tell(trial, float(game.material.scores[game.target, rows[-1]]))
    return rows
