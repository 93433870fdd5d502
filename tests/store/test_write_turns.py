"""Writers of one process wait for each other, for as long as their patience lasts."""

import threading
import time

import pytest

from store.connections.writers import CROWD, CROWD_PATIENCE_S, WriteTurns


@pytest.mark.slow
def test_what_a_wait_took_is_no_longer_left() -> None:
    turns = WriteTurns(patience_s=5.0)
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.take():
            held.set()
            may_end.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    started = time.monotonic()
    threading.Timer(0.3, may_end.set).start()
    with turns.take() as left_s:
        waited = time.monotonic() - started
    holder.join()
    assert left_s <= 5.0 - 0.2
    assert left_s >= 5.0 - waited - 1e-6


@pytest.mark.slow
def test_writers_that_had_their_turn_are_no_crowd() -> None:
    turns = WriteTurns(patience_s=30.0)
    for _ in range(2 * CROWD):
        with turns.take():
            pass
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.take():
            held.set()
            may_end.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    threading.Timer(CROWD_PATIENCE_S + 0.5, may_end.set).start()
    with turns.take():  # a crowd would have lost its patience
        pass
    holder.join()
