"""Who computes next, and how often threads take turns.

Threads that compute at the same time take the interpreter from each other at every step, which costs all of them more
than waiting; and Python's own pace lets one that computes keep an answer waiting.
"""

import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from warmtune.vocabulary.work import check_wanted

TURN_S: Final = 0.0005
"""A tenth of Python's: an answer gives its turn away and gets it back some twenty times, each time for so long."""
FEW_TRIALS: Final = 200
"""Up to so many, a suggestion takes at most some ten recommendations' time."""
_LOOK_EVERY_S: Final = 0.05


class TurnQueue:
    """Lets threads do something one at a time, in the order in which they asked.

    A plain lock is taken by whoever comes just as it is free: some would wait several times as long as others.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    @property
    def n_waiting(self) -> int:
        """Threads whose turn hasn't come."""
        return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn within the block.

        Raises:
            WarmtuneError: Where nobody wants the work any more before its turn has come (`check_wanted`).
        """
        self._wait()
        try:
            yield
        finally:
            self._pass_on()

    def _wait(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            while not called.acquire(timeout=_LOOK_EVERY_S):
                check_wanted()
        except BaseException:
            self._leave(called)
            raise

    def _leave(self, called: threading.Lock) -> None:
        """Step out of the queue; a turn that has come just now goes to the next."""
        with self._guard:
            was_called = called not in self._waiting
            if not was_called:
                self._waiting.remove(called)
        if was_called:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


@dataclass(frozen=True, slots=True)
class AnswerTurns:
    """The queues of those that compute answers: whoever needs long keeps nobody waiting who doesn't.

    Attributes:
        short: Recommendations, and suggestions for few trials: milliseconds each.
        long: Suggestions for many trials, whose time grows faster than their number.
    """

    short: TurnQueue = field(default_factory=TurnQueue)
    long: TurnQueue = field(default_factory=TurnQueue)

    def of(self, n_trials: int) -> TurnQueue:
        """Where an answer that rests on so many trials of its own task is computed."""
        return self.short if n_trials <= FEW_TRIALS else self.long


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns often, within the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
