"""An upgrade that changes a search space of the catalogue loses nothing: its former editions are its past, too."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from learning.limits import LearningRules
from learning.material import gather
from learning.models.cache import ModelCache
from learning.relatives import MAX_EDITIONS, MAX_RELATIVES, related_spaces
from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, replace_shipped
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

UNTIL = 5


def edition(*algorithms: str) -> SearchSpace:
    """A space over some algorithms, each with a parameter of its own name but no condition."""
    parameters = {f"{name}.x": FloatDistribution(0.0, 1.0) for name in algorithms}
    return SearchSpace({"algorithm": CategoricalDistribution(list(algorithms)), **parameters})


FORMER, TODAY = edition("knn", "svm", "mlp"), edition("knn", "svm", "mlp", "sgd")
ELSEWHERE = edition("knn", "svm", "mlp", "trees")


def key_of(space: SearchSpace) -> ModelKey:
    return ModelKey(space.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)


KEY = key_of(TODAY)


def task_of(number: int) -> Task:
    features = MetaFeatures({"n_rows": 100.0 + number})
    return Task(task_id_of(TaskKind.BINARY, features), f"task {number}", TaskKind.BINARY, features)


def points_of(space: SearchSpace, seed: int) -> list[Configuration]:
    rng = np.random.default_rng(seed)
    names = list(space.parameters)[1:]
    return [
        {"algorithm": "knn", **{n: float(x) for n, x in zip(names, row, strict=True)}}
        for row in rng.random((6, len(names)))
    ]


def ship(database: Database, space: SearchSpace, *, n_tasks: int) -> None:
    """A knowledge base over a space that is registered as "whole"."""
    with database.of(SHIPPED).writing() as connection:
        repository = SearchSpaceRepository(connection)
        repository.register("whole", space)
        tasks, studies = [task_of(number) for number in range(n_tasks)], []
        for number, task in enumerate(tasks):
            trials = ShippedTrials.of((i, c, 0.1 * i, 1.0) for i, c in enumerate(points_of(space, number)))
            studies.append(
                ShippedStudy(f"s{number}", task.task_id, repository.keep(space), "whole", key_of(space), trials)
            )
        replace_shipped(connection, "v1", tasks, studies)


def tune(database: Database, space: SearchSpace, number: int, *, name: str | None = "whole") -> str:
    """A user's study; the id of its task."""
    with database.writing() as connection:
        kept = TaskRepository(connection).keep(task_of(number))
        space_id = SearchSpaceRepository(connection).keep(space)
        new = NewStudy(f"own {number} {space.content_key}", kept.seq, space_id, name, key_of(space), None, {})
        study = StudyRepository(connection).create(new)
        trials = [Trial(i, c, value=0.1 * i, duration_s=1.0) for i, c in enumerate(points_of(space, number))]
        TrialRepository(connection).report(study, trials)
    return kept.task.task_id


@contextmanager
def started(database: Database) -> Iterator[ModelCache]:
    models = ModelCache(database, on_fit=lambda _: None, max_models=8, rules=LearningRules(mapping_until_tasks=UNTIL))
    yield models
    models.wait_until_stored()
    models.close()


def test_studies_over_a_former_edition_are_learned_from_however_much_ships_over_todays(database: Database) -> None:
    ship(database, FORMER, n_tasks=8)
    mine = {tune(database, FORMER, number) for number in (50, 51)}
    ship(database, TODAY, n_tasks=8)
    with database.reading() as connection:
        material = gather(connection, KEY, TODAY, rules=LearningRules(mapping_until_tasks=UNTIL))
        without = gather(connection, KEY, TODAY, rules=LearningRules(mapping_until_tasks=0))
    assert len(material.own) == 8 > UNTIL
    assert {history.task.task_id for history in material.mapped} == mine
    assert all(TODAY.validate(c) for history in material.mapped for c in history.configurations)
    assert material.considered is None  # nobody else's space was looked at
    assert without.mapped == ()


def test_what_strangers_tried_is_left_out_as_before(database: Database) -> None:
    tune(database, ELSEWHERE, 60, name=None)
    ship(database, TODAY, n_tasks=8)
    with database.reading() as connection:
        assert gather(connection, KEY, TODAY, rules=LearningRules(mapping_until_tasks=UNTIL)).mapped == ()
        assert len(gather(connection, KEY, TODAY, rules=LearningRules(mapping_until_tasks=20)).mapped) == 1


def test_many_editions_leave_no_room_for_strangers_and_all_count(database: Database) -> None:
    former = [edition(*"abcdefghij"[:n]) for n in range(5, 10)]
    today = edition(*"abcdefghij")
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).register("whole", today)
    for number, space in enumerate(former):
        tune(database, space, number)
    tune(database, edition(*"abcdefghijk"), 99, name=None)
    among = {space.content_key for space in (*former, edition(*"abcdefghijk"))}
    with database.reading() as connection:
        found = related_spaces(connection, key_of(today), today, among=among)
    assert found == tuple(space.content_key for space in reversed(former))
    assert MAX_RELATIVES < len(found) <= MAX_EDITIONS


def test_a_workspace_that_begins_with_what_ships_learns_its_former_edition_soon(database: Database) -> None:
    ship(database, TODAY, n_tasks=8)
    with started(database) as models:
        models.of(database.of(SHIPPED)).get(KEY, TODAY)
        mine = tune(database, FORMER, 50)
        models.get(KEY, TODAY)
        models.wait_until_stored()
        learned = models.get(KEY, TODAY)
        models.wait_until_stored()
        assert mine in {history.task.task_id for history in learned.model.histories}
        assert models.get(KEY, TODAY) is learned  # and then rests
    with started(database) as models:  # it was kept
        assert mine in {history.task.task_id for history in models.get(KEY, TODAY).model.histories}


def test_trials_that_come_in_over_the_former_edition_make_the_model_old(database: Database) -> None:
    ship(database, TODAY, n_tasks=8)
    tune(database, FORMER, 50)
    with started(database) as models:
        learned = models.get(KEY, TODAY)
        later = tune(database, FORMER, 51)
        assert later in {h.task.task_id for h in models.current(KEY, TODAY).model.histories}
        assert later not in {h.task.task_id for h in learned.model.histories}


@pytest.mark.parametrize("n_own", [1, 7])
def test_a_study_over_the_former_edition_goes_on_with_what_ships_over_todays(database: Database, n_own: int) -> None:
    for number in range(n_own):
        tune(database, FORMER, 50 + number)
    ship(database, TODAY, n_tasks=8)
    with database.reading() as connection:
        material = gather(connection, key_of(FORMER), FORMER, rules=LearningRules(mapping_until_tasks=UNTIL))
    assert (len(material.own), len(material.mapped)) == (n_own, 8)
    assert all(FORMER.validate(c) for history in material.mapped for c in history.configurations)
