"""A task's trials over other search spaces find the past tasks that are like it."""

from dataclasses import replace

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from metamodel.answers.weights import TaskWeights
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from metamodel.other_spaces import OtherSpaces, traits_under
from metamodel.reported import with_reported
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import SPACE, make_histories, true_scores
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.space import SearchSpace

N_TASKS = 60
OTHER = SearchSpace({"alpha": FloatDistribution(0.0, 1.0), "beta": FloatDistribution(0.0, 1.0)})
OTHERS_TRIED = tuple(space_filling(OTHER, 24, seed=5))
ASKED = "task_7"


def over_other(history: TaskHistory, optimum: float, n: int = 24) -> TaskHistory:
    """The same task over the other space, where it is best at the other end."""
    tried = OTHERS_TRIED[:n]
    scores = np.array([0.8 - (float(one["alpha"] or 0.0) - (1.0 - optimum)) ** 2 for one in tried])
    return TaskHistory(history.task, tried, scores, np.full(n, 1.0))


def fitted(space: SearchSpace, histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(space, histories, metric="accuracy", direction=Direction.MAXIMIZE)


@pytest.fixture(scope="module")
def material() -> tuple[list[TaskHistory], FloatArray]:
    """Tasks whose meta-features say nothing of where they are best."""
    return make_histories(N_TASKS, hinted=False)


@pytest.fixture(scope="module")
def model(material: tuple[list[TaskHistory], FloatArray]) -> SpaceModel:
    return fitted(SPACE, [one for one in material[0] if one.task.task_id != ASKED])


@pytest.fixture(scope="module")
def other(material: tuple[list[TaskHistory], FloatArray]) -> SpaceModel:
    histories, optima = material
    pairs = zip(histories, optima, strict=True)
    return fitted(OTHER, [over_other(one, at) for one, at in pairs if one.task.task_id != ASKED])


@pytest.fixture(scope="module")
def spaces(model: SpaceModel, other: SpaceModel) -> OtherSpaces:
    found = OtherSpaces.of(model, {"other": other})
    assert found is not None
    return found


def informed(
    spaces: OtherSpaces,
    model: SpaceModel,
    other: SpaceModel,
    material: tuple[list[TaskHistory], FloatArray],
    n: int = 8,
) -> SpaceModel:
    histories, optima = material
    current = with_reported(other, [over_other(histories[7], optima[7], n)])
    return spaces.informed(model, {"other": current}, task_id=ASKED)


def mean_optimum(weights: TaskWeights, model: SpaceModel, optima: FloatArray) -> float:
    of_task = np.array([optima[int(one.task.task_id.removeprefix("task_"))] for one in model.histories])
    return float(weights.near @ of_task)


@pytest.mark.slow
def test_tasks_that_were_alike_under_the_other_space_speak(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    histories, optima = material
    meta_features = histories[7].task.meta_features
    knowing = informed(spaces, model, other, material)
    before, after = model.weigh(meta_features), knowing.weigh(meta_features)
    assert abs(mean_optimum(after, model, optima) - optima[7]) < 0.5 * abs(
        mean_optimum(before, model, optima) - optima[7]
    )
    assert after.near.sum() == pytest.approx(1.0)
    assert after.trust > before.trust
    assert after.strategy is Strategy.NEIGHBOURS
    assert "trials over other" in after.reason
    of_first = [
        true_scores(optima[7], (dict(asking.recommend(meta_features, n=1).configurations[0].configuration),))[0]
        for asking in (knowing, model)
    ]
    assert of_first[0] >= of_first[1]


def test_it_needs_no_meta_features(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    histories, optima = material
    current = with_reported(other, [over_other(histories[7], optima[7])])
    knowing = spaces.informed(model, {"other": current}, task_id=ASKED)
    weights = knowing.weigh(None)
    assert weights.strategy is Strategy.NEIGHBOURS
    assert model.weigh(None).strategy is Strategy.PORTFOLIO
    assert abs(mean_optimum(weights, model, optima) - optima[7]) < 0.15


def test_a_task_without_trials_elsewhere_is_answered_as_before(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel
) -> None:
    same = spaces.informed(model, {"other": other}, task_id=ASKED)
    assert same is model


def test_excluded_tasks_do_not_speak(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    knowing = informed(spaces, model, other, material)
    meta_features = material[0][7].task.meta_features
    heaviest = int(knowing.weigh(meta_features).near.argmax())
    excluded = [model.histories[heaviest].task.task_id]
    weights = knowing.weigh(meta_features, excluded)
    assert weights.near[heaviest] == 0.0
    assert weights.near.sum() == pytest.approx(1.0)


def test_the_version_says_what_was_known(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    few, more = (informed(spaces, model, other, material, n).version for n in (6, 12))
    assert len({few, more, model.version}) == 3
    assert few.startswith(f"{model.version}+")
    assert informed(spaces, model, other, material, 6).version == few


def test_tasks_that_came_in_later_keep_their_place(
    spaces: OtherSpaces, model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    histories, _ = material
    newcomer = replace(histories[3], task=replace(histories[3].task, task_id="task_900"))
    grown = with_reported(model, [newcomer])
    knowing = informed(spaces, grown, other, material)
    assert knowing.cross_space is not None
    assert len(knowing.cross_space.near) == len(grown.histories) == N_TASKS
    assert knowing.cross_space.near[-1] == 0.0


@pytest.mark.slow
def test_a_space_that_says_nothing_is_left_out(
    model: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    histories, optima = material
    shuffled = np.random.default_rng(1).permutation(optima)
    unrelated = fitted(OTHER, [over_other(one, at) for one, at in zip(histories, shuffled, strict=True)])
    assert OtherSpaces.of(model, {"unrelated": unrelated}) is None


@pytest.mark.slow
def test_few_tasks_in_common_are_not_enough(model: SpaceModel, material: tuple[list[TaskHistory], FloatArray]) -> None:
    histories, optima = material
    few = fitted(OTHER, [over_other(one, at) for one, at in zip(histories[:15], optima, strict=False)])
    assert OtherSpaces.of(model, {"few": few}) is None


@pytest.mark.slow
def test_a_model_of_many_tasks_places_them_too(material: tuple[list[TaskHistory], FloatArray]) -> None:
    histories, optima = material
    over = [over_other(one, at) for one, at in zip(histories, optima, strict=True)]
    many = fit_model(OTHER, over, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=30)
    assert many.many is not None
    traits = traits_under(many, ["task_3", "nobody", "task_41"])
    assert np.isnan(traits).all(axis=1).tolist() == [False, True, False]
    alone = traits_under(many, ["task_41"])
    assert np.array_equal(traits[2], alone[0])
    # where they lie along the first direction is how far their optima are apart
    all_traits = traits_under(many, [one.task.task_id for one in histories])
    assert max(abs(np.corrcoef(all_traits[:, i], optima)[0, 1]) for i in range(all_traits.shape[1] - 2)) > 0.9


def test_traits_are_coordinates_best_score_and_width(other: SpaceModel) -> None:
    assert other.maps is not None
    row = [one.task.task_id for one in other.histories].index("task_11")
    [traits] = traits_under(other, ["task_11"])
    assert np.array_equal(traits[:-2], other.places[row])
    assert traits[-2] == other.maps.best[row]
    assert traits[-1] == pytest.approx(np.log(other.maps.width[row]))


def test_a_task_with_trials_over_one_of_two_spaces_is_placed_by_that_one(
    model: SpaceModel, other: SpaceModel, material: tuple[list[TaskHistory], FloatArray]
) -> None:
    histories, optima = material
    twins = {"other": other, "twin": other}
    both = OtherSpaces.of(model, twins)
    assert both is not None
    current = with_reported(other, [over_other(histories[7], optima[7])])
    weights = both.informed(model, {**twins, "other": current}, task_id=ASKED).weigh(None)
    assert abs(mean_optimum(weights, model, optima) - optima[7]) < 0.15  # what is unknown counts as the mean


def test_a_gap_counts_as_the_mean_of_past_tasks(spaces: OtherSpaces) -> None:
    values, known = np.split(spaces.fit.inputs, 2, axis=1)
    assert (known == 1.0).all()
    assert np.abs(values.mean(axis=0)).max() < 0.2  # a few are cut off at four spreads
