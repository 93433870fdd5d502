"""Learning that a request waits for goes before learning ahead."""

import threading
import time
from dataclasses import replace

from learning.limits import LearningRules
from learning.material import Material
from learning.models.cache import ModelCache
from learning.models.learned import LearnedModel
from learning.models.precedence import Precedence
from metamodel.maps.surrogates import SurrogateUse
from store.connections.database import Database
from store.model_keys import ModelKey
from tests.learning.test_stored_models import KEY, SPACE, keep_study
from warmtune.vocabulary.work import check_wanted

SOON_S = 0.2
LONG_S = 30.0


def test_learning_ahead_pauses_while_a_request_learns() -> None:
    precedence, began, passed = Precedence(), threading.Event(), threading.Event()
    go_on = threading.Event()

    def learn_ahead() -> None:
        with precedence.unasked():
            began.set()
            assert go_on.wait(LONG_S)
            check_wanted()
            passed.set()

    ahead = threading.Thread(target=learn_ahead)
    ahead.start()
    assert began.wait(LONG_S)
    with precedence.asked():
        go_on.set()
        assert not passed.wait(SOON_S)
        with precedence.asked():  # several requests, of other models
            pass
        assert not passed.wait(SOON_S)
    assert passed.wait(LONG_S)
    ahead.join(LONG_S)


def test_learning_ahead_begins_when_no_request_learns() -> None:
    precedence, began = Precedence(), threading.Event()

    def learn_ahead() -> None:
        with precedence.unasked():
            began.set()

    ahead = threading.Thread(target=learn_ahead)
    with precedence.asked():
        ahead.start()
        assert not began.wait(SOON_S)
    assert began.wait(LONG_S)
    ahead.join(LONG_S)


def test_a_request_never_waits_for_learning_ahead_nor_after_an_error() -> None:
    precedence = Precedence()
    try:
        with precedence.asked():
            raise ValueError("learning failed")
    except ValueError:
        pass
    with precedence.unasked(), precedence.asked():
        pass
    with precedence.unasked():
        check_wanted()


AHEAD = replace(KEY, metric="f1_macro")


class WatchedModels(ModelCache):
    """Notes whether learning ahead went on while a request's own was under way."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, on_fit=lambda _: None, max_models=8, rules=LearningRules())
        self.ahead_began, self.request_learns = threading.Event(), threading.Event()
        self.went_on_meanwhile: list[bool] = []  # shared by the copies of other workspaces

    def learn(self, key: ModelKey, material: Material, use: SurrogateUse | None) -> LearnedModel:
        if key == AHEAD:
            self.ahead_began.set()
            assert self.request_learns.wait(LONG_S)
            check_wanted()
            self.went_on_meanwhile.append(self.request_learns.is_set())
            return super().learn(key, material, use)
        self.request_learns.set()
        time.sleep(SOON_S)
        learned = super().learn(key, material, use)
        self.request_learns.clear()
        return learned


def test_models_learned_ahead_pause_for_the_one_a_request_needs(database: Database) -> None:
    keep_study(database, 0)
    models = WatchedModels(database)
    models.warm_up([(AHEAD, SPACE)])
    assert models.ahead_began.wait(LONG_S)
    models.get(KEY, SPACE)
    models.wait_until_stored()
    assert models.went_on_meanwhile == [False]
    models.close()
