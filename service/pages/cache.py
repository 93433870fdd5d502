"""What pages have worked out, until what it rests on changes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from learning.lru import LruCache

Value = TypeVar("Value")


class PageCache:
    """Keeps results of pure functions under keys that name all that they depend on; threads may share it."""

    def __init__(self, *, max_items: int = 64) -> None:
        self._kept: LruCache[Hashable, object] = LruCache(max_items=max_items)

    def get(self, key: tuple[Callable[..., Value], Hashable], make: Callable[[], Value]) -> Value:
        """What is kept under the key, made where nothing is.

        Args:
            key: The function that makes it, and all that it depends on.
            make: Makes it; of callers at the same time each may, and the last one's stays.
        """
        found = self._kept.find(key)
        if found is None:
            found = make()
            self._kept.put(key, found)
        return found  # type: ignore[return-value]  # the key's function says what it is
