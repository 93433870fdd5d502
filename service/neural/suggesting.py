"""The next configurations of a study, by a surrogate."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maml.suggesting import propose
from maml.surrogate import NeuralSurrogate
from maml.tuning_tasks import Points
from metamodel.cube import UnitCube
from service.neural.adapting import points_of
from service.neural.loading import load_model
from service.neural.subjects import embedding_of
from service.services import Services
from warmtune.errors import InvalidInputError, LimitExceededError
from warmtune.metrics import Direction
from warmtune.wire.neural import NeuralSuggestion, NeuralSuggestionsRequest, NeuralSuggestionsResponse

FloatArray = NDArray[np.float64]

N_CANDIDATES: Final = 1_000
N_NEAR: Final = 60
_BEST: Final = 5
_NEAR_SD: Final = 0.08


def suggest(services: Services, name: str, asked: NeuralSuggestionsRequest) -> NeuralSuggestionsResponse:
    """Configurations of the largest expected improvement, given a study's trials.

    Raises:
        NotFoundError: If there is no such model.
        InvalidInputError: If it is no surrogate, or a trial isn't one of its search space.
        LimitExceededError: If there are more trials than the settings allow.
    """
    kept, model, space = load_model(services, name)
    if not isinstance(model, NeuralSurrogate) or space is None or kept.surrogate_of is None:
        raise InvalidInputError("only surrogates suggest configurations", field="name", value=name, limit="surrogate")
    limit = services.settings.max_neural_support
    if len(asked.trials) > limit:
        raise LimitExceededError("more than is allowed here", field="trials", value=len(asked.trials), limit=limit)
    embedding = embedding_of(services, kept, model, asked)
    known = points_of(space, [trial.params for trial in asked.trials], "trials")
    scores = np.array([np.nan if trial.value is None else trial.value for trial in asked.trials], dtype=np.float64)
    worked = np.isfinite(scores)
    larger = kept.surrogate_of.direction is Direction.MAXIMIZE
    cube = UnitCube(space)
    configurations, candidates = _candidates(cube, known, scores if larger else -scores, seed=asked.seed)
    n = min(asked.n, len(candidates))
    if n == 0:
        raise InvalidInputError("every configuration of the search space was tried", field="trials", value=len(known))
    picks = propose(
        model, known.take(worked), scores[worked], candidates, n=n, larger_is_better=larger, embedding=embedding
    )
    mean, sd = model.predict(known.take(worked), scores[worked], candidates.take(picks), embedding)
    suggestions = [
        NeuralSuggestion(params=configurations[pick], mean=float(m), sd=float(s))
        for pick, m, s in zip(picks, mean, sd, strict=True)
    ]
    return NeuralSuggestionsResponse(model=kept.name, version=kept.version, suggestions=suggestions)


def _candidates(
    cube: UnitCube, known: Points, scores: FloatArray, *, seed: int
) -> tuple[list[dict[str, object]], Points]:
    """Random configurations, some of them near the best trials; none that was tried, and none twice."""
    rng = np.random.default_rng(seed)
    drawn = [rng.random((N_CANDIDATES, cube.n_parameters))]
    best = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:_BEST]
    for row in best[np.isfinite(scores[best])]:
        moved = known.cube[row] + _NEAR_SD * rng.standard_normal((N_NEAR, cube.n_parameters))
        changed = rng.random((N_NEAR, cube.n_parameters)) < 0.5
        drawn.append(np.clip(np.where(changed, moved, known.cube[row]), 0.0, 1.0))
    configurations = cube.decode(np.concatenate(drawn))
    points = Points(*cube.encode(configurations))
    tried = {row.tobytes() for row in _rounded(known)}
    kept = []
    for index, row in enumerate(_rounded(points)):
        if (key := row.tobytes()) not in tried:
            tried.add(key)
            kept.append(index)
    return [dict(configurations[i]) for i in kept], points.take(np.array(kept, dtype=np.intp))


def _rounded(points: Points) -> FloatArray:
    """Equal for configurations that are equal but for rounding; -1 where a parameter is inactive."""
    return np.where(points.active, points.cube.round(9), -1.0)
