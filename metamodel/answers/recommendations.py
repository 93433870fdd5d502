"""The ordered batch for a task that has no trials yet."""

import math
from dataclasses import replace

import numpy as np

from metamodel.answers.first_pick import FirstPicks
from metamodel.answers.harm import HARM_LIMIT, MARGIN, Chances, PastScores, compare, compare_with
from metamodel.answers.outlook import FAILURE_LIMIT, anchors_failure
from metamodel.answers.portfolio import MAX_TASKS, FirstChoice, first_promise, greedy_portfolio, warped
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import TaskWeights, heaviest
from metamodel.maps.anchors import configuration_key
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Source, Strategy
from warmtune.vocabulary.space import SearchSpace

MAX_SOURCES = 5
_GOOD = 0.9


def recommend(
    model: Snapshot,
    weights: TaskWeights,
    *,
    n: int,
    time_budget_s: float | None,
    seed: int,
    harm_limit: float = HARM_LIMIT,
) -> Recommendation:
    """See `SpaceModel.recommend`."""
    if model.maps is None or weights.strategy is Strategy.DEFAULTS:
        return _without_history(model, weights, n=n, seed=seed)
    maps = model.maps
    failure = anchors_failure(model, weights)
    columns = recommendable(maps.n_tried, failure)
    has_default = model.space.default_configuration() is not None and columns[0] == 0  # then it is the first anchor
    tasks = heaviest(weights.near, MAX_TASKS)  # nothing below looks at any other
    near, utility, variance = weights.near[tasks], *(of_rows(m, tasks, columns) for m in (maps.mean, maps.variance))
    past = PastScores(utility, variance, maps.best[tasks], maps.width[tasks])
    if has_default:
        chances = compare(past, near, reference=0)
    else:  # its part is taken by each task's median configuration
        chances = compare_with(past, near, maps.typical[tasks], np.zeros(len(tasks)))
    choice = _first_choice(model, first_promise(warped(utility), near, 0), chances, harm_limit) if has_default else None
    picks = columns[
        greedy_portfolio(
            utility,
            near,
            of_rows(maps.kernel, columns, columns),
            size=min(n, len(columns)),
            reference=0 if has_default else None,
            first_choice=choice,
            durations_s=None if time_budget_s is None else maps.durations_s[columns],
            budget_s=time_budget_s,
        )
    ]
    ranked = describe_anchors(model, weights, tasks, picks, failure=failure)
    if len(ranked) < n and time_budget_s is None:
        known = {configuration_key(r.configuration) for r in ranked}
        for configuration in _distinct_design(model.space, n + len(ranked), seed=seed):
            if len(ranked) < n and configuration_key(configuration) not in known:
                ranked = (*ranked, RankedConfiguration(len(ranked) + 1, configuration))
    reason = weights.reason
    first = int(np.flatnonzero(columns == picks[0])[0])
    if choice is not None:
        reason += _harm_words(chances, first, harm_limit)
    if failure is not None and len(columns) < maps.n_tried:
        reason += f"; {maps.n_tried - len(columns)} configurations that fail more likely than not are left out"
    if time_budget_s is not None and any((r.expected_duration_s or 0.0) > time_budget_s for r in ranked):
        reason += f"; even the cheapest is expected to take longer than the budget of {time_budget_s:g} s"
    confidence = float(chances.at_least_as_good[first])
    return Recommendation(ranked, weights.strategy, confidence, model.version, reason)


def recommendable(n_tried: int, failure: FloatArray | None) -> IntArray:
    """Anchors that somebody has tried (what nobody has is for suggestions, which can correct themselves).

    Those that fail more likely than not are left out, unless all do.
    """
    columns = np.arange(n_tried)
    lasting = columns if failure is None else columns[failure[:n_tried] <= FAILURE_LIMIT]
    return lasting if len(lasting) else columns


def of_rows(matrix: FloatArray, rows: IntArray, columns: IntArray) -> FloatArray:
    """``matrix[rows][:, columns]``, without a copy where both run from 0 without a gap, as they mostly do."""
    if len(columns) and columns[-1] == len(columns) - 1:  # ascending and distinct
        if rows is columns:
            return matrix[: len(rows), : len(columns)]
        return matrix[rows, : len(columns)]
    return matrix[np.ix_(rows, columns)]


