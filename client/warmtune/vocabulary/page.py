"""Part of a list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
OtherT = TypeVar("OtherT")


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """Part of a list.

    Attributes:
        items: In the list's order.
        next_cursor: What to ask with for the items after these; None on the last page.
    """

    items: tuple[ItemT, ...]
    next_cursor: str | None

    def map(self, change: Callable[[ItemT], OtherT]) -> "Page[OtherT]":
        """The page with every item changed."""
        return Page(tuple(change(item) for item in self.items), self.next_cursor)


def every_item(page_at: Callable[[str | None], Page[ItemT]]) -> Iterator[ItemT]:
    """The items of all pages, a page at a time.

    Args:
        page_at: From a cursor to its page; None stands for the first one.
    """
    cursor: str | None = None
    while True:
        page = page_at(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
