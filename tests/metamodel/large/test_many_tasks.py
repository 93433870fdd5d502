"""Models of more past tasks than teach the prior: the same questions, answered from the tasks that matter."""

from dataclasses import replace

import numpy as np
import pytest

from metamodel.engine import SpaceModel, fit_model
from metamodel.large.core import choose_core
from metamodel.large.many_tasks import N_STANDING, ManyTasks, PastCounts, standing_rows
from metamodel.large.names import TaskNames
from metamodel.large.place_index import PlaceIndex
from metamodel.large.retrieval import N_RETRIEVED, retrieve
from metamodel.maps.history import TaskHistory
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

N_TASKS, N_CORE = 400, 60


def fit(histories: list[TaskHistory], *, core_tasks: int = N_CORE) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=core_tasks)


@pytest.fixture(scope="module")
def histories() -> list[TaskHistory]:
    made, _ = make_histories(N_TASKS, n_known=12)
    scores = made[3].scores.copy()
    scores[:2] = np.nan
    flags = np.arange(len(scores))
    made[3] = replace(made[3], scores=scores, failed=flags == 0, infeasible=flags == 1)
    return made


@pytest.fixture(scope="module")
def model(histories: list[TaskHistory]) -> SpaceModel:
    return fit(histories)


@pytest.fixture(scope="module")
def many(model: SpaceModel) -> ManyTasks:
    assert model.many is not None
    return model.many


def regret_of(model: SpaceModel, optimum: float, n: int, *, task: Task | None = None) -> float:
    asked = task or make_task(9_000, optimum)
    answer = model.recommend(asked.meta_features, n=n)
    truth = true_scores(optimum)
    got = true_scores(optimum, tuple(dict(one.configuration) for one in answer.configurations))
    return float((truth.max() - got.max()) / (truth.max() - truth.min()))


@pytest.mark.slow
def test_a_small_past_is_learned_from_whole(histories: list[TaskHistory]) -> None:
    small = fit(histories[:N_CORE])
    assert small.many is None
    assert small.n_tasks == len(small.histories) == N_CORE
    assert small.narrowed(make_task(9_000, 0.3).meta_features)[0] is small


@pytest.mark.slow
def test_all_tasks_are_kept_in_less_than_a_kilobyte_each(model: SpaceModel, many: ManyTasks) -> None:
    assert model.n_tasks == len(many) == N_TASKS
    assert len(model.histories) == N_CORE
    assert many.n_bytes / len(many) < 1_000.0
    assert many.n_bytes > many.coefficients.nbytes  # what it counts is there


@pytest.mark.slow
def test_answers_are_as_good_as_those_of_a_model_that_all_tasks_taught(
    histories: list[TaskHistory], model: SpaceModel
) -> None:
    whole = fit(histories, core_tasks=N_TASKS)
    optima = np.linspace(0.12, 0.88, 12)
    for n in (3, 5):  # with so small a core the default comes first, by the rules judged on it
        regret = np.mean([regret_of(model, optimum, n) for optimum in optima])
        assert regret <= np.mean([regret_of(whole, optimum, n) for optimum in optima]) + 0.01
    answer = model.recommend(make_task(9_000, 0.3).meta_features, n=3)
    assert answer.strategy is Strategy.NEIGHBOURS
    assert f"of {N_TASKS} past tasks" in answer.reason
    known = {history.task.task_id for history in histories}
    assert {source.task_id for one in answer.configurations for source in one.sources} <= known


def test_suggestions_rest_on_the_retrieved_tasks(model: SpaceModel) -> None:
    optimum = 0.8
    trials = [
        Trial(number, CONFIGURATIONS[number], float(true_scores(optimum, (CONFIGURATIONS[number],))[0]))
        for number in range(4)
    ]
    answer = model.suggest(make_task(9_000, optimum).meta_features, trials, n=2)
    truth = true_scores(optimum)
    got = true_scores(optimum, tuple(dict(one.configuration) for one in answer.configurations)).max()
    assert (truth.max() - got) / (truth.max() - truth.min()) < 0.1


def test_the_nearest_tasks_are_those_of_the_largest_weights(model: SpaceModel, many: ManyTasks) -> None:
    assert model.embedding is not None
    assert many.index is not None
    own = model.embedding.embed(make_task(9_000, 0.25).meta_features)
    weight = model.embedding.closeness(own, many.places.astype(np.float64))
    found = many.index.nearest(own, 50)
    np.testing.assert_allclose(np.sort(weight[found]), np.sort(weight)[-50:], rtol=1e-6)
    assert set(many.index.nearest(own, 10 * N_TASKS).tolist()) == set(range(N_TASKS))


def test_nothing_is_nearer_where_no_direction_counts(model: SpaceModel, many: ManyTasks) -> None:
    assert model.embedding is not None
    useless = replace(model.embedding, stiffness=np.zeros_like(model.embedding.stiffness))
    assert len(set(PlaceIndex(useless, many.places).nearest(np.zeros(many.places.shape[1]), 7).tolist())) == 7