def _first_choice(model: Snapshot, promise: FloatArray, chances: Chances, harm_limit: float) -> FirstChoice:
    """What may come first, and its merit, by the rule that past tasks speak for; else the default alone."""
    rule = (model.first_picks or FirstPicks.of_none()).rule(harm_limit)
    if rule is None:
        return FirstChoice(np.arange(len(promise)) == 0, promise)
    merit = rule.merit(promise, chances)
    return FirstChoice(rule.safe(merit, chances), merit)


def _harm_words(chances: Chances, first: int, harm_limit: float) -> str:
    """What the answer says of its first configuration against the default."""
    if first != 0:
        return (
            f"; the first beats the default with a probability of {chances.better[first]:.2f}"
            f" and is worse by more than {MARGIN:g} with one of {chances.harm[first]:.2f}"
        )
    if len(chances.better) > 1 and (chances.better[1:] > chances.worse[1:]).any():
        return (
            "; the default comes first: every configuration that is expected to score higher is too likely to score"
            f" lower by more than {MARGIN:g} (on at most {harm_limit:.0%} of tasks it may)"
        )
    return "; the default comes first: no configuration is expected to beat it"


def describe_anchors(
    model: Snapshot, weights: TaskWeights, tasks: IntArray, anchors: IntArray, *, failure: FloatArray | None = None
) -> tuple[RankedConfiguration, ...]:
    """Anchors in their order with what past tasks say about them.

    Args:
        model: Whose anchors they are; with maps.
        weights: Of its past tasks.
        tasks: Shape ``(t,)``: those that speak, the heaviest, so that cost stays flat.
        anchors: Shape ``(n,)``.
        failure: Shape ``(A,)``: each anchor's chance of failing; None where nothing says.
    """
    maps = model.maps
    assert maps is not None  # noqa: S101  # callers have checked; narrows the type
    near = weights.near[tasks] / max(float(weights.near[tasks].sum()), 1e-300)
    utility = np.minimum(np.maximum(maps.mean[tasks[:, None], anchors], 0.0), 1.0)
    expected = near @ utility
    variance = near @ (maps.variance[tasks[:, None], anchors] + (utility - expected) ** 2)
    speaks = near[:, None] * (utility >= _GOOD)
    order = np.argsort(-speaks, axis=0, kind="stable")[:MAX_SOURCES]
    ranked = []
    for column, anchor in enumerate(anchors):
        heard = [int(tasks[row]) for row in order[:, column] if speaks[row, column] > 0.0]
        duration = float(maps.durations_s[anchor])
        one = RankedConfiguration(
            rank=column + 1,
            configuration=maps.anchors[anchor],
            expected_regret=min(max(1.0 - float(expected[column]), 0.0), 1.0),
            uncertainty=math.sqrt(variance[column]),
            expected_duration_s=duration if math.isfinite(duration) else None,
            failure_probability=None if failure is None else float(failure[anchor]),
            sources=tuple(_source(model, weights, task) for task in heard),
        )
        ranked.append(one)
    return tuple(ranked)


def describe_anchor(
    model: Snapshot, weights: TaskWeights, tasks: IntArray, anchor: int, *, rank: int
) -> RankedConfiguration:
    """The same of one anchor."""
    return replace(describe_anchors(model, weights, tasks, np.array([anchor]))[0], rank=rank)


def _source(model: Snapshot, weights: TaskWeights, row: int) -> Source:
    task = model.histories[row].task
    return Source(task.task_id, task.name, float(weights.similarity[row]))


def _without_history(model: Snapshot, weights: TaskWeights, *, n: int, seed: int) -> Recommendation:
    """The default, where there is one, then a space-filling design."""
    default = model.space.default_configuration()
    design = _distinct_design(model.space, n + 1, seed=seed)
    if default is not None:
        design = [default, *(c for c in design if configuration_key(c) != configuration_key(default))]
    ranked = tuple(RankedConfiguration(rank, c) for rank, c in enumerate(design[:n], start=1))
    strategy = Strategy.SPACE_FILLING if default is None else Strategy.DEFAULTS
    return Recommendation(ranked, strategy, weights.trust, model.version, weights.reason)


def _distinct_design(space: SearchSpace, n: int, *, seed: int) -> list[dict[str, ParameterValue]]:
    """Up to `n` distinct configurations; small discrete spaces have fewer."""
    for n_drawn in (n, 4 * n):  # a longer design begins with the shorter one
        distinct = {configuration_key(c): c for c in space_filling(space, n_drawn, seed=seed)}
        if len(distinct) >= n:
            break
    return list(distinct.values())[:n]
