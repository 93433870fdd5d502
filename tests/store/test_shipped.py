"""A knowledge base is loaded once, and a newer one takes its place."""

from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.histories import past_tasks
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, loaded_version, replace_shipped
from store.studies import StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.store.samples import KEY, SPACE, keep_study, make_task, make_trial
from warmtune.vocabulary.trial import Trial, TrialState


def shipped(*trials: Trial) -> ShippedTrials:
    """As a knowledge base has it."""
    return ShippedTrials.of((one.number, one.configuration, one.value, one.duration_s) for one in trials)


def load(database: Database, version: str, n_tasks: int, *, value: float = 0.5) -> None:
    tasks = [make_task(f"past {i}", n_rows=float(i)) for i in range(n_tasks)]
    with database.of(SHIPPED).writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        studies = [
            ShippedStudy(
                study_id=f"shipped_{task.task_id}",
                task_id=task.task_id,
                space_id=space_id,
                search_space_name="svm",
                key=KEY,
                trials=shipped(
                    make_trial(0, value=value),
                    make_trial(1, value=value / 2),
                    make_trial(2, value=None, state=TrialState.FAIL),
                ),
                metadata={"from": f"base {version}"},
            )
            for task in tasks
        ]
        replace_shipped(connection, version, tasks, studies)


def test_what_is_loaded_is_there(database: Database) -> None:
    load(database, "v1", 3)
    with database.reading() as connection:
        assert loaded_version(connection) == "v1"
        studies = StudyRepository(connection)
        assert (studies.count(), studies.count_trials()) == (3, 9)
        task = TaskRepository(connection).get(make_task(n_rows=1.0).task_id)
        study = studies.get(f"shipped_{task.task.task_id}")
        assert (task.shipped, study.shipped, study.best_value, study.n_trials) == (True, True, 0.5, 3)
        assert study.metadata == {"from": "base v1"}
        assert TrialRepository(connection).of_study(study)[0] == make_trial(0)
        past = past_tasks(connection, KEY)
    assert [[t.score for t in p.trials] for p in past] == [[0.5, 0.25, None]] * 3


def test_a_newer_one_takes_its_place_and_users_studies_stay(database: Database) -> None:
    load(database, "v1", 3)
    own = keep_study(database, "own", task=make_task("past 2", n_rows=2.0))
    with database.writing() as connection:
        TrialRepository(connection).report(own, [make_trial(0, value=0.9)])
        before = revision_of(connection, KEY)
    load(database, "v2", 2, value=0.7)
    with database.reading() as connection:
        assert loaded_version(connection) == "v2"
        assert revision_of(connection, KEY) > before
        assert TrialRepository(connection).of_study(own) == (make_trial(0, value=0.9),)
        assert TaskRepository(connection).count() == 3
        past = past_tasks(connection, KEY)
    assert sorted([t.score for t in p.trials if t.score] for p in past) == [[0.7, 0.35], [0.7, 0.35], [0.9]]


def test_a_task_that_a_user_kept_first_is_shared(database: Database) -> None:
    keep_study(database, "own", task=make_task("mine", n_rows=0.0))
    load(database, "v1", 1)
    with database.reading() as connection:
        assert TaskRepository(connection).count() == 1
        assert len(past_tasks(connection, KEY)) == 1
