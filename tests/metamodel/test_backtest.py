from collections.abc import Sequence

import numpy as np
import pytest

from metamodel.backtest.leave_one_out import BacktestOptions, HoldOut, backtest, plan_folds
from metamodel.backtest.records import RecordedTask, RecordedTasks, TargetTable
from metamodel.backtest.replay import Method, ModelAdvisor, replay_adaptive
from metamodel.engine import fit_model
from tests.metamodel.backtest_samples import N_CONFIGURATIONS, N_TASKS, SPACE, make_recording, related_scores
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial

QUICK = BacktestOptions(n_trials=6, n_folds=2)


class Scripted:
    """Proposes what it was given, and remembers what it was given."""

    def __init__(self, batch: list[Configuration]) -> None:
        self.batch = batch
        self.given: list[list[Trial]] = []

    def recommend(self, n: int) -> list[Configuration]:
        return self.batch[:n]

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        self.given.append(list(trials))
        return self.batch[len(trials)] if len(trials) < len(self.batch) else None


def test_every_task_is_a_target_once_and_never_in_its_own_fit() -> None:
    recording = make_recording()
    for refit, n_folds in ((HoldOut.TASK, 2), (HoldOut.FOLD, 3), (HoldOut.FOLD, 50)):
        folds = plan_folds(recording, BacktestOptions(refit=refit, n_folds=n_folds))
        assert sorted(t for fold in folds for t in fold.targets) == list(range(N_TASKS))
        assert all(not set(fold.targets) & set(fold.past) for fold in folds)
        assert len(folds) == (n_folds if n_folds < N_TASKS and refit is HoldOut.FOLD else N_TASKS)


def test_near_copies_are_left_out_together() -> None:
    groups = ("a", "a", "b", "b", "c", "c", "d", "d", "a", "e")
    folds = plan_folds(make_recording(groups=groups), BacktestOptions(refit=HoldOut.TASK))
    assert len(folds) == 5
    for fold in folds:
        assert not {groups[t] for t in fold.targets} & {groups[p] for p in fold.past}


def test_two_groups_are_left_out_one_after_the_other() -> None:
    folds = plan_folds(make_recording(groups=("a",) * (N_TASKS - 1) + ("b",)), BacktestOptions(refit=HoldOut.TASK))
    assert sorted(len(fold.past) for fold in folds) == [1, N_TASKS - 1]


def test_one_group_leaves_nothing_to_learn_from() -> None:
    with pytest.raises(InvalidInputError):
        plan_folds(make_recording(groups=("a",) * N_TASKS), BacktestOptions())


def test_targets_can_be_fewer_and_must_tell_good_from_bad() -> None:
    scores, _ = related_scores()
    scores[4] = 0.5
    recording = make_recording(scores)
    folds = plan_folds(recording, BacktestOptions(refit=HoldOut.TASK))
    assert sorted(t for fold in folds for t in fold.targets) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert all(4 in fold.past for fold in folds)
    few = plan_folds(recording, BacktestOptions(refit=HoldOut.TASK, max_targets=3))
    assert len(few) == 3
    assert all(len(fold.past) == N_TASKS - 1 for fold in few)
    with pytest.raises(InvalidInputError):
        plan_folds(recording, BacktestOptions(min_spread=10.0))


@pytest.mark.slow
def test_what_is_known_of_the_target_changes_nothing() -> None:
    truth, _ = related_scores()
    leaky = truth.copy()
    leaky[3] = -leaky[3]
    options = BacktestOptions(n_trials=6, refit=HoldOut.TASK)
    honest = backtest(make_recording(truth, known=truth), options)
    other = backtest(make_recording(truth, known=leaky), options)
    row = honest.task_ids.index("task 3")
    for method in honest.regret:
        np.testing.assert_array_equal(honest.regret[method][row], other.regret[method][row])


@pytest.mark.slow
def test_a_leaked_target_would_show() -> None:
    unrelated = np.random.default_rng(5).random((N_TASKS, N_CONFIGURATIONS))
    recording = make_recording(unrelated)
    model = fit_model(SPACE, [t.truth for t in recording.tasks], metric="score", direction=Direction.MAXIMIZE)
    leaked = []
    for task in recording.tasks:
        table = TargetTable.of(recording, task)
        own = np.array([t.task_id == task.task_id for t in recording.tasks], dtype=float)
        best_of_map = model.maps.anchors[int((own @ model.maps.mean).argmax())]  # type: ignore[union-attr]
        leaked.append(table.regret[table.nearest(best_of_map)])
    found = backtest(recording, BacktestOptions(n_trials=3, refit=HoldOut.TASK))
    assert np.mean(leaked) < 0.1
    assert found.after(Method.ADAPTIVE, 1).mean > 0.25
    assert found.after(Method.PORTFOLIO, 1).mean > 0.25


@pytest.mark.slow
def test_related_tasks_help() -> None:
    found = backtest(make_recording(), BacktestOptions(n_trials=8, n_folds=5))
    assert list(found.regret) == [m for m in Method if m is not Method.TPE]
    for method in (Method.RECOMMENDED, Method.ADAPTIVE, Method.PORTFOLIO):
        assert found.difference(method, Method.RANDOM, 3).high < 0.0
    assert found.after(Method.ADAPTIVE, 8).mean < 0.05
    for curves in found.regret.values():
        assert (np.diff(curves, axis=1) <= 1e-9).all()


