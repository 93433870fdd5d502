"""How often threads take turns: Python's own pace lets one that computes keep an answer waiting at every step."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from warmtune.vocabulary.work import check_wanted

TURN_S: Final = 0.0005
"""A tenth of Python's: an answer gives its turn away and gets it back some twenty times, each time for so long."""
_LOOK_EVERY_S: Final = 0.05


@contextmanager
def in_turn(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock within the block.

    Raises:
        WarmtuneError: Where nobody wants the work any more before its turn has come (`check_wanted`).
    """
    while not lock.acquire(timeout=_LOOK_EVERY_S):
        check_wanted()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns often, within the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
