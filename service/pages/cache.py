"""What pages have worked out, until what it rests on changes."""

import copy
from collections.abc import Callable, Hashable
from typing import Self, TypeVar

from learning.lru import LruCache
from store.scope import SHIPPED_SEQ, Workspace

Value = TypeVar("Value")


class PageCache:
    """Keeps results of pure functions under keys that name all that they depend on; threads may share it."""

    def __init__(self, *, max_items: int = 64) -> None:
        self._owner = SHIPPED_SEQ
        self._cached: LruCache[tuple[int, Hashable], object] = LruCache(
            max_items=max_items, owner_of=lambda which: which[0]
        )

    def of(self, workspace: Workspace) -> Self:
        """The same cache, for one workspace: studies of the same name in two are two."""
        bound = copy.copy(self)
        bound._owner = workspace.seq
        return bound

    def get(self, key: tuple[Callable[..., Value], Hashable], make: Callable[[], Value]) -> Value:
        """What is cached under the key, made where nothing is.

        Args:
            key: The function that makes it, and all that it depends on.
            make: Makes it; of callers at the same time each may, and the last one's stays.
        """
        found = self._cached.find((self._owner, key))
        if found is None:
            found = make()
            self._cached.put((self._owner, key), found)
        return found  # type: ignore[return-value]  # the key's function says what it is
