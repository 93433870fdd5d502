"""Pages of a list: newest first, continued by an opaque cursor."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, Select

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.page import Page

MAX_PAGE = 500
_MAX_SEQ = 2**63 - 1
_MAX_INTEGER = 2**31 - 1

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list: `limit` items after the place that `cursor` marks.

    Attributes:
        cursor: A `Page.next_cursor`, or None for the first page.
        limit: From 1 to `MAX_PAGE`.
    """

    cursor: str | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On a limit out of range.
        """
        if not 1 <= self.limit <= MAX_PAGE:
            raise InvalidInputError(
                "a page holds 1 to 500 items", field="limit", value=self.limit, limit=f"1 to {MAX_PAGE}"
            )

    @property
    def position(self) -> int | None:
        """The number that the cursor stands for, or None for the first page.

        Raises:
            InvalidInputError: On a cursor that no page has given.
        """
        if self.cursor is None:
            return None
        try:
            position = int(base64.b64decode(self.cursor.encode("ascii"), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError) as error:
            raise _foreign(self.cursor) from error
        if not -1 <= position <= _MAX_SEQ:
            raise _foreign(self.cursor)
        return position


def paginate(
    connection: Connection,
    query: Select[Any],
    request: PageRequest,
    *,
    by: ColumnElement[int],
    read: Callable[[RowMapping], Item],
    newest_first: bool = True,
) -> Page[Item]:
    """One page of a query by keyset: constant time wherever the page lies, and stable while rows come in.

    Args:
        connection: A reading transaction.
        query: Everything that is listed, without an order.
        request: Which page.
        by: A unique column of the query, which orders the list.
        read: From a row to an item.
        newest_first: Whether the largest comes first.

    Raises:
        InvalidInputError: On a cursor that no page has given.
    """
    position = request.position
    if position is not None:
        if not isinstance(by.type, BigInteger):  # PostgreSQL refuses to compare with what the column can't hold
            position = min(position, _MAX_INTEGER)
        query = query.where(by < position if newest_first else by > position)
    query = query.order_by(by.desc() if newest_first else by).limit(request.limit + 1)
    rows = connection.execute(query).mappings().all()
    items = tuple(read(row) for row in rows[: request.limit])
    is_more = len(rows) > request.limit
    return Page(items, cursor_at(int(rows[request.limit - 1][by])) if is_more else None)


def cursor_at(position: int) -> str:
    """The cursor for the items after `position`."""
    return base64.urlsafe_b64encode(str(position).encode()).decode()


def _foreign(cursor: str) -> InvalidInputError:
    return InvalidInputError(
        "the cursor is not one that a page has given as its next_cursor", field="cursor", value=cursor
    )
