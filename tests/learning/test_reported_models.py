"""What was reported since a model was learned is known to the next question, at every service on the database."""

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import update

from learning.histories import histories_of
from learning.limits import LearningRules
from learning.material import gather
from learning.models.answering_models import AnsweringModels
from learning.models.basis import KeyState
from learning.models.learned import LearnedModel
from learning.models.reported import MAX_AT_ONCE, ReportedModels
from metamodel.engine import SpaceModel
from metamodel.reported import with_reported
from store.connections.database import Database
from store.connections.scope import everywhere
from store.deletion import delete_study
from store.histories import past_tasks, tasks_reported_since
from store.revisions import revision_of
from store.studies import StudyRepository
from store.tables import studies
from store.trials import TrialRepository
from tests.learning.test_stored_models import ASKED, KEY, SPACE, keep_study, started
from warmtune.vocabulary.trial import Trial, TrialState

BEST = {"x": 0.91, "y": 0.08}


@pytest.fixture
def filled(database: Database) -> Database:
    for number in range(5):
        keep_study(database, number)
    return database


@pytest.fixture
def learned(filled: Database) -> Iterator[LearnedModel]:
    with started(filled) as (models, _):
        yield models.get(KEY, SPACE)


def report(database: Database, number: int, *trials: Trial) -> None:
    with database.writing() as connection:
        study = StudyRepository(connection).get(f"study_{number}")
        TrialRepository(connection).report(study, list(trials))


def taken_in(models: ReportedModels, database: Database, learned: LearnedModel) -> SpaceModel:
    with database.reading() as connection:
        news = models.news(connection, KEY, learned, KeyState.read(connection, KEY))
    return models.take_in(news)


def scored(number: int, value: float) -> Trial:
    return Trial(number, BEST, value=value, duration_s=1.0)


def test_without_news_it_is_the_learned_model(filled: Database, learned: LearnedModel) -> None:
    assert taken_in(ReportedModels(max_models=4), filled, learned) is learned.model


def test_a_reported_trial_is_in_its_tasks_map_at_the_next_question(filled: Database, learned: LearnedModel) -> None:
    reported = ReportedModels(max_models=4)
    report(filled, 2, scored(8, 0.2), scored(9, 0.1))
    model = taken_in(reported, filled, learned)
    assert learned.model.maps is not None and model.maps is not None
    assert [len(history.scores) for history in model.histories] == [8, 8, 10, 8, 8]
    differ = [not np.array_equal(*pair) for pair in zip(model.maps.mean, learned.model.maps.mean, strict=True)]
    assert differ == [False, False, True, False, False]
    assert taken_in(reported, filled, learned) is model  # nothing is done twice


def test_it_is_what_conditioning_on_all_trials_of_the_task_gives(filled: Database, learned: LearnedModel) -> None:
    reported = ReportedModels(max_models=4)
    for trial in (scored(8, 0.7), scored(9, 0.3)):
        report(filled, 2, trial)
        taken_in(reported, filled, learned)
    model = taken_in(reported, filled, learned)
    with filled.reading() as connection:
        past = [task for task in past_tasks(connection, KEY) if task.task.name == "task 2"]
    wanted = with_reported(learned.model, histories_of(past, SPACE))
    assert model.maps is not None and wanted.maps is not None
    np.testing.assert_allclose(model.maps.mean, wanted.maps.mean, atol=1e-12)
    np.testing.assert_allclose(model.maps.variance, wanted.maps.variance, atol=1e-12)


def test_a_new_task_is_known_to_others(filled: Database, learned: LearnedModel) -> None:
    keep_study(filled, 11)
    model = taken_in(ReportedModels(max_models=4), filled, learned)
    assert model.n_tasks == learned.model.n_tasks + 1
    named = {s.task_id for r in model.recommend(ASKED, n=8).configurations for s in r.sources}
    assert model.histories[-1].task.name == "task 11"
    assert named <= {history.task.task_id for history in model.histories}


def test_another_replica_answers_the_same(filled: Database, learned: LearnedModel) -> None:
    one, other = ReportedModels(max_models=4), ReportedModels(max_models=4)
    report(filled, 1, scored(8, 0.95))
    answers = [taken_in(models, filled, learned).recommend(ASKED, n=4) for models in (one, other)]
    assert answers[0] == answers[1]
    assert answers[0].model_version != learned.model.version


def test_much_is_taken_in_by_several_questions(filled: Database, learned: LearnedModel) -> None:
    n_new = MAX_AT_ONCE + 3
    for number in range(20, 20 + n_new):
        keep_study(filled, number)
    reported = ReportedModels(max_models=4)
    sizes = [taken_in(reported, filled, learned).n_tasks for _ in range(3)]
    assert sizes == [5 + MAX_AT_ONCE, 5 + n_new, 5 + n_new]


