"""Which parameters past tasks' scores depend on, learned and used."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from scipy.optimize import approx_fprime

from metamodel.answers.beliefs import task_prior
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps import relevance
from metamodel.maps.history import TaskHistory
from metamodel.maps.prior import condition
from metamodel.maps.relevance import MIN_ANCHORS, MIN_TASKS, learn_axis_scale
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace(
    {
        "rate": FloatDistribution(1e-4, 1.0, log=True),
        "share": FloatDistribution(0.0, 1.0),
        "mode": CategoricalDistribution(("a", "b", "c")),
        "depth": FloatDistribution(1.0, 9.0),
    },
    conditions=(Condition("depth", "mode", ("b",)),),
    defaults={"rate": 0.01, "share": 0.5, "mode": "a"},
)
CUBE = UnitCube(SPACE)


def _anchors(n: int) -> FloatArray:
    return CUBE.features(*CUBE.encode(space_filling(SPACE, n, seed=1)))


def _tasks(features: FloatArray, n: int, *, axis: int, seed: int = 0) -> FloatArray:
    """Maps ``(n, A)``: each task is a smooth curve of its own over one axis."""
    rng = np.random.default_rng(seed)
    frequency, phase = rng.normal(scale=8.0, size=(n, 8, 1)), rng.uniform(0.0, 2.0 * np.pi, size=(n, 8, 1))
    curves: FloatArray = 0.5 + 0.1 * np.cos(frequency * features[:, axis] + phase).sum(axis=1)
    return curves + 0.01 * rng.normal(size=curves.shape)


def _tried(n_tasks: int, n_anchors: int, each: int, *, seed: int = 0) -> TriedAnchors:
    rng = np.random.default_rng(seed)
    at = tuple(rng.permutation(n_anchors)[:each] for _ in range(n_tasks))
    return TriedAnchors(at, tuple(np.ones(each) for _ in range(n_tasks)))


def _learned(features: FloatArray, maps: FloatArray, tried: TriedAnchors) -> FloatArray:
    everything = np.ones((len(features), CUBE.n_parameters), dtype=bool)
    return learn_axis_scale(CUBE, features, maps, tried, active=everything, seed=0)


def test_each_axis_of_the_features_belongs_to_the_parameter_that_moves_it() -> None:
    owner = CUBE.parameter_of_axes()
    base: Configuration = {"rate": 0.01, "share": 0.5, "mode": "b", "depth": 2.0}
    at_base = CUBE.features(*CUBE.encode([base]))[0]
    assert len(owner) == len(at_base)
    for name, other in (("rate", 0.5), ("share", 0.1), ("depth", 8.0)):
        moved = CUBE.features(*CUBE.encode([{**base, name: other}]))[0] != at_base
        assert set(owner[moved]) == {list(SPACE.parameters).index(name)}
    without = CUBE.features(*CUBE.encode([{"rate": 0.01, "share": 0.5, "mode": "a"}]))[0] != at_base
    assert set(owner[without]) == {2, 3}  # the category, and whether depth is active


@pytest.mark.parametrize(("axis", "parameter"), [(0, 0), (1, 1)])
def test_the_parameter_that_tasks_differ_by_weighs_most(axis: int, parameter: int) -> None:
    features = _anchors(80)
    scale = _learned(features, _tasks(features, 20, axis=axis), _tried(20, 80, 25))
    weight = np.array([scale[CUBE.parameter_of_axes() == p][0] ** 2 for p in range(4)])
    assert weight.argmax() == parameter
    assert weight[parameter] > 2.0 * np.delete(weight, parameter).max()


def test_distances_stay_as_large_on_average() -> None:
    features, tried = _anchors(60), _tried(12, 60, 60)  # every task tried every anchor, thirty of which are looked at
    scale = _learned(features, _tasks(features, 12, axis=0), tried)

    def mean_squared(points: FloatArray) -> float:
        return float(((points[:, None] - points[None]) ** 2).sum(axis=2).mean())

    assert mean_squared(features * scale) == pytest.approx(mean_squared(features), rel=0.15)


def test_what_is_only_imputed_says_nothing() -> None:
    features, maps = _anchors(60), _tasks(_anchors(60), 10, axis=0)
    at = np.arange(0, 60, 3)
    tried = TriedAnchors(tuple(at for _ in range(10)), tuple(np.ones(20) for _ in range(10)))
    imputed = _tasks(features, 10, axis=1)
    imputed[:, at] = maps[:, at]
    np.testing.assert_array_equal(_learned(features, maps, tried), _learned(features, imputed, tried))


@pytest.mark.parametrize(
    ("n_tasks", "each"), [(MIN_TASKS - 1, 20), (20, MIN_ANCHORS - 1)], ids=["few tasks", "few trials each"]
)
def test_little_evidence_changes_nothing(n_tasks: int, each: int) -> None:
    features = _anchors(40)
    maps = _tasks(features, n_tasks, axis=0)
    assert (_learned(features, maps, _tried(n_tasks, 40, each)) == 1.0).all()


def test_where_most_parameters_are_inactive_nothing_changes() -> None:
    features = _anchors(80)
    maps, tried = _tasks(features, 20, axis=0), _tried(20, 80, 25)
    active = np.zeros((80, 4), dtype=bool)
    active[:, 0] = True
    assert (learn_axis_scale(CUBE, features, maps, tried, active=active, seed=0) == 1.0).all()
    active[:, 1] = True
    assert (learn_axis_scale(CUBE, features, maps, tried, active=active, seed=0) != 1.0).any()


def test_tasks_that_agree_change_nothing() -> None:
    features = _anchors(40)
    maps = np.tile(_tasks(features, 1, axis=0), (10, 1))
    assert (_learned(features, maps, _tried(10, 40, 20)) == 1.0).all()


def test_the_gradient_is_that_of_the_posterior() -> None:
    features = _anchors(40)
    ragged = TriedAnchors(tuple(np.arange(n) for n in (6, 9, 20, 33, 12, 7)), tuple(np.ones(1) for _ in range(6)))
    owner = CUBE.parameter_of_axes()
    maps = _tasks(features, 6, axis=1)
    tasks = relevance.TasksToExplain.of(features, owner, maps, ragged, rng=np.random.default_rng(0))
    assert tasks is not None
    theta = np.array([0.5, -0.7, 0.2, 0.1, -0.5])
    numeric = approx_fprime(theta, lambda at: tasks.negative_log_posterior(at)[0], 1e-6)
    np.testing.assert_allclose(tasks.negative_log_posterior(theta)[1], numeric, rtol=1e-4, atol=1e-4)


def test_a_space_of_hundreds_of_parameters_learns_from_fewer_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relevance, "_MAX_DISTANCES", 4 * 900 * 7)
    features = _anchors(40)
    tasks = relevance.TasksToExplain.of(
        features,
        CUBE.parameter_of_axes(),
        _tasks(features, 20, axis=0),
        _tried(20, 40, 30),
        rng=np.random.default_rng(0),
    )
    assert tasks is not None
    assert len(tasks.values) == 7


POINT: Configuration = {"rate": 0.02, "share": 0.1, "mode": "a"}
THREE = (POINT, {**POINT, "share": 0.9}, {**POINT, "rate": 0.5})
"""The second is farther in the cube, the third in what the rate alone decides."""


@pytest.fixture(scope="module")
def learned() -> SpaceModel:
    """Learned from tasks that differ by the rate."""
    configurations = space_filling(SPACE, 30, seed=3)
    features = CUBE.features(*CUBE.encode(configurations))
    histories = [
        TaskHistory(
            Task(f"task_{row}", f"t{row}", TaskKind.BINARY, MetaFeatures({"log_rows": float(row % 7)})),
            tuple(configurations),
            scores,
            np.ones(30),
        )
        for row, scores in enumerate(_tasks(features, 15, axis=0))
    ]
    return fit_model(SPACE, histories, metric="score", direction=Direction.MAXIMIZE)


@pytest.mark.slow
def test_maps_are_carried_along_what_does_not_matter(learned: SpaceModel) -> None:
    """Two configurations that differ in an irrelevant parameter only are nearly one."""
    maps = learned.maps
    assert maps is not None
    assert maps.axis_scale[0] > 2.0 * maps.axis_scale[1]
    at = maps.carried_to(CUBE.features(*CUBE.encode(THREE)), np.arange(15))
    along, across = np.abs(at[:, 1] - at[:, 0]).mean(), np.abs(at[:, 2] - at[:, 0]).mean()
    assert along < 0.3 * across


def test_a_trial_says_more_along_what_does_not_matter(learned: SpaceModel) -> None:
    maps = learned.maps
    assert maps is not None
    points = CUBE.features(*CUBE.encode(THREE))
    prior = task_prior(maps, learned.weigh(None), at=np.full(3, -1), features=points)
    _, along, across = condition(prior, np.array([0]), np.array([0.4])).sd.mean(axis=0)
    assert along < across


def test_five_tasks_say_what_matters_and_four_do_not() -> None:
    features = _anchors(80)
    maps = _tasks(features, 5, axis=0)
    assert (_learned(features, maps[:4], _tried(4, 80, 25)) == 1.0).all()
    assert not (_learned(features, maps, _tried(5, 80, 25)) == 1.0).all()
