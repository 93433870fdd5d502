"""Past tasks asked as if they were new: what the engine's experts say of their other trials, after some of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final
from unittest.mock import patch

import numpy as np

from metamodel.answers import beliefs
from metamodel.answers.beliefs import UNIFORM_SHARE, task_prior
from metamodel.answers.portfolio import warped
from metamodel.answers.weights import TaskWeights, weights_without
from metamodel.embedding.near_copies import near_copies
from metamodel.engine import SpaceModel
from metamodel.maps import prior as experts
from metamodel.maps.anchors import configuration_key
from metamodel.maps.completion import NOISE, OWN_SHARE
from metamodel.maps.improvement import log_expected_improvement
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.own_trials import condition_alone, log_evidence_alone
from metamodel.maps.performance_maps import signed_scores
from metamodel.maps.posterior import LEAST_WEIGHT, Components, Posterior
from metamodel.maps.prior import LIKE_ONE_SD, LOG_ODDS, OWN_FROM, TaskPrior
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.recommendation import Strategy

N_GAMES: Final = 60
MAX_ROWS: Final = 60
N_SEEN: Final = (1, 3, 5, 10)
"""Trials after which the others are predicted: those that the present engine chooses, and as many random ones."""
N_PLAYED: Final = 12
STRAY: Final = 0.01
"""Of each predicted density, spread over the task's range, so that no single trial decides."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The engine's constants; `stack` replaces the odds: numbers of trials, power of the evidence, log odds at each."""

    log_odds: tuple[float, ...] = tuple(map(float, LOG_ODDS))
    uniform_share: float = UNIFORM_SHARE
    like_one_sd: float = LIKE_ONE_SD
    own_share: float = OWN_SHARE
    stack: tuple[tuple[int, float, tuple[float, ...]], ...] = ()

    def at(self, n_seen: int) -> tuple[float, FloatArray]:
        """Power of the evidence and log odds ``(4,)`` after some trials."""
        if not self.stack:
            return 1.0, np.array(self.log_odds)
        n, power, odds = zip(*self.stack, strict=True)
        near = partial(np.interp, np.log(n_seen), np.log(n))
        return float(near(power)), np.array([near(column) for column in np.array(odds).T])


@contextmanager
def settled(settings: Settings) -> Iterator[None]:
    """The engine with these settings."""
    with (
        patch.multiple(beliefs, UNIFORM_SHARE=settings.uniform_share, condition=partial(conditioned, settings)),
        patch.multiple(experts, LIKE_ONE_SD=settings.like_one_sd, OWN_SHARE=settings.own_share),
    ):
        yield


def opinions(prior: TaskPrior, seen: IntArray, scores: FloatArray) -> list[Components]:
    """Of the three experts that know units of the past, with the settings that hold; see `metamodel.maps.prior`."""
    kernel = gaussian_kernel(prior.features, prior.features[seen])
    return [
        experts._mixture(prior, seen, scores, kernel),
        experts._like_one(prior, seen, scores, experts.LIKE_ONE_SD**2 * kernel),
        experts._alone(prior, seen, scores, kernel),
    ]


def own_opinion(prior: TaskPrior, seen: IntArray, scores: FloatArray, evidence: float) -> Components:
    """Of the fourth, whose log evidence is given."""
    own = condition_alone(prior.features, seen, scores)
    return evidence + np.log(own.weight), own.width, own.mean, own.sd


def conditioned(settings: Settings, prior: TaskPrior, seen: IntArray, scores: FloatArray) -> Posterior:
    """`metamodel.maps.prior.condition` with other odds, or with a power of the evidence."""
    power, odds = settings.at(len(seen))
    found = opinions(prior, seen, scores)
    evidence = [float(np.logaddexp.reduce(log_joint)) for log_joint, *_ in found]
    if len(seen) >= OWN_FROM:
        alone = log_evidence_alone(prior.features[seen], scores)
        others = np.logaddexp.reduce(odds[:3] + power * np.array(evidence))
        if odds[3] + power * alone > others + np.log(LEAST_WEIGHT):
            found.append(own_opinion(prior, seen, scores, alone))
            evidence.append(alone)
    joint = [
        (log_odds + (power - 1.0) * total + log_joint, *rest)
        for log_odds, total, (log_joint, *rest) in zip(odds, evidence, found, strict=False)
    ]
    log_evidence, width, mean, sd = (np.concatenate(parts) for parts in zip(*joint, strict=True))
    return Posterior.of((log_evidence, width, mean, sd))


@dataclass(frozen=True, slots=True)
class Game:
    """A past task as if it were new: anchors ``(n,)`` that it tried, signed scores ``(n,)``, weights of the others."""

    task: int
    at: IntArray
    scores: FloatArray
    weights: TaskWeights
    first: int

    def prior(self, model: SpaceModel) -> TaskPrior:
        """At the game's rows, with the settings that hold."""
        assert model.maps is not None
        return task_prior(model.maps, self.weights, at=self.at, features=model.maps.features[self.at])

    def regret(self, rows: Sequence[int] | IntArray) -> FloatArray:
        """Of some rows, in shares of the range."""
        result: FloatArray = (self.scores.max() - self.scores[rows]) / np.ptp(self.scores)
        return result