def test_excluded_tasks_are_not_retrieved_and_the_own_past_counts_most(model: SpaceModel, many: ManyTasks) -> None:
    asked = make_task(9_000, 0.4).meta_features
    first = retrieve(many, model.embedding, model.forest, asked)
    assert len(set(first.rows.tolist())) == len(first.rows) <= N_RETRIEVED
    assert first.weights.near.sum() == pytest.approx(1.0)
    heaviest = [many.names.task(int(row)).task_id for row in first.rows[np.argsort(-first.weights.near)[:5]]]
    without = retrieve(many, model.embedding, model.forest, asked, exclude=[*heaviest, "unheard of"])
    assert not {many.names.task(int(row)).task_id for row in without.rows} & set(heaviest)
    assert f"of {N_TASKS - 5} past tasks" in without.weights.reason
    far = "task_7"
    own = retrieve(many, model.embedding, model.forest, asked, task_id=far)
    assert own.weights.near[own.rows == many.names.rows_of([far])[0]][0] > 0.49
    hidden = retrieve(many, model.embedding, model.forest, asked, task_id=far, exclude=[far])
    assert far not in {many.names.task(int(row)).task_id for row in hidden.rows}


def test_without_meta_features_a_sample_speaks_for_all(model: SpaceModel, many: ManyTasks) -> None:
    found = retrieve(many, model.embedding, model.forest, None)
    assert found.weights.strategy is Strategy.PORTFOLIO
    assert set(found.rows.tolist()) == set(many.standing.tolist())
    assert len(model.recommend(None, n=4).configurations) == 4


def test_failures_are_those_of_the_retrieved_tasks(histories: list[TaskHistory], many: ManyTasks) -> None:
    assert many.counts is not None
    rows = np.array([7, 3])
    outcomes = many.counts.of_rows(rows)
    assert len(outcomes.task) == sum(len(histories[int(row)].scores) for row in rows)
    assert outcomes.failed.sum() == outcomes.infeasible.sum() == 1.0
    assert set(outcomes.task[(outcomes.failed + outcomes.infeasible) > 0.0].tolist()) == {1}
    assert len(many.counts.of_rows(np.zeros(0, dtype=np.intp)).task) == 0
    assert isinstance(many.counts, PastCounts)


def test_whole_maps_of_rows_are_those_that_conditioning_gives(model: SpaceModel, many: ManyTasks) -> None:
    assert model.maps is not None
    rows = np.array([5, 200, 399])
    maps = many.maps_of(rows, model.maps)
    assert maps.mean.shape == maps.variance.shape == (3, len(model.maps.anchors))
    assert (maps.variance > 0.0).all()
    features = model.maps.features[:6]
    carried = maps.carried_to(features, np.arange(3))  # at anchors: nearly the maps, where they aren't cut off
    np.testing.assert_allclose(carried, maps.mean[:, :6], atol=0.12)


def chosen_of(histories: list[TaskHistory], shares: FloatArray, *, n: int, seed: int) -> IntArray:
    kinds = np.array([history.task.kind.value for history in histories])
    return choose_core(kinds, np.array([len(h.scores) for h in histories]), shares, n=n, seed=seed)


class TestCore:
    def test_near_copies_take_the_place_of_one(self) -> None:
        made, _ = make_histories(300)
        shares = np.ones(300)
        shares[:200] = 1.0 / 200.0  # one table, reported two hundred times
        chosen = chosen_of(made, shares, n=50, seed=0)
        assert len(chosen) in (50, 51)
        assert (chosen < 200).sum() <= 1
        assert (np.diff(chosen) > 0).all()

    def test_kinds_and_sizes_are_represented_by_their_numbers(self) -> None:
        made, _ = make_histories(300)
        for row in range(100):
            made[row] = replace(made[row], task=replace(made[row].task, kind=TaskKind.MULTICLASS))
        for row in range(0, 300, 3):
            n = 5
            h = made[row]
            made[row] = TaskHistory(h.task, h.configurations[:n], h.scores[:n], h.durations_s[:n])
        chosen = chosen_of(made, np.ones(300), n=60, seed=1)
        kinds = [made[int(row)].task.kind for row in chosen]
        assert abs(kinds.count(TaskKind.MULTICLASS) - 20) <= 1
        assert abs(sum(len(made[int(row)].scores) == 5 for row in chosen) - 20) <= 2

    def test_all_are_taken_where_there_are_few(self) -> None:
        made, _ = make_histories(8)
        assert chosen_of(made, np.ones(8), n=8, seed=0).tolist() == list(range(8))


def test_standing_tasks_are_distinct_and_near_copies_one() -> None:
    shares = np.concatenate([np.full(1_000, 1e-3), np.ones(600)])
    rows = standing_rows(shares, seed=0)
    assert len(set(rows.tolist())) == len(rows) == N_STANDING
    assert (rows < 1_000).sum() <= 3
    assert standing_rows(np.ones(5), seed=0).tolist() != []
    assert standing_rows(np.ones(0), seed=0).tolist() == []


def test_names_come_back_and_are_found() -> None:
    tasks = [
        Task("b", "Zweite Tabelle: äöü", TaskKind.REGRESSION, MetaFeatures({})),
        Task("a", "", TaskKind.BINARY, MetaFeatures({})),
        Task("ab", "x" * 300, TaskKind.MULTICLASS, MetaFeatures({})),
    ]
    names = TaskNames.of(tasks)
    assert [names.task(row) for row in range(3)] == tasks
    assert names.rows_of(["ab", "b", "unknown", ""]).tolist() == [0, 2]
    assert len(TaskNames.of([])) == 0
    assert TaskNames.of([]).rows_of(["a"]).tolist() == []
