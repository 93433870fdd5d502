"""What the page of shared models shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.api_keys.ring import Caller
from service.api_keys.usecases import list_keys
from service.services import Services
from store.audit import AuditRepository
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.shares import ShareRepository
from warmtune.vocabulary.shared_model import SharedModel, SharingSide

_SHOWN: Final = PageRequest(limit=100)
_KEYS: Final = PageRequest(limit=500)


@dataclass(frozen=True, slots=True)
class Sharing:
    """One share, and by which key the workspace gave or accepted it.

    Attributes:
        share: Itself.
        key_id: Of the key; None if the trail no longer holds it, or the share isn't accepted yet.
        key_name: What the key is for; None where it is none of the workspace's.
    """

    share: SharedModel
    key_id: str | None
    key_name: str | None


@dataclass(frozen=True, slots=True)
class SharingView:
    """The newest shares of a workspace, and what it may give.

    Attributes:
        workspace: Its own name.
        given: What others use, or may accept.
        received: What others offer, or its answers use.
        space_names: Registered search spaces.
    """

    workspace: str
    given: tuple[Sharing, ...]
    received: tuple[Sharing, ...]
    space_names: tuple[str, ...]

    @property
    def n_waiting(self) -> int:
        """Offered shares that aren't accepted yet."""
        return sum(not one.share.is_accepted for one in self.received)


def view_sharing(services: Services, caller: Caller) -> SharingView:
    """Both ends of what the viewer's workspace shares, newest first."""
    key_names = {key.key_id: key.name for key in list_keys(services, caller, _KEYS).items}
    with services.database.reading() as connection:
        shares, trail = ShareRepository(connection), AuditRepository(connection)
        sides = {
            side: tuple(_sharing(one, trail, key_names) for one in shares.page(_SHOWN, side=side).items)
            for side in SharingSide
        }
        names = SearchSpaceRepository(connection).registered_names()
    return SharingView(caller.workspace.name, sides[SharingSide.GIVEN], sides[SharingSide.RECEIVED], names)


def _sharing(share: SharedModel, trail: AuditRepository, key_names: Mapping[str, str]) -> Sharing:
    """With the key of the workspace's own that did its part; the other end's keys are not its business."""
    at = share.created_at if share.side is SharingSide.GIVEN else share.accepted_at
    key_id = None if at is None else trail.writer_of(share.share_id, at=at)
    return Sharing(share, key_id, key_names.get(key_id or ""))
