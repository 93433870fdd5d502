"""Whoever can't wait for a model gets an answer that says so within a moment, and finds it a little later."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from learning.limits import LearningRules
from learning.models.background import MAX_WAITING, PATIENCE_S, BackgroundModels, StillLearningError
from learning.models.cache import ModelCache
from store.connections.database import Database
from tests.learning.test_stored_models import KEY, SPACE, keep_study
from warmtune.vocabulary.errors import ServiceError, UnavailableError

LONG_S = 60.0


class Held(ModelCache):
    """Models whose learning begins when it may."""

    may_learn = threading.Event()
    n_begun = 0

    def gather(self, *given: object, **more: object) -> object:  # type: ignore[override]
        """As it is, a little later."""
        type(self).n_begun += 1
        assert self.may_learn.wait(LONG_S)
        return super().gather(*given, **more)  # type: ignore[arg-type]


@contextmanager
def started(database: Database) -> Iterator[tuple[Held, BackgroundModels]]:
    Held.may_learn, Held.n_begun = threading.Event(), 0
    models = Held(database, on_fit=lambda _: None, max_models=8, rules=LearningRules())
    background = BackgroundModels(models, database)
    yield models, background
    Held.may_learn.set()
    background.close()
    background._background.shutdown(wait=True)  # the database is emptied next
    models.wait_until_stored()
    models.close()


@pytest.fixture
def filled(database: Database) -> Database:
    for number in range(5):
        keep_study(database, number)
    return database


def later(background: BackgroundModels) -> object:
    deadline = time.monotonic() + LONG_S
    while (found := background.find(KEY, SPACE)) is None:
        assert time.monotonic() < deadline
    return found


def test_nobody_waits_for_learning_and_it_is_done_once(filled: Database) -> None:
    with started(filled) as (models, background):
        for _ in range(3):
            with pytest.raises(StillLearningError) as refused:
                background.get(KEY, SPACE)
        assert isinstance(refused.value, UnavailableError)
        assert background.find(KEY, SPACE) is None
        assert models.find(KEY, SPACE) is None
        Held.may_learn.set()
        learned = later(background)
        assert models.find(KEY, SPACE) is not None
        assert models.get(KEY, SPACE) is background.get(KEY, SPACE) is learned
        assert Held.n_begun == 1


def test_what_is_there_is_answered_while_another_is_learned(filled: Database) -> None:
    with started(filled) as (models, background):
        Held.may_learn.set()
        learned = models.get(KEY, SPACE)
        Held.may_learn.clear()

        other = replace(KEY, metric="roc_auc")
        assert background.find(other, SPACE) is None
        assert background.get(KEY, SPACE) is learned


def test_what_takes_a_moment_is_there_at_once(filled: Database) -> None:
    with started(filled) as (_, background):
        threading.Timer(PATIENCE_S / 10, Held.may_learn.set).start()
        assert later(background) is not None


def test_no_more_than_so_many_wait(filled: Database) -> None:

    with started(filled) as (_, background):
        keys = [replace(KEY, metric=f"metric {number}") for number in range(MAX_WAITING + 3)]
        threads = [threading.Thread(target=background.find, args=(key, SPACE)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(background._learning) == MAX_WAITING


def test_it_is_of_a_workspace(filled: Database) -> None:
    with started(filled) as (models, _), pytest.raises(ServiceError):
        BackgroundModels(models.of(filled.of(None)), filled.of(None)).get(KEY, SPACE)
