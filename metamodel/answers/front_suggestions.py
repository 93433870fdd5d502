"""The next configurations of a study with several objectives: the most expected hypervolume."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from metamodel.answers.beliefs import MAX_TASKS, belief_of
from metamodel.answers.candidates import AnchorSet, Pool
from metamodel.answers.fronts import Goal, recommend_front, version_of
from metamodel.answers.hypervolume import n_dominating, random_directions, scalarised
from metamodel.answers.outlook import Outlook, outlook
from metamodel.answers.recommendations import describe_anchor
from metamodel.answers.study_scores import observed, study_scores
from metamodel.answers.suggestions import ALONE_AFTER, MAX_BELIEVED, PLACED_ALONE
from metamodel.answers.weights import heaviest
from metamodel.maps.anchors import configuration_key
from metamodel.maps.own_trials import condition_alone
from metamodel.maps.posterior import Posterior
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Strategy
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.vocabulary.work import check_wanted

N_DRAWS: Final = 512
LOCAL_AFTER: Final = 3
"""Trials after which configurations besides the anchors are considered: a front has room between them."""
BELOW_WORST: Final = 0.1
"""The reference point lies so far, in ranges of the scores, below the worst: the ends of the front count too."""

Belief = Callable[[IntArray, FloatArray], Posterior]


def suggest_front(
    goals: Sequence[Goal],
    trials: Sequence[Trial],
    *,
    n: int,
    pending: Sequence[Configuration],
    seed: int,
    harm_limit: float,
) -> Recommendation:
    """The configurations that are expected to add the most dominated hypervolume.

    Each objective has the belief of a study of its own: the prior of similar tasks where enough know it, else a
    Gaussian process on the study's trials. The expected improvement of the volume over draws from all of them, by
    random scalarisations (Golovin and Zhang, 2020), is weighed by the chances of failure and feasibility.

    Args:
        goals: At least two, in the order of the study's objectives, over one search space.
        trials: Of the study; finished ones with a value have one for each goal.
        n: Number of configurations.
        pending: Configurations under evaluation elsewhere.
        seed: Of local candidates, directions and draws.
        harm_limit: As of `recommend_front`; until trials have scores.
    """
    tried = [t for t in trials if t.state.is_finished]
    waiting = [*pending, *(t.configuration for t in trials if not t.state.is_finished)]
    scored = np.array([t.state is TrialState.COMPLETE for t in tried], dtype=bool)
    known = [goal for goal in goals if goal.maps is not None]
    if scored.sum() < (1 if known else ALONE_AFTER):
        taken = {configuration_key(c) for c in [*waiting, *(t.configuration for t in tried)]}
        answer = recommend_front(goals, n=n + len(taken), seed=seed, harm_limit=harm_limit)
        left = [one for one in answer.configurations if configuration_key(one.configuration) not in taken][:n]
        return replace(answer, configurations=tuple(replace(one, rank=rank) for rank, one in enumerate(left, start=1)))
    scores = np.stack([study_scores(goal.model, _of(tried, i)) for i, goal in enumerate(goals)], axis=-1)
    race = _Race.of(goals, tried, scores, [*map(dict, waiting)], seed=seed)
    picks = race.placed(n=n, rng=np.random.default_rng([seed, len(tried)]))
    ranked = tuple(_described(race, goals, pick, rank=rank) for rank, pick in enumerate(picks, start=1))
    reason = f"{goals[0].weights.reason}; the study's {len(tried)} trials count by their hypervolume"
    unknown = [goal.model.metric for goal in goals if goal.maps is None]
    if unknown:
        reason += f"; of {', '.join(unknown)} only the study's own trials are known"
    lead = known[0].weights if known else goals[0].weights
    strategy = lead.strategy
    if not known and goals[0].model.space.default_configuration() is None:
        strategy = Strategy.SPACE_FILLING
    confidence = min(goal.weights.trust for goal in goals)
    return Recommendation(ranked, strategy, confidence, version_of(goals), reason)


@dataclass(frozen=True, slots=True)
class _Race:
    """What picks are made from.

    Attributes:
        pool: The points.
        beliefs: One for each objective.
        scores: Shape ``(k, m)``: signed scores of the tried.
        counts: Shape ``(k,)``: which tried ones are feasible and have a value.
        seen: Indices of the tried that are conditioned on.
        n_waiting: Points after the tried that are under way.
        outlook: Chances at all points.
    """

    pool: Pool
    beliefs: tuple[Belief, ...]
    scores: FloatArray
    counts: BoolArray
    seen: IntArray
    n_waiting: int
    outlook: Outlook

    @classmethod
    def of(
        cls,
        goals: Sequence[Goal],
        tried: Sequence[Trial],
        scores: FloatArray,
        waiting: Sequence[Configuration],
        *,
        seed: int,
    ) -> "_Race":
        """Prepare the points and the beliefs."""
        lead = next((goal for goal in goals if goal.maps is not None), goals[0])
        space, maps = lead.model.space, lead.maps
        anchors = AnchorSet.of_design(space, seed=seed) if maps is None else AnchorSet.of_maps(maps)
        counts = np.array([t.is_feasible and t.state is TrialState.COMPLETE for t in tried], dtype=bool)
        ranks = _fronts_first(scores, counts)
        pool = Pool.around(
            space,
            anchors,
            [*(dict(t.configuration) for t in tried), *waiting],
            ranks + 0.5 * np.random.default_rng(seed).random(len(ranks)),  # steps start anywhere on the front
            with_local=maps is None or len(tried) >= LOCAL_AFTER,
            seed=seed,
        )
        seen = observed(ranks)
        return cls(
            pool=pool,
            beliefs=tuple(_belief(goal, lead, pool) for goal in goals),
            scores=scores,
            counts=counts,
            seen=seen,
            n_waiting=len(waiting),
            outlook=outlook(lead.model, lead.weights, tried, features=pool.features, seen=seen),
        )

    def placed(self, *, n: int, rng: np.random.Generator) -> list[int]:
        """Points one after another, after what is under way has been believed in."""
        waiting = list(range(len(self.scores), len(self.scores) + self.n_waiting))
        open_points = self.pool.open.copy()
        chance = self.outlook.chance(len(open_points))
        seen, believed, counts = self.seen, self.scores[self.seen], self.counts[self.seen]
        placed: list[int] = []
        n_placed = 0
        while waiting or (len(placed) < n and open_points.any()):
            check_wanted()
            posteriors = [believe(seen, believed[:, i]) for i, believe in enumerate(self.beliefs)]
            at_once = max(1, n_placed // PLACED_ALONE)
            if waiting:
                picks, waiting = waiting[:at_once], waiting[at_once:]
            else:
                gain = np.log(chance) + np.log(_volume_gain(posteriors, believed, counts, rng) + 1e-300)
                gain[~open_points] = -np.inf
                at_once = min(at_once, n - len(placed), int(open_points.sum()))
                picks = [int(pick) for pick in np.argsort(-gain, kind="stable")[:at_once]]
                open_points[picks] = False
                placed += picks
            n_placed += len(picks)
            n_own = len(self.seen)
            kept = np.r_[:n_own, max(n_own, len(seen) + len(picks) - MAX_BELIEVED) : len(seen)]
            expected = np.stack([posterior.expected()[picks] for posterior in posteriors], axis=-1)
            seen = np.concatenate([seen[kept], np.array(picks, dtype=np.intp)])
            believed = np.concatenate([believed[kept], expected])
            counts = np.concatenate([counts[kept], chance[picks] >= 0.5])
        return placed


def _belief(goal: Goal, lead: Goal, pool: Pool) -> Belief:
    """Of one objective, over the pool that was made of the leading objective's anchors."""
    maps = goal.maps
    if maps is None:
        return partial(condition_alone, pool.features)
    if goal is lead:
        return belief_of(goal.model, maps, goal.weights, pool)
    points = [*pool.fixed, *pool.anchors, *pool.local]
    at = np.array([maps.position.get(configuration_key(point), -1) for point in points], dtype=np.intp)
    return belief_of(goal.model, maps, goal.weights, replace(pool, at=at))


