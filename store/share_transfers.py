"""What crosses from one workspace to another: the only statements that write another workspace's row.

Each share has two rows, of its giver (`shares`) and of its receiver (`received_models`), and every reading is of one's
own. Here a share is given, accepted and ended, which changes both; that the workspace has a part in it is asked of its
own row first.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from store.connections.clock import database_now
from store.connections.scope import COLUMN, Workspace, everywhere, own, owner_of, workspace_of
from store.model_keys import ModelKey
from store.shares import ShareRepository
from store.tables import received_models, shares, workspaces
from warmtune.vocabulary.errors import ConflictError, LimitExceededError
from warmtune.vocabulary.shared_model import SharedModel, SharingSide

MAX_GIVEN: Final = 100
"""Shares that a workspace may have given at once."""
MAX_USED: Final = 4
"""Shared models that answers of a workspace may use under one key."""


@dataclass(frozen=True, slots=True)
class NewShare:
    """A share to give.

    Attributes:
        to_name: The name of the workspace that is to receive it.
        key: What the model is for.
        search_space_name: The name under which its search space was asked for, or None.
        sources: Content keys of the search spaces whose trials it was learned from.
        content: As `metamodel.answers.shared_maps.SharedMaps` writes it.
    """

    to_name: str
    key: ModelKey
    search_space_name: str | None
    sources: Collection[str]
    content: bytes


class ShareTransferRepository:
    """Gives, accepts and ends shares within one transaction, for the workspace of its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def give(self, share: NewShare) -> SharedModel:
        """Let another workspace use a model, once it accepts.

        Given again for the same key, the model takes the place of the former one, and stays accepted if that was. Where
        no workspace has the name, it is never received: the giver doesn't learn the names of workspaces.

        Raises:
            ConflictError: If the receiver is the workspace itself.
            LimitExceededError: If the workspace has given `MAX_GIVEN` already.
        """
        giver = workspace_of(self._connection)
        if share.to_name == giver.name:
            raise ConflictError(
                "a workspace uses its own models without sharing", field="workspace", value=share.to_name
            )
        receiver = self._lock(giver, share.to_name)
        before = self._given(share)
        if before is not None:
            return self._renew(before, share, receiver)
        count = select(func.count()).select_from(shares).where(own(self._connection, shares))
        if int(self._connection.execute(count).scalar_one()) >= MAX_GIVEN:
            raise LimitExceededError(
                f"{MAX_GIVEN} models are shared already", field="workspace", limit=f"{MAX_GIVEN} shares"
            )
        now = database_now(self._connection)
        row = {"share_id": f"share_{secrets.token_hex(8)}", "created_at": now, "accepted_at": None, **_about(share)}
        ends = {**owner_of(self._connection), "to_name": share.to_name, "sources": sorted(share.sources)}
        self._connection.execute(insert(shares).values({**row, **ends, "to_seq": receiver}))
        if receiver is not None:
            received = {**row, **_content(share), COLUMN: receiver, "from_name": giver.name}
            self._connection.execute(everywhere(insert(received_models).values(received)))
        return ShareRepository(self._connection).get(row["share_id"], side=SharingSide.GIVEN)

    def _lock(self, giver: Workspace, to_name: str) -> int | None:
        """Keep both ends from being deleted, and one giver's shares from being given in parallel; the receiver."""
        query = select(workspaces.c.seq, workspaces.c.name).where(workspaces.c.name.in_([giver.name, to_name]))
        found = self._connection.execute(query.order_by(workspaces.c.seq).with_for_update(key_share=True))
        return next((row.seq for row in found if row.name == to_name), None)

    def _given(self, share: NewShare) -> RowMapping | None:
        query = select(shares).where(
            share.key.matches(shares), shares.c.to_name == share.to_name, own(self._connection, shares)
        )
        return self._connection.execute(query).mappings().first()

    def _renew(self, before: RowMapping, share: NewShare, receiver: int | None) -> SharedModel:
        share_id, now = before["share_id"], database_now(self._connection)
        if before["to_seq"] != receiver:  # a workspace of this name has come or gone since
            self.end(share_id)
            return self.give(share)
        new = {**_about(share), "created_at": now}
        self._connection.execute(
            update(shares)
            .where(shares.c.share_id == share_id, own(self._connection, shares))
            .values({**new, "sources": sorted(share.sources)})
        )
        self._connection.execute(
            everywhere(
                update(received_models).where(received_models.c.share_id == share_id).values({**new, **_content(share)})
            )
        )
        return ShareRepository(self._connection).get(share_id, side=SharingSide.GIVEN)

    def accept(self, share_id: str) -> SharedModel:
        """Let the workspace's answers use what it has received; once accepted, it stays as it is.

        Raises:
            NotFoundError: If the workspace has not received it.
            ConflictError: If answers use `MAX_USED` under the same key already.
        """
        repository = ShareRepository(self._connection)
        found = repository.get(share_id, side=SharingSide.RECEIVED)
        if found.is_accepted:
            return found
        mine = own(self._connection, received_models)
        lock = select(received_models).where(received_models.c.share_id == share_id, mine).with_for_update()
        row = self._connection.execute(lock).mappings().one()
        if len(repository.in_use(ModelKey.of_row(row))) >= MAX_USED:
            raise ConflictError(
                f"answers use {MAX_USED} shared models of this search space and metric already; end one first",
                field="share_id",
                value=share_id,
                limit=f"{MAX_USED} models",
            )
        accepted = {"accepted_at": database_now(self._connection)}
        self._connection.execute(
            update(received_models).where(received_models.c.share_id == share_id, mine).values(accepted)
        )
        self._connection.execute(everywhere(update(shares).where(shares.c.share_id == share_id).values(accepted)))
        return repository.get(share_id, side=SharingSide.RECEIVED)

    def end(self, share_id: str) -> SharedModel:
        """Revoke what was given, or give back what was received: nothing is answered from it any more.

        Raises:
            NotFoundError: If the workspace has no part in such a share.
        """
        found = ShareRepository(self._connection).get(share_id)
        self._delete([share_id])
        return found

    def end_learned_from(self, content_keys: Collection[str]) -> int:
        """Revoke what the workspace has given that was learned from search spaces, some of whose trials are deleted.

        Returns:
            How many there were.
        """
        query = select(shares.c.share_id, shares.c.sources).where(own(self._connection, shares))
        touched = [row.share_id for row in self._connection.execute(query) if set(row.sources) & set(content_keys)]
        self._delete(touched)
        return len(touched)

    def _delete(self, share_ids: Collection[str]) -> None:
        for table in (received_models, shares):
            self._connection.execute(everywhere(delete(table).where(table.c.share_id.in_(share_ids))))


def end_all_of(connection: Connection, workspace: Workspace) -> None:
    """End all shares in which a workspace has a part, since it is deleted."""
    given = select(shares.c.share_id).where(shares.c[COLUMN] == workspace.seq)
    connection.execute(everywhere(delete(received_models).where(received_models.c.share_id.in_(given))))
    connection.execute(everywhere(delete(shares).where(shares.c.to_seq == workspace.seq)))


def _about(share: NewShare) -> dict[str, Any]:
    return {**share.key.columns(), "search_space_name": share.search_space_name}


def _content(share: NewShare) -> Mapping[str, object]:
    return {"content": share.content, "digest": hashlib.sha256(share.content).hexdigest()}
