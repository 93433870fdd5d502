"""Learned models that workspaces share: each sees its own end of a share, as rows of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, Table, select

from store.connections.scope import asker, own, own_of_asker
from store.model_keys import ModelKey
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import received_models, shares
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.shared_model import SharedModel, SharingSide

_COLUMNS = {
    SharingSide.GIVEN: [column for column in shares.c if column.name != "sources"],
    SharingSide.RECEIVED: [column for column in received_models.c if column.name != "content"],
}


def _accepted(*names: str) -> Select[Any]:
    """A statement made once, since every answer asks; executed with a key's `asked()` and `asker(connection)`."""
    mine = own_of_asker(received_models) & received_models.c.accepted_at.is_not(None)
    columns = [received_models.c[name] for name in names]
    return select(*columns).where(ModelKey.matches_asked(received_models), mine).order_by(received_models.c.seq)


_IN_USE: Final = _accepted("share_id", "digest")
_CONTENTS: Final = _accepted("share_id", "digest", "content")


@dataclass(frozen=True, slots=True)
class ReceivedContent:
    """What a workspace's answers may use.

    Attributes:
        share_id: Of the share.
        digest: SHA-256 of its content, which distinguishes an edition from another.
    """

    share_id: str
    digest: str


class ShareRepository:
    """Reads a workspace's own ends of shares within one transaction: of what others have, nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, request: PageRequest, *, side: SharingSide) -> Page[SharedModel]:
        """What the workspace has given, or received, newest first."""
        table = _table(side)
        query = select(*_COLUMNS[side]).where(own(self._connection, table))
        return paginate(self._connection, query, request, by=table.c.seq, read=lambda row: _shared(row, side))

    def get(self, share_id: str, *, side: SharingSide | None = None) -> SharedModel:
        """One of them.

        Args:
            share_id: Its identifier.
            side: At which end the workspace has to be; None for either.

        Raises:
            NotFoundError: If the workspace has no part in such a share.
        """
        for one in SharingSide if side is None else (side,):
            table = _table(one)
            query = select(*_COLUMNS[one]).where(table.c.share_id == share_id, own(self._connection, table))
            row = self._connection.execute(query).mappings().first() if is_possible(share_id) else None
            if row is not None:
                return _shared(row, one)
        raise NotFoundError("there is no such shared model", field="share_id", value=share_id)

    def in_use(self, key: ModelKey) -> tuple[ReceivedContent, ...]:
        """What answers under a key may use: what was received and accepted, the oldest first."""
        found = self._connection.execute(_IN_USE, {**key.asked(), **asker(self._connection)})
        return tuple(ReceivedContent(row.share_id, row.digest) for row in found)

    def contents(self, key: ModelKey) -> Mapping[ReceivedContent, bytes]:
        """The same with what was received, as `metamodel.answers.shared_maps.SharedMaps` writes it."""
        found = self._connection.execute(_CONTENTS, {**key.asked(), **asker(self._connection)})
        return {ReceivedContent(row.share_id, row.digest): bytes(row.content) for row in found}


def _table(side: SharingSide) -> Table:
    return shares if side is SharingSide.GIVEN else received_models


def _shared(row: RowMapping, side: SharingSide) -> SharedModel:
    return SharedModel(
        share_id=row["share_id"],
        side=side,
        workspace=row["to_name" if side is SharingSide.GIVEN else "from_name"],
        search_space_name=row["search_space_name"],
        search_space_key=row["content_key"],
        kind_group=row["kind_group"],
        metric=row["metric"],
        direction=Direction(row["direction"]),
        created_at=row["created_at"],
        accepted_at=row["accepted_at"],
    )
