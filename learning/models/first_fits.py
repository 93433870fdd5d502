"""A model that many requests need at once is learned by one of them, while the others wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from learning.models.lookup import Slot
from warmtune.vocabulary.work import check_wanted

_LOOK_UP_S: Final = 0.2


class FirstFits:
    """One lock per model that is being learned for the first time; threads may share it."""

    def __init__(self) -> None:
        """Nothing is being learned."""
        self._lock = threading.Lock()
        self._under_way: dict[Slot, threading.Lock] = {}

    @contextmanager
    def alone(self, slot: Slot) -> Iterator[None]:
        """Hold a slot's lock within the block.

        Raises:
            WarmtuneError: Where nobody wants the model any more while another request learns it (`check_wanted`).
        """
        with self._lock:
            fit = self._under_way.setdefault(slot, threading.Lock())
        while not fit.acquire(timeout=_LOOK_UP_S):
            check_wanted()
        try:
            yield
        finally:
            fit.release()
        with self._lock:
            self._under_way.pop(slot, None)