@pytest.mark.slow
def test_minimising_the_negative_is_the_same() -> None:
    scores, _ = related_scores()
    up = backtest(make_recording(scores), QUICK)
    down = backtest(make_recording(-scores, direction=Direction.MINIMIZE), QUICK)
    for method in up.regret:
        np.testing.assert_array_equal(up.regret[method], down.regret[method])


@pytest.mark.slow
def test_short_histories_and_failed_trials_are_replayed() -> None:
    truth, _ = related_scores()
    rng = np.random.default_rng(3)
    truth[:, 2] = np.nan
    known = np.where(rng.random(truth.shape) < 0.3, truth, np.nan)
    progress: list[tuple[int, int]] = []
    options = BacktestOptions(n_trials=35, n_folds=3, methods=frozenset(Method), tpe_every=4, max_targets=5)
    found = backtest(make_recording(truth, known=known), options, on_fold=lambda *done: progress.append(done))
    assert progress == [(i, len(progress)) for i in range(1, len(progress) + 1)]
    assert found.n_tasks(Method.TPE) == 2
    assert found.n_tasks(Method.ADAPTIVE) == 5
    for method in set(Method) - {Method.TPE, Method.RANDOM, Method.DEFAULT}:
        np.testing.assert_array_equal(found.regret[method][:, -1], 0.0)  # the whole table was tried


@pytest.mark.slow
def test_one_shared_model_is_asked_to_leave_the_target_out() -> None:
    truth, _ = related_scores()
    found = backtest(make_recording(truth), BacktestOptions(n_trials=4, refit=HoldOut.NEVER))
    assert len(found.task_ids) == N_TASKS
    assert found.difference(Method.ADAPTIVE, Method.RANDOM, 3).high < 0.0


def test_a_shared_model_hears_nothing_of_the_target() -> None:
    unrelated = np.random.default_rng(5).random((N_TASKS, N_CONFIGURATIONS))
    methods = frozenset({Method.NEIGHBOURS, Method.PORTFOLIO})
    found = backtest(make_recording(unrelated), BacktestOptions(n_trials=2, refit=HoldOut.NEVER, methods=methods))
    assert found.after(Method.NEIGHBOURS, 1).mean > 0.2  # its own nearest task would be itself: no regret at all


@pytest.mark.slow
def test_models_learn_what_is_known_and_not_what_is_true() -> None:
    truth, _ = related_scores()
    options = BacktestOptions(n_trials=2, n_folds=2, methods=frozenset({Method.PORTFOLIO, Method.NEIGHBOURS}))
    honest = backtest(make_recording(truth), options)
    misled = backtest(make_recording(truth, known=-truth), options)
    for method in options.methods:
        assert misled.after(method, 1).mean > honest.after(method, 1).mean + 0.2


def test_the_engine_gets_recorded_configurations_and_raw_scores() -> None:
    scores, _ = related_scores()
    recording = make_recording(1_000.0 * scores)
    table = TargetTable.of(recording, recording.tasks[0])
    asked: Configuration = {"kernel": "rbf", "C": 5.0, "gamma": 0.5}
    advisor = Scripted([asked, asked, asked])
    rows = replay_adaptive(table, advisor, n_trials=4)
    assert len(set(rows)) == 4
    assert rows[0] == table.nearest(asked)
    assert [len(given) for given in advisor.given] == [1, 2, 3]
    for trial, row in zip(advisor.given[-1], rows, strict=False):
        assert trial.configuration == table.history.configurations[row]
        assert trial.value == table.history.scores[row]


def test_a_space_that_runs_out_of_suggestions_is_tried_to_its_end() -> None:
    recording = make_recording()
    rows = replay_adaptive(TargetTable.of(recording, recording.tasks[0]), Scripted([]), n_trials=99)
    assert rows == list(range(N_CONFIGURATIONS))


@pytest.mark.slow
def test_equal_runs_give_equal_results() -> None:
    one, other = (backtest(make_recording(), QUICK).to_json() for _ in range(2))
    assert one == other


def test_the_advisor_leaves_out_whom_it_is_asked_to() -> None:
    recording = make_recording()
    past = [t.truth for t in recording.tasks]
    model = fit_model(SPACE, past, metric="score", direction=Direction.MAXIMIZE)
    task = past[0].task
    with_own = ModelAdvisor(model, task.meta_features).recommend(3)
    assert len(with_own) == 3
    answer = model.recommend(task.meta_features, n=3, exclude={"task 0"})
    hidden = ModelAdvisor(model, task.meta_features, frozenset({"task 0"})).recommend(3)
    assert hidden == [r.configuration for r in answer.configurations]
    assert all(s.task_id != "task 0" for r in answer.configurations for s in r.sources)


@pytest.mark.parametrize(
    "wrong", [{"n_trials": 0}, {"n_folds": 1}, {"min_spread": float("nan")}, {"methods": frozenset()}, {"tpe_every": 0}]
)
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        BacktestOptions(**wrong)  # type: ignore[arg-type]


def test_a_recording_is_checked() -> None:
    tasks = make_recording().tasks
    with pytest.raises(InvalidInputError):
        RecordedTasks(SPACE, "score", Direction.MAXIMIZE, tasks[:1])
    with pytest.raises(InvalidInputError):
        RecordedTasks(SPACE, "score", Direction.MAXIMIZE, (tasks[0], tasks[0]))
    with pytest.raises(InvalidInputError):
        RecordedTask(tasks[0].truth, known=tasks[1].truth)
