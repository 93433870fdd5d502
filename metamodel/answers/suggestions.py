"""The next configurations of a study: the prior of similar tasks, conditioned on its trials."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from metamodel.answers.apart import apart
from metamodel.answers.beliefs import MAX_TASKS, active_surrogate, belief_of
from metamodel.answers.candidates import AnchorSet, Pool
from metamodel.answers.gain import expected_gain_of
from metamodel.answers.harm import HARM_LIMIT
from metamodel.answers.outlook import Outlook, outlook
from metamodel.answers.recommendations import describe_anchor, recommend
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.study_scores import feasible_first, observed, study_scores
from metamodel.answers.weights import TaskWeights, heaviest
from metamodel.maps.anchors import configuration_key
from metamodel.maps.own_trials import condition_alone
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.maps.posterior import Posterior
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Strategy
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial
from warmtune.vocabulary.work import check_wanted

LOCAL_AT = (3, 6, 10, 15)
LOCAL_EVERY = 10
"""Numbers of trials at which configurations besides the anchors are considered at least: see `looks_around`."""
ALONE_AFTER = 5
"""Scored trials after which a study without a past is conditioned on; the first come from the design."""
MAX_BELIEVED = 200
"""Of what is under way or was just proposed, the latest are conditioned on: likewise."""
PLACED_ALONE = 20
"""So many proposals of a batch are placed one by one; later ones several at once, a twentieth of those before: nobody
evaluates a batch of hundreds in order, and the cost of placing each alone would grow with the square of its size."""
TRIALS_A_PICK = 12
"""Likewise so many trials for each proposal that is placed at once: each says little about the next then."""
MIN_SECONDS = 0.01
"""Cheaper trials count as this long: what surrounds a fit takes time too."""


def suggest(
    model: Snapshot,
    weights: TaskWeights,
    trials: Sequence[Trial],
    *,
    n: int,
    pending: Sequence[Configuration],
    seed: int,
    pace: "Pace | None" = None,
    harm_limit: float = HARM_LIMIT,
) -> Recommendation:
    """See `SpaceModel.suggest`."""
    pace = pace or Pace(None, None)
    tried = [t for t in trials if t.state.is_finished]
    waiting = [*pending, *(t.configuration for t in trials if not t.state.is_finished)]
    scores = study_scores(model, tried)
    maps = None if weights.strategy is Strategy.DEFAULTS else model.maps
    if np.isfinite(scores).sum() < (1 if maps is not None else ALONE_AFTER):
        taken = [*waiting, *(t.configuration for t in tried)]
        return _untried(model, weights, taken, n=n, seed=seed, time_budget_s=pace.left_s, harm_limit=harm_limit)
    fixed = [*(dict(t.configuration) for t in tried), *map(dict, waiting)]
    anchors = AnchorSet.of_design(model.space, seed=seed) if maps is None else AnchorSet.of_maps(maps)
    with_local = maps is None or looks_around(maps, tried)
    ranks = feasible_first(scores, tried)
    pool = Pool.around(model.space, anchors, fixed, ranks, with_local=with_local, seed=seed)
    believe = partial(condition_alone, pool.features) if maps is None else belief_of(model, maps, weights, pool)
    seen = observed(ranks)
    sight = _Sight(
        scores=scores,
        feasible=np.array([t.is_feasible for t in tried]),
        outlook=outlook(model, weights, tried, features=pool.features, seen=seen),
        seconds=None if pace.seconds is None else pace.seconds(pool.features),
        left_s=pace.left_s,
    )
    ranked = [
        _ranked(model, weights, sight, pick, pool=pool)
        for pick in _placed(pool, believe, sight, seen, queue=range(len(tried), len(fixed)), n=n)
    ]
    strategy = weights.strategy
    if maps is None and model.space.default_configuration() is None:
        strategy = Strategy.SPACE_FILLING
    reason = f"{weights.reason}; the study's {len(tried)} trials count, too"
    if sight.best is None:
        reason += ", none of which is feasible: what is likely to be feasible comes first"
    if maps is not None and (surrogate := active_surrogate(model)) is not None:
        reason += f", as modelled by the surrogate {surrogate.name}"
    gain = ranked[0].expected_gain if ranked else None
    confidence = 0.0 if gain is None else gain.probability
    return Recommendation(tuple(ranked), strategy, confidence, model.version, reason)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast trials are, and how long a study still has.

    Attributes:
        seconds: From features ``(P, D)`` to predicted seconds ``(P,)``; None where nothing is known of them.
        left_s: Seconds that are left; None where time doesn't matter.
    """

    seconds: Callable[[FloatArray], FloatArray] | None
    left_s: float | None


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is seen of a study: signed scores ``(k,)``, which of them count, and chances and seconds at all points."""

    scores: FloatArray
    feasible: BoolArray
    outlook: Outlook
    seconds: FloatArray | None
    left_s: float | None

    def log_price(self, n: int) -> FloatArray:
        """What the logarithm of a gain is lowered by, shape ``(n,)``: per second where time matters, else 0."""
        if self.seconds is None or self.left_s is None:
            return np.zeros(n)
        price = np.log(np.maximum(self.seconds, MIN_SECONDS))
        late = self.seconds > self.left_s
        if not late.all():
            price[late] = np.inf
        return price

    @property
    def best(self) -> float | None:
        """The best signed score that counts."""
        return float(self.scores[self.feasible].max()) if self.feasible.any() else None


@dataclass(frozen=True, slots=True)
class _Pick:
    """A point of the pool, its rank, and what was believed when it was picked."""

    point: int
    rank: int
    posterior: Posterior


def _placed(
    pool: Pool,
    believe: Callable[[IntArray, FloatArray], Posterior],
    sight: _Sight,
    seen: IntArray,
    *,
    queue: Iterable[int],
    n: int,
) -> Iterator[_Pick]:
    """Pick up to `n` points one after another, after what is under way (`queue`) has been believed in."""
    waiting, open_points = list(queue), pool.open.copy()
    chance = sight.outlook.chance(len(pool.features))
    price = sight.log_price(len(pool.features))
    believed, counts, n_observed = sight.scores[seen], sight.feasible[seen], len(seen)
    n_placed = n_picked = 0
    while waiting or (n_picked < n and open_points.any()):
        check_wanted()
        posterior = believe(seen, believed)
        at_once = max(1, n_placed // PLACED_ALONE, len(sight.scores) // TRIALS_A_PICK)
        if waiting:
            picks, waiting = waiting[:at_once], waiting[at_once:]
        else:
            gain = np.log(chance) - price
            if counts.any():
                gain = gain + posterior.log_expected_improvement(float(believed[counts].max()))
            else:  # by the chance alone (Gardner et al., 2014) what is farthest comes first, and mostly it is bad
                gain = gain + np.log(chance) + posterior.log_expected_improvement(float(np.median(believed)))
            gain[~open_points] = -np.inf
            at_once = min(at_once, n - n_picked, int(open_points.sum()))
            picks = apart(gain, pool.features, n=at_once)
            open_points[picks] = False
            yield from (_Pick(pick, n_picked + place, posterior) for place, pick in enumerate(picks, start=1))
            n_picked += len(picks)
        n_placed += len(picks)
        # what is under way counts as if it had scored as expected (a kriging believer, Ginsbourger et al. 2010)
        kept = np.r_[:n_observed, max(n_observed, len(seen) + len(picks) - MAX_BELIEVED) : len(seen)]
        seen = np.concatenate([seen[kept], np.array(picks, dtype=np.intp)])
        believed = np.concatenate([believed[kept], posterior.expected()[picks]])
        counts = np.concatenate([counts[kept], chance[picks] >= 0.5])


def _ranked(model: Snapshot, weights: TaskWeights, sight: _Sight, pick: _Pick, *, pool: Pool) -> RankedConfiguration:
    """A pick with all that is known of it."""
    point, around = pick.point, sight.outlook
    ranked = _describe(pool.configuration(point), pick.posterior, point, rank=pick.rank)
    if model.maps is not None and weights.strategy is not Strategy.DEFAULTS and pool.at[point] >= 0:
        heavy = heaviest(weights.near, MAX_TASKS)  # what past tasks say about an anchor holds here too
        past = describe_anchor(model, weights, heavy, int(pool.at[point]), rank=ranked.rank)
        ranked = replace(ranked, sources=past.sources, expected_duration_s=past.expected_duration_s)
    if sight.seconds is not None:
        ranked = replace(ranked, expected_duration_s=float(sight.seconds[point]))
    gain = None
    if sight.best is not None:
        chance = float(around.chance(len(pool.features))[point])
        gain = expected_gain_of(pick.posterior, point, sight.best, n_scored=len(sight.scores), chance=chance)
    return replace(
        ranked,
        failure_probability=None if around.failure is None else float(around.failure[point]),
        feasible_probability=None if around.feasible is None else float(around.feasible[point]),
        expected_gain=gain,
    )


def looks_around(maps: PerformanceMaps, tried: Sequence[Trial]) -> bool:
    """Whether configurations that no past task has tried are considered.

    A study that can try anything gains from them after very few trials. One that is confined to recorded configurations
    (a table, a fixed grid) reports the nearest of these instead, which costs more than it gains. So they are proposed
    now and then, and from the first time that one comes back as it was proposed always.
    """
    n_tried = len(tried)
    if n_tried in LOCAL_AT or (n_tried > LOCAL_AT[-1] and n_tried % LOCAL_EVERY == 0):
        return True
    return n_tried > LOCAL_AT[0] and any(configuration_key(t.configuration) not in maps.position for t in tried)


def _untried(
    model: Snapshot,
    weights: TaskWeights,
    taken: Sequence[Configuration],
    *,
    n: int,
    seed: int,
    time_budget_s: float | None,
    harm_limit: float,
) -> Recommendation:
    """The recommended batch without what has been tried."""
    answer = recommend(model, weights, n=n + len(taken), time_budget_s=time_budget_s, seed=seed, harm_limit=harm_limit)
    keys = {configuration_key(c) for c in taken}
    left = [r for r in answer.configurations if configuration_key(r.configuration) not in keys][:n]
    ranked = tuple(replace(one, rank=rank) for rank, one in enumerate(left, start=1))
    return Recommendation(ranked, answer.strategy, answer.confidence, answer.model_version, answer.reason)


def _describe(
    configuration: dict[str, ParameterValue], posterior: Posterior, point: int, *, rank: int
) -> RankedConfiguration:
    """Regret and its uncertainty in units of the task's expected width, against the best that is expected anywhere."""
    width = max(float(posterior.weight @ posterior.width), 1e-300)
    mean = posterior.expected()
    regret = (float(mean.max()) - float(mean[point])) / width
    sd = float(np.sqrt(posterior.weight @ posterior.sd[:, point] ** 2)) / width
    return RankedConfiguration(
        rank, configuration, expected_regret=min(max(regret, 0.0), 1.0), uncertainty=min(sd, 1.0)
    )
