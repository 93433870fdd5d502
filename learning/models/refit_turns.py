"""When a model may be learned anew in the background."""

import threading
import time
from typing import Final

from learning.models.lookup import Slot

_REST: Final = 4.0
"""A model is not learned anew before so many times the seconds that learning took have passed: studies that report each
trial would otherwise keep the service learning."""


class RefitTurns:
    """One refit per slot at a time, and a rest after each; threads may share it."""

    def __init__(self) -> None:
        """Nothing is being learned."""
        self._lock = threading.Lock()
        self._under_way: set[Slot] = set()
        self._rests_until: dict[Slot, float] = {}

    def begin(self, slot: Slot) -> bool:
        """Whether a refit may begin now; if so, it is under way from now on."""
        with self._lock:
            if slot in self._under_way or time.monotonic() < self._rests_until.get(slot, 0.0):
                return False
            self._under_way.add(slot)
            return True

    def end(self, slot: Slot, *, started: float) -> None:
        """A refit has ended.

        Args:
            slot: What was learned.
            started: When, by `time.monotonic`.
        """
        ended = time.monotonic()
        with self._lock:
            self._under_way.discard(slot)
            for rested in [one for one, until in self._rests_until.items() if until <= ended]:
                del self._rests_until[rested]
            self._rests_until[slot] = ended + _REST * (ended - started)
