"""Reported trials: idempotent by number, final once finished, all of a batch or nothing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from store.connections.database import Database, to_json
from store.histories import past_tasks, tasks_reported_since
from store.model_keys import KindGroup, ModelKey
from store.new_trials import CompleteTrials
from store.pages import PageRequest
from store.revisions import revision_of
from store.studies import StoredStudy, StudyRepository
from store.trials import TrialRepository, TrialsOutcome
from tests.store.samples import KEY, keep_study, make_task, make_trial
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState


def report(database: Database, study: StoredStudy, *batch: Trial) -> TrialsOutcome:
    with database.writing() as connection:
        return TrialRepository(connection).report(study, batch)


def kept(database: Database, study: StoredStudy) -> tuple[Trial, ...]:
    with database.reading() as connection:
        return TrialRepository(connection).of_study(study)


@pytest.mark.slow
def test_trials_come_back_exactly(database: Database) -> None:
    study = keep_study(database)
    batch = (
        make_trial(0, value=1 / 3, kernel="rbf", gamma=5e-324),
        make_trial(1, kernel=None),
        make_trial(2, kernel=True),
        make_trial(3, value=None, state=TrialState.FAIL),
        replace(make_trial(2**31 - 1, state=TrialState.PRUNED), intermediate_values={0: 0.1, 10: 0.2}),
    )
    done = report(database, study, *batch)
    assert (done.accepted, done.unchanged, done.study.n_trials) == (5, 0, 5)
    found = kept(database, study)
    assert found == batch
    assert found[2].configuration["kernel"] is True


def test_the_same_batch_again_changes_nothing(database: Database) -> None:
    study = keep_study(database)
    batch = [make_trial(i) for i in range(5)]
    report(database, study, *batch)
    again = report(database, study, *batch, make_trial(5))
    assert (again.accepted, again.unchanged, again.study.n_trials) == (1, 5, 6)


def test_a_finished_trial_never_changes_and_nothing_of_its_batch_is_kept(database: Database) -> None:
    study = keep_study(database)
    report(database, study, make_trial(3, value=0.5))
    with pytest.raises(ConflictError) as caught:
        report(database, study, make_trial(4), make_trial(3, value=0.6))
    assert caught.value.field == "number"
    assert caught.value.value == "3"
    assert kept(database, study) == (make_trial(3, value=0.5),)


@pytest.mark.parametrize(
    "other",
    [
        make_trial(0, kernel="rbf", gamma=1.0),
        make_trial(0, value=None, state=TrialState.FAIL),
        replace(make_trial(0), duration_s=None),
        replace(make_trial(0), intermediate_values={1: 0.1}),
        make_trial(0, degree=True),
    ],
    ids=["params", "state", "duration", "steps", "type"],
)
def test_any_other_content_is_a_conflict(database: Database, other: Trial) -> None:
    study = keep_study(database)
    report(database, study, make_trial(0, degree=1))
    with pytest.raises(ConflictError):
        report(database, study, other)


def test_a_trial_moves_on_but_not_back(database: Database) -> None:
    study = keep_study(database)
    waiting = make_trial(0, value=None, state=TrialState.WAITING)
    running = make_trial(0, value=None, state=TrialState.RUNNING)
    complete = make_trial(0, value=0.9)
    report(database, study, waiting)
    assert report(database, study, running).accepted == 1
    with pytest.raises(ConflictError):
        report(database, study, waiting)
    done = report(database, study, complete)
    assert (done.accepted, done.study.n_trials, done.study.best_value) == (1, 1, 0.9)
    with pytest.raises(ConflictError):
        report(database, study, running)
    assert kept(database, study) == (complete,)


def test_a_trial_may_move_on_within_a_batch(database: Database) -> None:
    study = keep_study(database)
    running = make_trial(0, value=None, state=TrialState.RUNNING)
    done = report(database, study, running, make_trial(0), make_trial(0))
    assert (done.accepted, done.unchanged) == (1, 1)
    assert kept(database, study) == (make_trial(0),)


def test_two_contents_under_one_number_in_a_batch_are_a_conflict(database: Database) -> None:
    study = keep_study(database)
    with pytest.raises(ConflictError):
        report(database, study, make_trial(0, value=0.1), make_trial(0, value=0.2))
    assert kept(database, study) == ()


def test_the_best_value_follows_the_direction(database: Database) -> None:
    loss = replace(KEY, metric="loss", direction=Direction.MINIMIZE)
    low = keep_study(database, "low", key=loss)
    high = keep_study(database, "high")
    batch = [make_trial(0, value=0.3), make_trial(1, value=0.1), make_trial(2, value=0.2)]
    batch.append(make_trial(3, value=-9.0, state=TrialState.PRUNED))
    assert report(database, low, *batch).study.best_value == 0.1
    assert report(database, high, *batch).study.best_value == 0.3


def test_an_impossible_value_is_no_best(database: Database) -> None:
    study = keep_study(database)
    assert report(database, study, make_trial(0, value=1e308)).study.best_value is None
    done = report(database, study, make_trial(1, value=0.7), make_trial(2, value=1.5), make_trial(3, value=0.6))
    assert done.study.best_value == 0.7
    with database.writing() as connection:
        assert StudyRepository(connection).refresh_totals(done.study).best_value == 0.7


def test_a_revision_advances_with_finished_trials_only(database: Database) -> None:
    study = keep_study(database)

    def revision() -> int:
        with database.reading() as connection:
            return revision_of(connection, KEY)

    report(database, study, make_trial(0, value=None, state=TrialState.RUNNING))
    before = revision()
    report(database, study, make_trial(0), make_trial(1))
    after = revision()
    report(database, study, make_trial(0), make_trial(1))
    assert (before, after, revision()) == (0, 1, 1)


def test_histories_hold_the_finished_trials_of_all_a_tasks_studies(database: Database) -> None:
    first = keep_study(database, "first")
    second = keep_study(database, "second")
    other = keep_study(database, "other", task=make_task("other", n_rows=3.0))
    foreign = keep_study(database, "foreign", key=replace(KEY, metric="f1"))
    report(database, first, make_trial(0, value=0.1), make_trial(1, value=None, state=TrialState.RUNNING))
    report(database, second, make_trial(0, value=None, state=TrialState.FAIL))
    report(database, other, make_trial(0, value=0.3))
    report(database, foreign, make_trial(0, value=0.4))
    with database.reading() as connection:
        past = past_tasks(connection, KEY)
    assert [(p.task.name, [t.score for t in p.trials]) for p in past] == [("iris", [0.1, None]), ("other", [0.3])]
    assert past[0].trials[0].configuration == make_trial(0).configuration
    assert past[0].trials[0].duration_s == 1.25


def test_studies_under_another_name_of_the_metric_count_with_their_values_turned(database: Database) -> None:
    key = ModelKey(KEY.content_key, KindGroup.REGRESSION, "rmse", Direction.MINIMIZE)
    scorer = replace(key, metric="neg_root_mean_squared_error", direction=Direction.MAXIMIZE)
    task, other = make_task("one", TaskKind.REGRESSION, n_rows=5.0), make_task("two", TaskKind.REGRESSION, n_rows=6.0)
    report(database, keep_study(database, "first", task=task, key=key), make_trial(0, value=0.25))
    with database.reading() as connection:
        before = [revision_of(connection, one) for one in (key, scorer)]
    report(database, keep_study(database, "second", task=other, key=scorer), make_trial(0, value=-0.5))
    with database.reading() as connection:
        found = [[past.trials[0].score for past in past_tasks(connection, one)] for one in (key, scorer)]
        after = [revision_of(connection, one) for one in (key, scorer)]
    assert found == [[0.25, 0.5], [-0.25, -0.5]]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1]
    with database.reading() as connection:
        assert past_tasks(connection, replace(key, metric="mae")) == ()


def test_a_sample_of_histories_is_of_tasks_whose_number_is_a_multiple(database: Database) -> None:
    for place in range(5):
        study = keep_study(database, f"study {place}", task=make_task(f"task {place}", n_rows=float(place + 3)))
        report(database, study, make_trial(0, value=place / 10))
    with database.reading() as connection:
        everyone = past_tasks(connection, KEY)
        numbers = [reported.task_seq for reported in tasks_reported_since(connection, KEY, 0, limit=9)]
        sampled = [past_tasks(connection, KEY, every=every) for every in (1, 2, 3)]
        named = past_tasks(connection, KEY, of=numbers[1:3])
    assert sampled == [
        tuple(past for past, number in zip(everyone, numbers, strict=True) if number % every == 0)
        for every in (1, 2, 3)
    ]
    assert len(sampled[1]) in {2, 3}
    assert named == everyone[1:3]


def test_pages_of_trials_are_by_number(database: Database) -> None:
    study = keep_study(database)
    report(database, study, *(make_trial(n) for n in (0, 7, 3)))
    with database.reading() as connection:
        first = TrialRepository(connection).page(study, PageRequest(limit=2))
        rest = TrialRepository(connection).page(study, PageRequest(first.next_cursor, limit=2))
    assert [t.number for t in (*first.items, *rest.items)] == [0, 3, 7]
    assert rest.next_cursor is None


def test_more_trials_than_one_query_takes(database: Database) -> None:
    study = keep_study(database)
    batch = [make_trial(n) for n in range(2_500)]
    assert report(database, study, *batch).accepted == 2_500
    assert report(database, study, *batch).unchanged == 2_500


@pytest.mark.slow
def test_writers_at_the_same_time_lose_nothing(database: Database) -> None:
    studies = [keep_study(database, f"study_{i}") for i in range(4)]

    def write(study: StoredStudy) -> None:
        for number in range(15):
            report(database, study, make_trial(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, studies))
    with database.reading() as connection:
        assert StudyRepository(connection).count_trials() == 60
        assert revision_of(connection, KEY) == 60


def test_the_same_trial_from_many_at_once_is_one(database: Database) -> None:
    study = keep_study(database)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: report(database, study, make_trial(0)), range(8)))
    assert sum(one.accepted for one in done) == 1
    assert sum(one.unchanged for one in done) == 7


@pytest.mark.slow
def test_a_report_waits_for_another_of_its_study(database: Database) -> None:
    study = keep_study(database)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            TrialRepository(connection).report(study, [make_trial(0)])
            second = pool.submit(report, database, study, make_trial(0), make_trial(1))
            with pytest.raises(TimeoutError):
                second.result(0.5)
        outcome = second.result(30)
    assert (outcome.accepted, outcome.unchanged, outcome.study.n_trials) == (1, 1, 2)  # it saw what the first wrote


def test_a_study_comes_back_and_is_listed(database: Database) -> None:
    one = keep_study(database, "one")
    two = keep_study(database, "two", task=make_task("other", n_rows=2.0))
    with database.reading() as connection:
        repository = StudyRepository(connection)
        assert repository.get("one") == one
        assert repository.page(PageRequest()).items == (two, one)
        assert repository.page(PageRequest(), task_id=one.task_id).items == (one,)
        assert repository.page(PageRequest(), search_space="svm\x00").items == ()
        with pytest.raises(NotFoundError):
            repository.get("three")
    assert one.metadata == {"commit": "4f2a", "n": 3, "gpu": False}


def test_a_study_made_again_is_the_same_one(database: Database) -> None:
    assert keep_study(database, "one") == keep_study(database, "one")
    with pytest.raises(ConflictError):
        keep_study(database, "one", key=replace(KEY, metric="f1"))


def test_infeasible_trials_are_kept_with_their_values_and_never_the_best(database: Database) -> None:
    study = keep_study(database)
    batch = (
        replace(make_trial(0, value=0.9), constraints=(0.1, -1.0)),
        replace(make_trial(1, value=0.7), constraints=(0.0, -1.0)),
        replace(make_trial(2, value=0.8), constraints=(1e308, 1e308)),
        make_trial(3, value=0.6),
    )
    assert report(database, study, batch[0]).study.best_value is None
    assert report(database, study, *batch).study.best_value == 0.7
    assert kept(database, study) == batch
    with pytest.raises(ConflictError):
        report(database, study, replace(batch[1], constraints=(0.0, -2.0)))


def test_past_trials_say_what_failed_and_what_was_infeasible(database: Database) -> None:
    study = keep_study(database)
    report(
        database,
        study,
        make_trial(0, value=0.9),
        replace(make_trial(1, value=0.95), constraints=(0.1,)),
        make_trial(2, value=None, state=TrialState.FAIL),
        make_trial(3, value=None, state=TrialState.PRUNED),
        replace(make_trial(4, value=0.8), constraints=(-0.1,)),
    )
    with database.reading() as connection:
        (past,) = past_tasks(connection, study.key)
    assert [trial.score for trial in past.trials] == [0.9, None, None, None, 0.8]
    assert [trial.is_failed for trial in past.trials] == [False, False, True, False, False]
    assert [trial.is_infeasible for trial in past.trials] == [False, True, False, False, False]


def columns(numbers: list[int], values: list[float]) -> CompleteTrials:
    """Complete trials as a batch by columns; `make_trial` has the same parameters."""
    params = [to_json(dict(make_trial(number).configuration)) for number in numbers]
    return CompleteTrials(numbers, values, [1.25] * len(numbers), params)


def singles(numbers: list[int], values: list[float]) -> list[Trial]:
    return [make_trial(number, value=value) for number, value in zip(numbers, values, strict=True)]


@pytest.mark.parametrize("direction", list(Direction))
def test_a_batch_by_columns_is_stored_as_its_trials_are(database: Database, direction: Direction) -> None:
    key = replace(KEY, direction=direction)
    one, other = keep_study(database, "one", key=key), keep_study(database, "other", key=key)
    for numbers, values in [([2, 0, 7], [0.5, -0.5, 0.25]), ([3, 4], [0.75, -0.75]), ([1], [0.1])]:
        taken = report(database, one, *singles(numbers, values))
        with database.writing() as connection:
            by_columns = TrialRepository(connection).report(other, columns(numbers, values))
        assert (by_columns.accepted, by_columns.unchanged) == (taken.accepted, taken.unchanged) == (len(numbers), 0)
        assert (by_columns.study.n_trials, by_columns.study.best_value) == (
            taken.study.n_trials,
            taken.study.best_value,
        )
    assert kept(database, one) == kept(database, other)
    with database.reading() as connection:
        studies = StudyRepository(connection)
        stored = studies.get("other")
    with database.writing() as connection:
        counted = StudyRepository(connection).refresh_totals(stored)
    assert (stored.n_trials, stored.best_value) == (counted.n_trials, counted.best_value)


def test_a_batch_by_columns_knows_what_is_stored(database: Database) -> None:
    study = keep_study(database)
    report(database, study, make_trial(1, value=0.25), make_trial(2, value=None, state=TrialState.RUNNING))
    with database.writing() as connection:
        done = TrialRepository(connection).report(study, columns([0, 1, 2], [0.5, 0.25, 0.125]))
    assert (done.accepted, done.unchanged, done.study.n_trials, done.study.best_value) == (2, 1, 3, 0.5)
    assert [trial.state for trial in kept(database, study)] == [TrialState.COMPLETE] * 3
    with pytest.raises(ConflictError) as caught, database.writing() as connection:
        TrialRepository(connection).report(study, columns([1, 9], [0.75, 0.75]))
    assert caught.value.value == "1"
    assert len(kept(database, study)) == 3


def test_totals_follow_what_comes_in(database: Database) -> None:
    study = keep_study(database, key=replace(KEY, direction=Direction.MINIMIZE))
    infeasible = replace(make_trial(3, value=-9.0), constraints=(0.5,))
    pruned = make_trial(4, value=-8.0, state=TrialState.PRUNED)
    report(database, study, make_trial(1, value=0.5), infeasible, pruned)
    done = report(database, study, make_trial(1, value=0.5), make_trial(2, value=0.75))
    assert (done.accepted, done.study.n_trials, done.study.best_value) == (1, 4, 0.5)
    with database.writing() as connection:
        counted = StudyRepository(connection).refresh_totals(done.study)
    assert (counted.n_trials, counted.best_value) == (4, 0.5)
