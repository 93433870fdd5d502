"""A bounded memory: what was asked for longest ago is forgotten first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """At most `max_items` values by key; threads may share it."""

    def __init__(self, *, max_items: int) -> None:
        self._max_items = max_items
        self._lock = threading.Lock()
        self._items: OrderedDict[K, V] = OrderedDict()

    def find(self, key: K) -> V | None:
        """The value of a key, which now counts as asked for last; None where there is none."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._items.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Remember a value, and forget the one that was asked for longest ago where there are too many."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._max_items:
                self._items.popitem(last=False)

    def forget(self, matches: Callable[[K], bool]) -> None:
        """Forget every value whose key matches."""
        with self._lock:
            for key in [key for key in self._items if matches(key)]:
                del self._items[key]

    def forget_values(self, matches: Callable[[V], bool]) -> None:
        """Forget every value that matches."""
        with self._lock:
            for key in [key for key, value in self._items.items() if matches(value)]:
                del self._items[key]