def games_of(model: SpaceModel) -> list[Game]:
    """Up to `N_GAMES` past tasks; neither their own maps nor near copies' count, and weights are out of sample."""
    maps, found = model.maps, list[Game]()
    assert maps is not None
    tasks = [history.task for history in model.histories]
    order = np.random.default_rng(0).permutation(len(tasks))[: 3 * N_GAMES]
    copies = near_copies(tasks, of={tasks[int(t)].task_id for t in order})
    for task in map(int, order):
        signed = signed_scores(model.histories[task].scores, model.direction)[0]
        keys = map(configuration_key, model.histories[task].configurations)
        known = {maps.position[key]: score for key, score in zip(keys, signed, strict=True) if key in maps.position}
        at = np.random.default_rng(task).permutation(sorted(known))[:MAX_ROWS].astype(np.intp)
        scores = np.array([known[int(i)] for i in at])
        if len(at) < 6 or np.ptp(scores) < 1e-9 or len(found) == N_GAMES:
            continue
        others = np.array([t.task_id not in {tasks[task].task_id, *copies[tasks[task].task_id]} for t in tasks])
        shares = others * (np.ones(len(tasks)) if model.shares is None else model.shares)
        near = weights_without(task, model.embedding, model.places, forest=model.forest) * shares
        near = near / near.sum() if near.any() else shares / shares.sum()
        weights = TaskWeights(near, shares / shares.sum(), near, 0.0, Strategy.NEIGHBOURS, "")
        first = int((near @ warped(maps.mean[:, at])).argmax())
        found.append(Game(task, at, scores, weights, first))
    return found


def play(model: SpaceModel, game: Game, settings: Settings) -> list[int]:
    """Rows that the engine tries with some settings, `N_PLAYED` or all but one."""
    with settled(settings):
        prior, rows = game.prior(model), [game.first]
        while len(rows) < min(N_PLAYED, len(game.at) - 1):
            posterior = conditioned(settings, prior, np.array(rows), game.scores[rows])
            gain = posterior.log_expected_improvement(float(game.scores[rows].max()))
            gain[rows] = -np.inf
            rows.append(int(gain.argmax()))
    return rows


@dataclass(frozen=True, slots=True)
class Told:
    """What the experts say after ``n_seen`` trials of a task of its other ``R``; -inf where one isn't heard.

    Attributes:
        task: The past task.
        n_seen: Number of trials.
        evidence: Shape ``(4,)``: logarithm.
        density: Shape ``(4, R)``: logarithm, of the other scores.
        promise: Shape ``(4, R)``: log expected improvement.
        gain: Shape ``(R,)``: by how much the other trials lower the regret.
    """

    task: int
    n_seen: int
    evidence: FloatArray
    density: FloatArray
    promise: FloatArray
    gain: FloatArray


def told(model: SpaceModel, games: Sequence[Game], seen: Sequence[Sequence[Sequence[int]]], s: Settings) -> list[Told]:
    """With some settings, for each game and each of its choices of trials."""
    with settled(s):
        return [
            _told(game, prior, np.array(rows))
            for game, choices in zip(games, seen, strict=True)
            for prior in [game.prior(model)]
            for rows in choices
        ]


def _told(game: Game, prior: TaskPrior, seen: IntArray) -> Told:
    rest = np.setdiff1d(np.arange(len(game.at)), seen)
    evidence, density, promise = np.full(4, -np.inf), np.full((4, len(rest)), -np.inf), np.full((4, len(rest)), -np.inf)
    best, stray = float(game.scores[seen].max()), np.log(STRAY / np.ptp(game.scores))
    found = opinions(prior, seen, game.scores[seen])
    if len(seen) >= OWN_FROM:
        alone = log_evidence_alone(prior.features[seen], game.scores[seen])
        found.append(own_opinion(prior, seen, game.scores[seen], alone))
    for i, (log_joint, width, mean, sd) in enumerate(found):
        evidence[i] = np.logaddexp.reduce(log_joint)
        share = (log_joint - evidence[i])[:, None]
        noisy = np.sqrt(sd[:, rest] ** 2 + NOISE * width[:, None] ** 2)
        z = (game.scores[rest] - mean[:, rest]) / noisy
        each = np.logaddexp.reduce(share - 0.5 * (z**2 + np.log(2.0 * np.pi)) - np.log(noisy), axis=0)
        density[i] = np.logaddexp(np.log(1.0 - STRAY) + each, stray)
        promise[i] = np.logaddexp.reduce(share + log_expected_improvement(mean[:, rest], sd[:, rest], best), axis=0)
    gain = np.maximum(game.regret(seen).min() - game.regret(rest), 0.0)
    return Told(game.task, len(seen), evidence, density, promise, gain)
