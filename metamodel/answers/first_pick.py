"""Which first configurations are safe: rules are judged on past tasks, each asked as if it were new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from metamodel.answers.harm import TIE, Chances, PastScores, compare, margins
from metamodel.answers.portfolio import MAX_TASKS, first_promise, warped
from metamodel.answers.weights import heaviest, weights_without
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import PerformanceMaps, signed_scores
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.work import check_wanted

LIMITS: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 1.0)
ODDS: Final = (0.0, 1.5, 2.0, 3.0)
MIN_JUDGED: Final = 12
"""Fewer past tasks that have tried the default tell nothing about rules."""
MAX_JUDGED: Final = 200
WON_PER_LOST: Final = 3.0
"""So many past tasks must a rule win on for each one that it loses on."""
MAX_GAIN: Final = 20.0
"""Margins that one task can add to a rule's gain: a few large ones don't decide alone."""
PSEUDO_HARMED: Final = 0.5
"""Added to the harmed tasks, and one to all, so that a few without harm don't count as none ever."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a first configuration must meet.

    Attributes:
        limit: Chance of harm, at most.
        odds: Its chance to be better than the default is at least so many times that to be worse.
        by_chance: Whether the highest chance to be better, less that to be worse, comes first among those that meet
            it; else the highest cautious gain.
    """

    limit: float
    odds: float
    by_chance: bool = False

    def safe(self, chances: Chances) -> BoolArray:
        """Shape ``(m,)``: the columns that meet it."""
        meets: BoolArray = (chances.harm <= self.limit) & (chances.better >= self.odds * chances.worse)
        return meets


RULES: Final = tuple(Rule(limit, odds, by) for by, limit, odds in product((False, True), LIMITS, ODDS))
_N_BY_GAIN: Final = len(LIMITS) * len(ODDS)
SURELY: Final = 1.0
"""Standard errors by which rules by chance must gain more than those by gain: twice the rules are twice the luck."""


@dataclass(frozen=True, slots=True)
class FirstPicks:
    """How the first configurations of each rule did on ``n`` past tasks; an array's columns are those of `RULES`.

    Attributes:
        gain: Shape ``(n, R)``: score less the default's, in margins (`metamodel.answers.harm.margins`); 0 where the
            default came first.
    """

    gain: FloatArray

    def rule(self, harm_limit: float) -> Rule | None:
        """The rule with the largest mean gain among those that kept the limit.

        Args:
            harm_limit: Share of tasks, in [0, 1], on which the first configuration may be worse than the default by
                more than the margin. A limit of 1 accepts every loss.

        Returns:
            None where no rule has gained anything within the limit: the default comes first then.
        """
        if harm_limit >= 1.0:
            return Rule(1.0, 0.0)
        if len(self.gain) < MIN_JUDGED:
            return Rule(harm_limit, 0.0)
        harmed = ((self.gain < -1.0).sum(axis=0) + PSEUDO_HARMED) / (len(self.gain) + 1.0)
        won, lost = (self.gain > TIE).sum(axis=0), (self.gain < -TIE).sum(axis=0)
        clipped = np.clip(self.gain, -MAX_GAIN, MAX_GAIN)
        mean = clipped.mean(axis=0)
        mean[(harmed > harm_limit) | (won < WON_PER_LOST * lost) | (mean <= 0.0)] = -np.inf
        by_gain, by_chance = int(mean[:_N_BY_GAIN].argmax()), _N_BY_GAIN + int(mean[_N_BY_GAIN:].argmax())
        if not np.isfinite(mean[[by_gain, by_chance]]).any():
            return None
        more = clipped[:, by_chance] - clipped[:, by_gain]
        surely = more.mean() > SURELY * more.std() / np.sqrt(len(more))
        if np.isfinite(mean[by_chance]) and (surely or not np.isfinite(mean[by_gain])):
            return RULES[by_chance]
        return RULES[by_gain]


def judge_rules(
    maps: PerformanceMaps,
    histories: Sequence[TaskHistory],
    embedding: TaskEmbedding | None,
    places: FloatArray,
    *,
    direction: Direction,
    seed: int,
    forest: TaskForest | None = None,
) -> FirstPicks:
    """Choose a first configuration for each past task from all other tasks, and look it up among its own trials.

    The task's weights are those of networks and trees that didn't see it, so that they are as honest as a new task's.
    Only what the task has tried can be looked up, so that only this can be picked. The shared mean and covariance of
    the maps did see its trials; where all tasks have tried the same configurations, that tells nothing of the others.

    Args:
        maps: Of the past tasks; the first anchor is the space's default.
        histories: The same tasks' trials.
        embedding: Trained on them, or None.
        places: Shape ``(T, E)``: their coordinates.
        direction: Which way is better.
        seed: Of the sample where more than `MAX_JUDGED` tasks can be judged.
        forest: Grown on them, or None.
    """
    judged = np.random.default_rng(seed).permutation(len(histories) if len(histories) > 1 else 0)  # one has no others
    gains: list[FloatArray] = []
    for task in judged:
        if len(gains) == MAX_JUDGED:
            break
        check_wanted()
        columns, scores = _known(maps, histories[task], direction)
        if len(columns) < 2 or columns[0] != 0:
            continue
        gain = (scores - scores[0]) / margins(maps.best, scores[:1])
        weights = weights_without(int(task), embedding, places, forest=forest)
        gains.append(np.array([gain[pick] for pick in _picks(maps, columns, weights)]))
    return FirstPicks(np.array(gains).reshape(len(gains), len(RULES)))


def _picks(maps: PerformanceMaps, columns: IntArray, weights: FloatArray) -> Iterator[int]:
    """Of each rule, which of the columns comes first; the default is the first of them."""
    tasks = heaviest(weights, MAX_TASKS)
    at = np.ix_(tasks, columns)
    past = PastScores(maps.mean[at], maps.variance[at], maps.best[tasks], maps.width[tasks])
    chances = compare(past, weights[tasks], reference=0)
    promise = first_promise(warped(past.utility), weights[tasks], 0)
    merit = {False: promise, True: chances.better - chances.worse}
    for rule in RULES:
        safe = rule.safe(chances)
        safe[0] = True
        yield int(np.where(safe, merit[rule.by_chance], -np.inf).argmax())


def _known(maps: PerformanceMaps, history: TaskHistory, direction: Direction) -> tuple[IntArray, FloatArray]:
    """Anchors that the task has tried itself, ascending, and their signed scores; of several trials the last."""
    signed, _, _ = signed_scores(history.scores, direction)
    found = {}
    for configuration, score in zip(history.configurations, signed, strict=True):
        at = maps.position.get(configuration_key(configuration), -1)
        if 0 <= at < maps.n_tried:
            found[at] = float(score)
    columns = np.array(sorted(found), dtype=np.intp)
    return columns, np.array([found[int(at)] for at in columns])
