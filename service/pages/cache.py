"""What pages have worked out, until what it rests on changes."""

import copy
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Self, TypeVar

from learning.lru import LruCache
from store.connections.scope import SHIPPED_SEQ, Workspace
from warmtune.vocabulary.work import check_wanted

Value = TypeVar("Value")


class PageCache:
    """Keeps results of pure functions under keys that name all that they depend on; threads may share it."""

    def __init__(self, *, max_items: int = 64) -> None:
        self._owner = SHIPPED_SEQ
        self._cached: LruCache[tuple[int, Hashable], object] = LruCache(
            max_items=max_items, owner_of=lambda which: which[0]
        )
        self._guard = threading.Lock()
        self._turns: dict[tuple[int, Hashable], tuple[threading.Lock, int]] = {}

    def of(self, workspace: Workspace) -> Self:
        """The same cache, for one workspace: studies of the same name in two are two."""
        bound = copy.copy(self)
        bound._owner = workspace.seq
        return bound

    def get(self, key: tuple[Callable[..., Value], Hashable], make: Callable[[], Value]) -> Value:
        """What is cached under the key, made where nothing is.

        Args:
            key: The function that makes it, and all that it depends on.
            make: Makes it. Of callers at the same time one does, and the others wait for it, as long as they are
                wanted; where it fails, the next one does.
        """
        which = (self._owner, key)
        found = self._cached.find(which)
        if found is None:
            with self._turn(which):
                found = self._cached.find(which)
                if found is None:
                    check_wanted()
                    found = make()
                    self._cached.put(which, found)
        return found  # type: ignore[return-value]  # the key's function says what it is

    @contextmanager
    def _turn(self, which: tuple[int, Hashable]) -> Iterator[None]:
        """One at a time for each key; what nobody works on is not remembered."""
        with self._guard:
            turn, n_waiting = self._turns.get(which, (threading.Lock(), 0))
            self._turns[which] = (turn, n_waiting + 1)
        try:
            with turn:
                yield
        finally:
            with self._guard:
                turn, n_waiting = self._turns.pop(which)
                if n_waiting > 1:
                    self._turns[which] = (turn, n_waiting - 1)
