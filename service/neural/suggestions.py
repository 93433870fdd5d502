"""The next configurations of a study, by a surrogate or by a learned acquisition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maml.acquisition.policy import AcquisitionPolicy
from maml.surrogates.suggestions import propose
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points
from maml.task_models.initialisation import Initialisation
from metamodel.space.cube import UnitCube
from service.neural.adaptation import points_of
from service.neural.sizes import check_size
from service.neural.subjects import check_without_task, embedding_of
from service.neural.tables import check_magnitudes
from service.services import Services
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.neural_model import NeuralSuggestion, NeuralSuggestions
from warmtune.wire.neural_answers import NeuralSuggestionsRequest

N_CANDIDATES: Final = 1_000
N_NEAR: Final = 60
_BEST: Final = 5
_NEAR_SD: Final = 0.08


@dataclass(frozen=True, slots=True)
class _ObservedStudy:
    """What is known of a study; scores are NaN where a trial failed."""

    points: Points
    scores: FloatArray
    larger_is_better: bool

    @property
    def worked(self) -> NDArray[np.bool_]:
        return np.isfinite(self.scores)


def suggest(services: Services, name: str, asked: NeuralSuggestionsRequest) -> NeuralSuggestions:
    """By a surrogate, configurations of the largest expected improvement; by a learned acquisition, its policy's picks.

    Raises:
        NotFoundError: If there is no such model.
        InvalidInputError: If it is a task model, or a trial isn't one of its search space.
        LimitExceededError: If there are more trials than the settings allow.
    """
    stored, model, space = services.neural.load(name)
    if isinstance(model, Initialisation) or space is None or stored.surrogate_of is None:
        raise InvalidInputError(
            "only surrogates and acquisitions suggest configurations", field="name", value=name, limit="surrogate"
        )
    check_size("trials", len(asked.trials), services.settings.max_neural_support)
    check_magnitudes([trial.value for trial in asked.trials], "trials", below=".value")
    if isinstance(model, AcquisitionPolicy):
        check_without_task(asked)
    points = points_of(space, [trial.params for trial in asked.trials], "trials", below="params.")
    scores = np.array([np.nan if trial.value is None else trial.value for trial in asked.trials], dtype=np.float64)
    study = _ObservedStudy(points, scores, stored.surrogate_of.direction is Direction.MAXIMIZE)
    if isinstance(model, AcquisitionPolicy):
        suggestions = _by_policy(model, study, UnitCube(space), asked)
    else:
        embedding = embedding_of(services, stored, model, asked)
        suggestions = _by_surrogate(model, study, UnitCube(space), asked=asked, embedding=embedding)
    return NeuralSuggestions(stored.name, stored.version, tuple(suggestions))


def _by_surrogate(
    surrogate: NeuralSurrogate,
    study: _ObservedStudy,
    cube: UnitCube,
    *,
    asked: NeuralSuggestionsRequest,
    embedding: FloatArray | None,
) -> list[NeuralSuggestion]:
    utilities = study.scores if study.larger_is_better else -study.scores
    configurations, candidates = _candidates(cube, study.points, utilities, seed=asked.seed)
    n = _number(asked, len(candidates), len(study.points))
    known, scores = study.points.take(study.worked), study.scores[study.worked]
    picks = propose(
        surrogate, known, scores, candidates, n=n, larger_is_better=study.larger_is_better, embedding=embedding
    )
    mean, sd = surrogate.predict(known, scores, candidates.take(picks), embedding)
    return _suggestions([configurations[pick] for pick in picks], mean, sd)


def _by_policy(
    policy: AcquisitionPolicy, study: _ObservedStudy, cube: UnitCube, asked: NeuralSuggestionsRequest
) -> list[NeuralSuggestion]:
    """The policy's picks; it has nothing to draw, so the seed changes nothing."""
    n = _number(asked, int((~policy.tried(study.points)).sum()), len(study.points))
    known, scores = study.points.take(study.worked), study.scores[study.worked]
    picks = policy.propose(known, scores, n=n, failed=study.points.take(~study.worked))
    chosen = policy.candidates.take(picks)
    mean, sd = policy.predict(known, scores, chosen)
    return _suggestions(cube.decode(chosen.cube), mean, sd)


def _number(asked: NeuralSuggestionsRequest, n_open: int, n_tried: int) -> int:
    if n_open == 0:
        raise InvalidInputError("every configuration that could be suggested was tried", field="trials", value=n_tried)
    return min(asked.n, n_open)


def _suggestions(
    configurations: Sequence[Mapping[str, object]], mean: FloatArray, sd: FloatArray
) -> list[NeuralSuggestion]:
    return [
        NeuralSuggestion(configuration, float(m), float(s))  # type: ignore[arg-type]
        for configuration, m, s in zip(configurations, mean, sd, strict=True)
    ]


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
    distinct = []
    for index, row in enumerate(_rounded(points)):
        if (key := row.tobytes()) not in tried:
            tried.add(key)
            distinct.append(index)
    return [dict(configurations[i]) for i in distinct], points.take(np.array(distinct, dtype=np.intp))


def _rounded(points: Points) -> FloatArray:
    """Equal for configurations that are equal but for rounding; -1 where a parameter is inactive."""
    return np.where(points.active, points.cube.round(9), -1.0)
