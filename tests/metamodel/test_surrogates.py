"""What the engine makes of a surrogate: in its place, and never against what was asked."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.performance_maps import without_outliers
from metamodel.maps.surrogates import SurrogateRole, SurrogateUse
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.trial import Trial

TASK = make_task(99, 0.2)
TRIALS = [Trial(i, dict(CONFIGURATIONS[i]), float(true_scores(0.2)[i])) for i in range(3)]


@dataclass(frozen=True)
class Peak:
    """Expects the best scores where the first feature is near `at`, whatever it is shown."""

    at: float = 0.95
    scale: float = 1.0

    name = "peak"

    @property
    def version(self) -> str:
        return f"peak-{self.at}"

    def to_bytes(self) -> bytes:
        return self.version.encode()

    def predict(
        self, features: FloatArray, seen: NDArray[np.intp], scores: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        assert seen.shape == scores.shape
        mean = self.scale * (1.0 - (features[:, 0] - self.at) ** 2)
        return mean, np.full(len(features), 0.01)


@cache
def model(role: SurrogateRole | None = None, surrogate: Peak | None = None) -> SpaceModel:
    histories, _ = make_histories(12, n_known=16)
    use = None if role is None else SurrogateUse(surrogate or Peak(), role)
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE, use=use)


def rates(answer: Recommendation) -> list[float]:
    return [float(str(one.configuration["rate"])) for one in answer.configurations]


@pytest.mark.slow
def test_suggestions_are_where_the_surrogate_expects_most() -> None:
    by_prior = model().suggest(TASK.meta_features, TRIALS, n=3)
    by_surrogate = model(SurrogateRole.SUGGESTIONS).suggest(TASK.meta_features, TRIALS, n=3)
    assert max(rates(by_prior)) < 0.1 < min(rates(by_surrogate))
    assert "as modelled by the surrogate peak" in by_surrogate.reason
    assert "surrogate" not in by_prior.reason
    assert len({str(one.configuration) for one in by_surrogate.configurations}) == 3


@pytest.mark.slow
def test_a_version_names_its_surrogate_and_role() -> None:
    versions = {model().version} | {model(role).version for role in SurrogateRole}
    assert len(versions) == 3
    assert model(SurrogateRole.MAPS).version == f"{model().version}.peak-0.95-maps"
    assert model(SurrogateRole.MAPS, Peak(0.5)).version != model(SurrogateRole.MAPS).version


def test_what_a_surrogate_learned_of_an_excluded_task_is_not_used() -> None:
    with_it, without = model(SurrogateRole.SUGGESTIONS), model()
    asked = {"n": 2, "exclude": {"task_3"}}
    answer = with_it.suggest(TASK.meta_features, TRIALS, **asked)  # type: ignore[arg-type]
    assert answer.configurations == without.suggest(TASK.meta_features, TRIALS, **asked).configurations  # type: ignore[arg-type]
    assert "surrogate" not in answer.reason
    own = with_it.suggest(TASK.meta_features, TRIALS, n=2, task_id="task_3")
    assert "surrogate" in own.reason
    assert "surrogate" in with_it.suggest(TASK.meta_features, TRIALS, n=2, exclude={"unheard of"}).reason


def test_a_tasks_own_past_does_not_count_twice() -> None:
    fitted = model()
    own = fitted.suggest(TASK.meta_features, TRIALS, n=2, task_id="task_3")
    assert own.configurations == fitted.suggest(TASK.meta_features, TRIALS, n=2, exclude={"task_3"}).configurations


@pytest.mark.slow
def test_where_a_surrogate_has_no_finite_answer_the_prior_has() -> None:
    broken = model(SurrogateRole.SUGGESTIONS, Peak(scale=float("inf")))
    answer = broken.suggest(TASK.meta_features, TRIALS, n=3)
    assert answer.configurations == model().suggest(TASK.meta_features, TRIALS, n=3).configurations


def test_maps_are_completed_by_the_surrogate() -> None:
    plain, by_surrogate = model().maps, model(SurrogateRole.MAPS).maps
    assert plain is not None and by_surrogate is not None
    assert plain.anchors == by_surrogate.anchors
    np.testing.assert_array_equal(plain.best, by_surrogate.best)
    np.testing.assert_array_equal(plain.width, by_surrogate.width)
    low = by_surrogate.best - by_surrogate.width
    expected = (1.0 - (by_surrogate.features[:, 0] - 0.95) ** 2 - low[:, None]) / by_surrogate.width[:, None]
    np.testing.assert_allclose(by_surrogate.mean, np.clip(expected, -0.3, 1.1))
    np.testing.assert_allclose(by_surrogate.variance, (0.01 / by_surrogate.width[:, None]) ** 2 + 0 * expected)
    recommended = model(SurrogateRole.MAPS).recommend(TASK.meta_features, n=1, harm_limit=1.0)
    assert rates(recommended)[0] > rates(model().recommend(TASK.meta_features, n=1, harm_limit=1.0))[0]


@pytest.mark.slow
def test_maps_stay_where_the_surrogate_has_no_finite_answer() -> None:
    broken, plain = model(SurrogateRole.MAPS, Peak(scale=float("nan"))).maps, model().maps
    assert broken is not None and plain is not None
    np.testing.assert_array_equal(broken.mean, plain.mean)
    np.testing.assert_array_equal(broken.variance, plain.variance)


def test_a_past_tasks_outliers_are_drawn_in_and_its_failures_stay() -> None:
    scores = np.array([0.8, 0.7, 0.75, np.nan, -1e6])
    drawn = without_outliers(scores, Direction.MAXIMIZE)
    np.testing.assert_array_equal(drawn[:4], scores[:4])
    assert 0.3 < drawn[4] < 0.7
    np.testing.assert_array_equal(without_outliers(-scores, Direction.MINIMIZE), -drawn)
    nothing = np.full(2, np.nan)
    np.testing.assert_array_equal(without_outliers(nothing, Direction.MAXIMIZE), nothing)