def _volume_gain(
    posteriors: Sequence[Posterior], believed: FloatArray, counts: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """Expected improvement of the dominated volume at each point, shape ``(P,)``, by as many draws as directions.

    All points share the draws' random numbers, so that they can be compared.
    """
    top = np.array([float(posterior.expected().max()) for posterior in posteriors])
    low, high = believed.min(axis=0), np.maximum(believed.max(axis=0), top)
    span = np.maximum(high - low, 1e-9 * np.maximum(1.0, np.abs(high)))
    reference = low - BELOW_WORST * span
    draws = []
    for i, posterior in enumerate(posteriors):
        component = rng.choice(len(posterior.weight), size=N_DRAWS, p=posterior.weight)
        drawn = posterior.mean[component] + posterior.sd[component] * rng.normal(size=(N_DRAWS, 1))
        draws.append((drawn - reference[i]) / span[i])
    directions = random_directions(len(posteriors), N_DRAWS, rng)
    reach = scalarised(np.stack(draws, axis=-1), directions[:, None])  # (draws, P)
    best = np.zeros(N_DRAWS)
    if counts.any():
        front = (believed[counts] - reference) / span
        best = scalarised(front[None], directions[:, None]).max(axis=1)
    gain: FloatArray = np.maximum(reach - best[:, None], 0.0).mean(axis=0)
    return gain


def _fronts_first(scores: FloatArray, counts: BoolArray) -> FloatArray:
    """Ranks, larger is better: by how many trials that count dominate each, those that don't count last."""
    ranks = np.full(len(scores), -1.0 - len(scores))
    points = scores[counts]
    if len(points):
        ranks[counts] = -n_dominating(points).astype(np.float64)
    return ranks


def _of(tried: Sequence[Trial], objective: int) -> list[Trial]:
    """The trials as one objective sees them."""
    return [
        replace(t, value=t.values[objective], values=()) if t.state is TrialState.COMPLETE else replace(t, values=())
        for t in tried
    ]


def _described(race: _Race, goals: Sequence[Goal], point: int, *, rank: int) -> RankedConfiguration:
    """A pick with what is known of it."""
    lead = next((goal for goal in goals if goal.maps is not None), goals[0])
    ranked = RankedConfiguration(rank, race.pool.configuration(point))
    if lead.maps is not None and race.pool.at[point] >= 0:
        heavy = heaviest(lead.weights.near, MAX_TASKS)
        past = describe_anchor(lead.model, lead.weights, heavy, int(race.pool.at[point]), rank=rank)
        ranked = replace(ranked, sources=past.sources, expected_duration_s=past.expected_duration_s)
    around = race.outlook
    return replace(
        ranked,
        failure_probability=None if around.failure is None else float(around.failure[point]),
        feasible_probability=None if around.feasible is None else float(around.feasible[point]),
    )
