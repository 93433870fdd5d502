"""The next configurations of a study: the prior of similar tasks, conditioned on its trials."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from metamodel.answers.apart import apart
from metamodel.answers.candidates import AnchorSet, Pool
from metamodel.answers.gain import expected_gain_of
from metamodel.answers.harm import HARM_LIMIT
from metamodel.answers.outlook import Outlook, outlook
from metamodel.answers.own_trials import condition_alone
from metamodel.answers.recommendations import describe_anchor, recommend
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import TaskWeights, heaviest
from metamodel.maps.anchors import configuration_key
from metamodel.maps.completion import HIGHEST, LOWEST
from metamodel.maps.performance_maps import LARGEST_SCORE, PerformanceMaps
from metamodel.maps.prior import Posterior, TaskPrior, condition
from metamodel.maps.scale import ScalePrior
from metamodel.maps.surrogates import Surrogate, SurrogateRole, condition_by
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Strategy
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.vocabulary.work import check_wanted

LOCAL_AT = (3, 6, 10, 15)
LOCAL_EVERY = 10
"""Numbers of trials at which configurations besides the anchors are considered at least: see `looks_around`."""
ALONE_AFTER = 5
"""Scored trials after which a study without a past is conditioned on; the first come from the design."""
MAX_OBSERVED = 200
"""Trials conditioned on: the cost grows with their cube, and what a long study still needs is near its best ones."""
MAX_BELIEVED = 200
"""Of what is under way or was just proposed, the latest are conditioned on: likewise."""
PLACED_ALONE = 20
"""So many proposals of a batch are placed one by one; later ones several at once, a twentieth of those before: nobody
evaluates a batch of hundreds in order, and the cost of placing each alone would grow with the square of its size."""
TRIALS_A_PICK = 12
"""Likewise so many trials for each proposal that is placed at once: what one tells of the next is little then."""
MAX_TASKS = 256
MIN_SECONDS = 0.01
"""Cheaper trials count as this long: what surrounds a fit takes time too."""
FARTHEST = 1.5
UNIFORM_SHARE = 0.6
"""Of the prior's weights: trials soon say more about similarity than meta-features (measured on recorded tables)."""


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
    ranks = _feasible_first(scores, tried)
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
    reason = f"{weights.reason}; {len(tried)} trials of the study count too"
    if sight.best is None:
        reason += ", none of which is feasible: what is most likely to be feasible comes first"
    if maps is not None and (surrogate := _surrogate(model)) is not None:
        reason += f", as the surrogate {surrogate.name} sees them"
    gain = ranked[0].expected_gain if ranked else None
    confidence = 0.0 if gain is None else gain.probability
    return Recommendation(tuple(ranked), strategy, confidence, model.version, reason)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast trials are, and how long a study still has.

    Attributes:
        seconds: From features ``(P, D)`` to predicted seconds ``(P,)``; None where nothing tells.
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
            if counts.any():  # until something is feasible, only that matters (Gardner et al., 2014)
                gain = gain + posterior.log_expected_improvement(float(believed[counts].max()))
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
        gain = expected_gain_of(pick.posterior, point, sight.best, chance=chance)
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


def _feasible_first(scores: FloatArray, tried: Sequence[Trial]) -> FloatArray:
    """Ranks, larger is better, by which all feasible trials come before all others, and these by violation (Deb 2000).

    Where all are feasible, these are the scores.
    """
    violation = np.array([t.violation for t in tried])
    if not violation.any():
        return scores
    ranks = np.empty(len(scores))
    ranks[np.lexsort((-scores, violation))] = -np.arange(len(scores), dtype=np.float64)
    return ranks


def observed(scores: FloatArray) -> IntArray:
    """Which trials are conditioned on: all of a short study; of a long one its best and its latest."""
    if len(scores) <= MAX_OBSERVED:
        return np.arange(len(scores))
    best = np.argsort(-scores, kind="stable")[: MAX_OBSERVED // 2]
    latest = np.arange(len(scores) - MAX_OBSERVED // 2, len(scores))
    return np.union1d(best, latest)


def study_scores(model: Snapshot, tried: Sequence[Trial]) -> FloatArray:
    """Larger is better, and what is far out is drawn in.

    A score further below the study's best than `FARTHEST` widths of the widest past task counts as that far: it would
    make all others look alike. A trial without a value counts as the worst that the study has seen, and as at least a
    typical width below its best.
    """
    values = np.array([np.nan if t.value is None or t.state is TrialState.FAIL else t.value for t in tried])
    signed: FloatArray = np.clip(model.direction.sign * values, -LARGEST_SCORE, LARGEST_SCORE)
    if np.isnan(signed).all():
        return signed
    best, worst = float(np.nanmax(signed)), float(np.nanmin(signed))
    if model.maps is not None and (model.maps.width > 0.0).any():
        widths = model.maps.width[model.maps.width > 0.0]
        signed = np.maximum(signed, best - FARTHEST * float(widths.max()))
        worst = min(float(np.nanmin(signed)), best - float(np.median(widths)))
    return np.where(np.isnan(signed), worst, signed)


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


def belief_of(
    model: Snapshot, maps: PerformanceMaps, weights: TaskWeights, pool: Pool
) -> Callable[[IntArray, FloatArray], Posterior]:
    """What conditions on trials: the prior of all past tasks, or the surrogate in its place."""
    by_prior = partial(condition, task_prior(maps, weights, at=pool.at, features=pool.features))
    surrogate = _surrogate(model)
    if surrogate is None:
        return by_prior
    width = float(np.median(maps.width))

    def by_surrogate(seen: IntArray, scores: FloatArray) -> Posterior:
        believed = condition_by(surrogate, pool.features, width=width, seen=seen, scores=scores)
        return by_prior(seen, scores) if believed is None else believed

    return by_surrogate


def _surrogate(model: Snapshot) -> Surrogate | None:
    return None if model.use is None else model.use.in_role(SurrogateRole.SUGGESTIONS)


def speaking(weights: TaskWeights) -> IntArray:
    """Which past tasks suggestions rest on: all, or the nearest `MAX_TASKS`, so that cost stays flat."""
    used = np.flatnonzero(weights.uniform > 0.0)
    return heaviest(weights.near, MAX_TASKS) if len(used) > MAX_TASKS else used


def task_prior(maps: PerformanceMaps, weights: TaskWeights, *, at: IntArray, features: FloatArray) -> TaskPrior:
    """The prior at points ``(P, D)``, of which `at` ``(P,)`` names the anchors, -1 for none; of `speaking` tasks."""
    used = speaking(weights)
    utilities = np.empty((len(used), len(at)))
    known = at >= 0
    utilities[:, known] = maps.mean[np.ix_(used, at[known])]
    utilities[:, ~known] = maps.carried_to(features[~known], used)
    near, uniform = weights.near[used], weights.uniform[used]
    uniform = uniform / uniform.sum()
    near = (1.0 - UNIFORM_SHARE) * near / near.sum() + UNIFORM_SHARE * uniform
    scale = ScalePrior.of_tasks(maps.best[used], maps.width[used], uniform)
    return TaskPrior(np.clip(utilities, LOWEST, HIGHEST), near, uniform, features, scale)


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
