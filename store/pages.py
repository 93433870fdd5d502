"""Pages of a list: newest first, continued by an opaque cursor."""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, Select

from store.connections.scope import SHIPPED_SEQ, bound_workspace
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.page import Page

MAX_PAGE = 500
_MAX_INTEGER = 2**31 - 1

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list: `limit` items after the place that `cursor` marks.

    Attributes:
        cursor: A `Page.next_cursor`, or None for the first page.
        limit: From 1 to `MAX_PAGE`.
        of: Which list, with what narrows it: a cursor continues the list that it is from, and no other.
    """

    cursor: str | None = None
    limit: int = 50
    of: str = ""

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On a limit out of range.
        """
        if not 1 <= self.limit <= MAX_PAGE:
            raise InvalidInputError(
                "a page holds 1 to 500 items", field="limit", value=self.limit, limit=f"1 to {MAX_PAGE}"
            )

    def position(self, secret: bytes) -> int | None:
        """The number that the cursor stands for, or None for the first page.

        Args:
            secret: Of the workspace that the list is of: a number alone would tell of the others' rows.

        Raises:
            InvalidInputError: On a cursor that no page of the list has given.
        """
        if self.cursor is None:
            return None
        try:
            given = base64.b64decode(self.cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _foreign(self.cursor) from error
        position = _opened(given, secret, self.of)
        if position is None:
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
    owner: ColumnElement[int] | None = None,
) -> Page[Item]:
    """One page of a query by keyset: constant time wherever the page lies, and stable while rows come in.

    Where the list has rows of the workspace and of what ships, each are looked up by themselves and merged: how many
    rows others have changes no time.

    Args:
        connection: A reading transaction.
        query: Everything that is listed, without an order.
        request: Which page.
        by: A unique column of the query, which orders the list.
        read: From a row to an item.
        newest_first: Whether the largest comes first.
        owner: The column that says whose a row is, where rows that ship are listed, too.

    Raises:
        InvalidInputError: On a cursor that no page of the list has given.
    """
    workspace = bound_workspace(connection)
    secret = b"" if workspace is None else workspace.secret
    position = request.position(secret)
    if position is not None:
        if not isinstance(by.type, BigInteger):  # PostgreSQL refuses to compare with what the column can't hold
            position = min(position, _MAX_INTEGER)
        query = query.where(by < position if newest_first else by > position)
    query = query.order_by(by.desc() if newest_first else by).limit(request.limit + 1)
    if owner is None or workspace is None:
        rows = list(connection.execute(query).mappings())
    else:
        queries = [query.where(owner == seq) for seq in sorted({workspace.seq, SHIPPED_SEQ})]
        rows = [row for one in queries for row in connection.execute(one).mappings()]
        rows.sort(key=lambda row: int(row[by]), reverse=newest_first)
    items = tuple(read(row) for row in rows[: request.limit])
    is_more = len(rows) > request.limit
    return Page(items, cursor_at(int(rows[request.limit - 1][by]), secret, of=request.of) if is_more else None)


def cursor_at(position: int, secret: bytes, *, of: str = "") -> str:
    """The cursor for the items of a list after `position`; inverse of `PageRequest.position`."""
    body = position.to_bytes(8, "big", signed=True)
    tag = _tag(secret, of, body)
    return base64.urlsafe_b64encode(tag + _mixed(body, _keyed(secret, b"mask", tag))).decode()


def _opened(cursor: bytes, secret: bytes, of: str) -> int | None:
    """The position in a cursor; None where it was not made with the secret, for this list."""
    if len(cursor) != 16:
        return None
    tag, masked = cursor[:8], cursor[8:]
    body = _mixed(masked, _keyed(secret, b"mask", tag))
    if not hmac.compare_digest(tag, _tag(secret, of, body)):
        return None
    return int.from_bytes(body, "big", signed=True)


def _tag(secret: bytes, of: str, body: bytes) -> bytes:
    return _keyed(secret, b"tag", body + of.encode(errors="surrogatepass"))


def _keyed(secret: bytes, purpose: bytes, content: bytes) -> bytes:
    """Eight bytes that nobody can predict without the secret."""
    return hmac.digest(secret, purpose + content, "sha256")[:8]


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _foreign(cursor: str) -> InvalidInputError:
    return InvalidInputError(
        "the cursor is not the next_cursor of a page of this list with the same filters",
        field="cursor",
        value=cursor,
    )