def test_a_model_that_is_learned_anew_begins_anew(filled: Database) -> None:
    reported = ReportedModels(max_models=4)
    with started(filled) as (models, _):
        before = models.get(KEY, SPACE)
        report(filled, 2, scored(8, 0.7))
        taken_in(reported, filled, before)
        after = models.refresh(KEY, SPACE)
        assert taken_in(reported, filled, after) is after.model
        report(filled, 3, scored(8, 0.6))
        assert [len(h.scores) for h in taken_in(reported, filled, after).histories] == [8, 8, 9, 9, 8]


def test_what_was_taken_in_and_deleted_answers_no_more(filled: Database, learned: LearnedModel) -> None:
    reported = ReportedModels(max_models=4)
    keep_study(filled, 11)
    report(filled, 1, scored(8, 0.95))
    assert taken_in(reported, filled, learned).n_tasks == 6
    with filled.writing() as connection:
        delete_study(connection, "study_11")
    model = taken_in(reported, filled, learned)
    assert model.n_tasks == 5
    assert [len(history.scores) for history in model.histories] == [8, 9, 8, 8, 8]


def test_a_study_that_another_service_deleted_answers_no_more(filled: Database) -> None:
    with started(filled) as (models, _), started(filled) as (others, _):
        assert {models.get(KEY, SPACE).model.n_tasks, others.get(KEY, SPACE).model.n_tasks} == {5}
        report(filled, 1, scored(8, 0.95))
        served = others.get(KEY, SPACE)  # outdated by a report only: it serves, and is learned anew behind it
        others.wait_until_stored()
        with filled.writing() as connection:
            delete_study(connection, "study_3")
        assert served.model.n_tasks == 5
        assert others.get(KEY, SPACE).model.n_tasks == 4
        assert models.get(KEY, SPACE).model.n_tasks == 4
        kept = others.get(KEY, SPACE)
        assert others.get(KEY, SPACE) is kept


def test_running_trials_and_imports_move_nothing(filled: Database, learned: LearnedModel) -> None:
    reported = ReportedModels(max_models=4)
    report(filled, 2, Trial(8, BEST, state=TrialState.RUNNING))
    assert taken_in(reported, filled, learned) is learned.model
    report(filled, 3, scored(8, 0.4))
    with filled.writing() as connection:  # as an import leaves it
        connection.execute(everywhere(update(studies).where(studies.c.study_id == "study_3").values(revision=None)))
    assert taken_in(reported, filled, learned) is learned.model


def test_what_answers_knows_what_was_reported(filled: Database) -> None:
    with started(filled) as (models, _):
        answering = AnsweringModels(models, filled, max_models=4)
        with filled.reading() as connection:
            looked_up = answering.look_up(connection, KEY, SPACE)
        first = answering.get(looked_up)
        report(filled, 2, scored(8, 0.97))
        with filled.reading() as connection:
            looked_up = answering.look_up(connection, KEY, SPACE)
        second = answering.get(looked_up)
        assert first.model is first.learned.model
        assert len(second.model.histories[2].scores) == 9
        assert len(second.learned.model.histories[2].scores) == 8  # pages go on showing what was learned
        answering.close()


def test_tasks_come_in_the_order_of_their_latest_report(filled: Database) -> None:
    with filled.reading() as connection:
        before = revision_of(connection, KEY)
    report(filled, 4, scored(8, 0.1))
    report(filled, 0, scored(8, 0.1))
    report(filled, 4, scored(9, 0.1))
    with filled.reading() as connection:
        found = tasks_reported_since(connection, KEY, before, limit=5)
        assert [one.revision for one in found] == [before + 2, before + 3]
        tasks = past_tasks(connection, KEY, of=[one.task_seq for one in found])
        assert {task.task.name: len(task.trials) for task in tasks} == {"task 0": 9, "task 4": 10}
        assert len(tasks_reported_since(connection, KEY, before, limit=1)) == 1
        assert tasks_reported_since(connection, KEY, before + 3, limit=5) == ()
        assert past_tasks(connection, KEY, of=[]) == ()


def test_models_of_a_cache_stay_as_they_were_learned(filled: Database, learned: LearnedModel) -> None:
    version = learned.model.version
    report(filled, 2, scored(8, 0.7))
    taken_in(ReportedModels(max_models=4), filled, learned)
    assert learned.model.version == version
    assert [len(history.scores) for history in learned.model.histories] == [8] * 5


def test_of_too_many_trials_those_of_some_tasks_are_learned_from(filled: Database) -> None:
    keep_study(filled, 5)  # six tasks of eight trials
    with filled.reading() as connection:
        sizes = [
            len(gather(connection, KEY, SPACE, rules=LearningRules(max_past_trials=most)).own) for most in (48, 47, 16)
        ]
        assert sizes == [6, 3, 2]
        assert len({task.task.task_id for task in past_tasks(connection, KEY, every=3)}) == 2
