"""Which first configurations are safe: rules are judged on past tasks, each asked as if it were new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

PRICES: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""What a chance of harm of 1 may cost, in warped utility."""
PRICE_AT_LIMIT: Final = 0.05
"""Over the limit of harm, the least price: 0.5 for a limit of a tenth."""
ODDS: Final = 1.5
"""So many times the chance to be worse than the default is that to be better, at least."""
MOST: Final = 2.5
"""Limits that the chance of harm of one answer may reach, since the limit is meant for all answers together."""
MIN_JUDGED: Final = 12
"""Fewer past tasks that have tried the default say nothing about rules: no chance may exceed the limit then."""
MAX_JUDGED: Final = 200
MAX_GAIN: Final = 20.0
"""Margins that one task can add to a rule's gain: a few large ones don't decide alone."""
BELIEVED: Final = 20.0
"""Past tasks that the believed chances of harm count as much as, beside the harm that was seen: that on a few dozen
tasks is mostly luck, and the chances are calibrated."""
SURELY: Final = 1.0
"""Standard errors by which the share of harmed tasks must exceed the limit before a rule is refused."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which first configuration is chosen.

    Attributes:
        price: What a chance of harm of 1 costs, in units of the cautious gain over the default.
        odds: The chance to be better than the default is at least so many times that to be worse.
        limit: The chance of harm, at most.
    """

    price: float
    odds: float = ODDS
    limit: float = 1.0

    def merit(self, promise: FloatArray, chances: Chances) -> FloatArray:
        """Shape ``(m,)``: the cautious gain over the default less the price of the chance of harm; 0 for the default.

        Args:
            promise: Shape ``(m,)``: see `metamodel.answers.portfolio.first_promise`.
            chances: Against the default, which is the first column.
        """
        merit: FloatArray = promise - self.price * chances.harm
        return merit

    def safe(self, merit: FloatArray, chances: Chances) -> BoolArray:
        """Shape ``(m,)``: what may come first, the default in any case."""
        likelier = chances.better >= self.odds * chances.worse
        safe: BoolArray = likelier & (merit > 0.0) & (chances.harm <= self.limit)
        safe[0] = True
        return safe


RULES: Final = tuple(Rule(price) for price in PRICES)
ACCEPTS_ALL: Final = Rule(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class FirstPicks:
    """How the first configurations of each rule did on ``n`` past tasks; an array's columns are those of `RULES`.

    Attributes:
        gain: Shape ``(n, R)``: score less the default's, in margins (`metamodel.answers.harm.margins`); 0 where the
            default came first.
        harm: Shape ``(n, R)``: the chance of harm that was believed.
    """

    gain: FloatArray
    harm: FloatArray

    @classmethod
    def of_none(cls) -> "FirstPicks":
        """No past task could be judged."""
        nothing = np.zeros((0, len(RULES)))
        return cls(nothing, nothing)

    def rule(self, harm_limit: float) -> Rule | None:
        """The lowest price, from that of the limit on, with which past tasks weren't surely harmed more often.

        Prices are few and the same for all search spaces, so that little is left to the luck of a few dozen tasks.

        Args:
            harm_limit: Share of tasks, in [0, 1], on which the first configuration may be worse than the default by
                more than the margin. A limit of 1 accepts every loss.

        Returns:
            None where every rule harmed more often, gained nothing or lost more often than it won: the default comes
            first then.
        """
        if harm_limit >= 1.0:
            return ACCEPTS_ALL
        least = least_price(harm_limit)
        if len(self.gain) < MIN_JUDGED:
            return Rule(least, limit=harm_limit)
        n = len(self.gain) + BELIEVED
        harmed = ((self.gain < -1.0).sum(axis=0) + BELIEVED * self.harm.mean(axis=0)) / n
        surely = harmed - SURELY * np.sqrt(harmed * (1.0 - harmed) / n)
        won, lost = (self.gain > TIE).sum(axis=0), (self.gain < -TIE).sum(axis=0)
        mean = np.clip(self.gain, -MAX_GAIN, MAX_GAIN).mean(axis=0)
        allowed = (np.array(PRICES) >= least * (1.0 - 1e-9)) & (surely <= harm_limit) & (won >= lost) & (mean > 0.0)
        if not allowed.any():
            return None
        return Rule(PRICES[int(allowed.argmax())], limit=MOST * harm_limit)


def least_price(harm_limit: float) -> float:
    """Of a chance of harm, at a limit in [0, 1]; beyond all measure at 0."""
    return PRICE_AT_LIMIT / harm_limit if harm_limit > 0.0 else float(np.finfo(np.float64).max)


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
    the maps did see its trials; where all tasks have tried the same configurations, that says nothing about the others.

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
    gains, harms = list[FloatArray](), list[FloatArray]()
    for task in judged:
        if len(gains) == MAX_JUDGED:
            break
        check_wanted()
        columns, scores = _known(maps, histories[task], direction)
        if len(columns) < 2 or columns[0] != 0:
            continue
        gain = (scores - scores[0]) / margins(maps.best, scores[:1])
        weights = weights_without(int(task), embedding, places, forest=forest)
        picks, harm = zip(*_picks(maps, columns, weights), strict=True)
        gains.append(gain[list(picks)])
        harms.append(np.array(harm))
    shape = (len(gains), len(RULES))
    return FirstPicks(np.array(gains).reshape(shape), np.array(harms).reshape(shape))


def _picks(maps: PerformanceMaps, columns: IntArray, weights: FloatArray) -> Iterator[tuple[int, float]]:
    """Of each rule, which of the columns comes first, and its chance of harm; the default is the first of them."""
    tasks = heaviest(weights, MAX_TASKS)
    at = np.ix_(tasks, columns)
    past = PastScores(maps.mean[at], maps.variance[at], maps.best[tasks], maps.width[tasks])
    chances = compare(past, weights[tasks], reference=0)
    promise = first_promise(warped(past.utility), weights[tasks], 0)
    for rule in RULES:
        merit = rule.merit(promise, chances)
        pick = int(np.where(rule.safe(merit, chances), merit, -np.inf).argmax())
        yield pick, float(chances.harm[pick])


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
