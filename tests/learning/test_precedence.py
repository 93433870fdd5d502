"""Learning that a request waits for goes before learning ahead."""

import threading

from learning.precedence import Precedence
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
