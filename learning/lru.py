"""A bounded memory: what was asked for longest ago is forgotten first."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """At most `max_items` values by key; threads may share it.

    Where keys are of several owners, the one that has most values makes room: nobody's are forgotten since others ask
    for much.
    """

    def __init__(self, *, max_items: int, owner_of: Callable[[K], Hashable] = lambda _: None) -> None:
        """Make an empty one.

        Args:
            max_items: Of all owners together.
            owner_of: Whose a key is; by default there is one owner.
        """
        self._max_items = max_items
        self._owner_of = owner_of
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
                del self._items[self._superfluous()]

    def forget(self, matches: Callable[[K], bool]) -> None:
        """Forget every value whose key matches."""
        with self._lock:
            for key in [key for key in self._items if matches(key)]:
                del self._items[key]

    def forget_items(self, matches: Callable[[K, V], bool]) -> None:
        """Forget every value that matches with its key."""
        with self._lock:
            for key in [key for key, value in self._items.items() if matches(key, value)]:
                del self._items[key]

    def _superfluous(self) -> K:
        """Of the owner that has most values, the one that was asked for longest ago."""
        counts = Counter(map(self._owner_of, self._items))
        most = max(counts.values())
        return next(key for key in self._items if counts[self._owner_of(key)] == most)
