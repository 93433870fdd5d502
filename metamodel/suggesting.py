"""The next configurations of a study: the prior of similar tasks, conditioned on its trials."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from metamodel.anchors import configuration_key
from metamodel.cube import UnitCube
from metamodel.kernels import gaussian_kernel
from metamodel.prior import Posterior, ScalePrior, TaskPrior, condition
from metamodel.recommending import recommend
from metamodel.snapshot import Snapshot
from metamodel.weighting import TaskWeights
from warmtune.distributions import ParameterValue
from warmtune.recommendation import RankedConfiguration, Recommendation, Strategy
from warmtune.space import Configuration
from warmtune.trial import Trial, TrialState

FloatArray = NDArray[np.float64]

N_LOCAL = 64
LOCAL_STEP = 0.1
_RIDGE = 1e-3


def suggest(
    model: Snapshot,
    weights: TaskWeights,
    trials: Sequence[Trial],
    *,
    n: int,
    pending: Sequence[Configuration],
    seed: int,
) -> Recommendation:
    """See `SpaceModel.suggest`."""
    tried = [t for t in trials if t.state.is_finished]
    waiting = [*pending, *(t.configuration for t in trials if not t.state.is_finished)]
    scores = _signed_scores(model, tried)
    if model.maps is None or weights.strategy is Strategy.DEFAULTS or not np.isfinite(scores).any():
        return _untried(model, weights, [*waiting, *(t.configuration for t in tried)], n=n, seed=seed)
    candidates = _candidates(model, tried, scores, waiting, seed=seed)
    points = [dict(t.configuration) for t in tried] + [dict(c) for c in waiting] + candidates
    prior = _prior(model, weights, points)
    n_tried, n_fixed = len(tried), len(tried) + len(waiting)
    seen = np.arange(n_tried)
    believed = scores
    forbidden = {configuration_key(c) for c in points[:n_fixed]}
    open_points = np.array([i >= n_fixed and configuration_key(c) not in forbidden for i, c in enumerate(points)])
    queue = list(range(n_tried, n_fixed))
    ranked: list[RankedConfiguration] = []
    while True:
        posterior = condition(prior, seen, believed)
        if queue:
            pick = queue.pop(0)
        elif len(ranked) == n or not open_points.any():
            break
        else:
            gain = posterior.log_expected_improvement(float(np.max(believed)))
            gain[~open_points] = -np.inf
            pick = int(gain.argmax())
            open_points[pick] = False
            ranked.append(_describe(points[pick], posterior, pick, rank=len(ranked) + 1))
        # what is under way counts as if it had scored as expected (a kriging believer, Ginsbourger et al. 2010)
        seen = np.append(seen, pick)
        believed = np.append(believed, float(posterior.weight @ posterior.mean[:, pick]))
    reason = f"{weights.reason}; {len(tried)} trials of the study count too"
    return Recommendation(tuple(ranked), weights.strategy, weights.confidence, model.version, reason)


def _signed_scores(model: Snapshot, tried: Sequence[Trial]) -> FloatArray:
    """Larger is better; a trial without a value counts as the worst that the study has seen."""
    values = np.array([np.nan if t.value is None or t.state is TrialState.FAIL else t.value for t in tried])
    signed = model.direction.sign * values
    if np.isnan(signed).all():
        return signed
    return np.where(np.isnan(signed), np.nanmin(signed), signed)


def _untried(
    model: Snapshot, weights: TaskWeights, taken: Sequence[Configuration], *, n: int, seed: int
) -> Recommendation:
    """The recommended batch without what has been tried."""
    answer = recommend(model, weights, n=n + len(taken), time_budget_s=None, seed=seed)
    keys = {configuration_key(c) for c in taken}
    left = [r for r in answer.configurations if configuration_key(r.configuration) not in keys][:n]
    ranked = tuple(
        RankedConfiguration(
            rank, r.configuration, r.expected_regret, r.uncertainty, r.expected_duration_s, r.sources, r.adjustments
        )
        for rank, r in enumerate(left, start=1)
    )
    return Recommendation(ranked, answer.strategy, answer.confidence, answer.model_version, answer.reason)


def _candidates(
    model: Snapshot, tried: Sequence[Trial], scores: FloatArray, waiting: Sequence[Configuration], *, seed: int
) -> list[dict[str, ParameterValue]]:
    """All anchors, and random steps around the best three trials; none that is waiting."""
    assert model.maps is not None  # noqa: S101  # callers have checked; narrows the type
    cube = UnitCube(model.space)
    best = [tried[int(i)].configuration for i in np.argsort(-scores, kind="stable")[:3]]
    points = cube.encode(best)[0]
    rng = np.random.default_rng([seed, len(tried), len(waiting)])
    centres = points[rng.integers(len(points), size=N_LOCAL)]
    moved = rng.random(centres.shape) < np.maximum(0.3, 1.0 / centres.shape[1])
    steps = np.where(moved, rng.normal(scale=LOCAL_STEP, size=centres.shape), 0.0)
    local = cube.decode(np.clip(centres + steps, 0.0, 1.0))
    distinct = {configuration_key(c): dict(c) for c in (*model.maps.anchors, *local)}
    return list(distinct.values())


def _prior(model: Snapshot, weights: TaskWeights, points: Sequence[Configuration]) -> TaskPrior:
    """The prior at any configurations: past tasks' maps are carried there from the anchors by the kernel."""
    maps = model.maps
    assert maps is not None  # noqa: S101  # callers have checked; narrows the type
    cube = UnitCube(model.space)
    features = cube.features(*cube.encode(points))
    position = {configuration_key(anchor): i for i, anchor in enumerate(maps.anchors)}
    at = np.array([position.get(configuration_key(c), -1) for c in points])
    used = weights.uniform > 0
    utilities = maps.mean[used]
    carried = np.empty((len(utilities), len(points)))
    carried[:, at >= 0] = utilities[:, at[at >= 0]]
    if (at < 0).any():
        factor = cho_factor(maps.kernel + _RIDGE * np.eye(len(maps.anchors)), check_finite=False)
        share = cho_solve(factor, gaussian_kernel(maps.features, features[at < 0]), check_finite=False)
        centre = utilities.mean(axis=1, keepdims=True)
        carried[:, at < 0] = centre + (utilities - centre) @ share
    scale = ScalePrior.of_tasks(maps.best[used], maps.width[used], weights.uniform[used])
    return TaskPrior.of_tasks(
        np.clip(carried, -0.3, 1.1),
        gaussian_kernel(features, features),
        mean_weights=weights.near[used],
        weights=weights.uniform[used],
        scale=scale,
    )


def _describe(
    configuration: dict[str, ParameterValue], posterior: Posterior, point: int, *, rank: int
) -> RankedConfiguration:
    """Regret and its uncertainty in units of the task's expected width, against the best that is expected anywhere."""
    width = float(posterior.weight @ posterior.width)
    mean = posterior.weight @ posterior.mean
    regret = (float(mean.max()) - float(mean[point])) / width
    sd = float(np.sqrt(posterior.weight @ posterior.sd[:, point] ** 2)) / width
    return RankedConfiguration(
        rank, configuration, expected_regret=min(max(regret, 0.0), 1.0), uncertainty=min(sd, 1.0)
    )
