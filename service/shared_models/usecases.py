"""Letting another workspace use a learned model, and using what others let one use."""

from service.api_keys.ring import Caller
from service.search_spaces.objective_keys import key_of
from service.search_spaces.requested_space import requested_spaces
from service.services import Services
from store.audit import name_object
from store.connections.scope import workspace_of
from store.histories import own_task_ids
from store.pages import PageRequest
from store.revisions import revisions_beside
from store.share_transfers import NewShare, ShareTransferRepository
from store.shares import ShareRepository
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.errors import ConflictError
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.shared_model import SharedModel, SharingSide
from warmtune.wire.shared_models import NewSharedModelRequest


def give(services: Services, caller: Caller, asked: NewSharedModelRequest) -> SharedModel:
    """Let another workspace use what was learned from this one's own tasks, as it is now, once it accepts.

    Raises:
        NotFoundError: If there is no such search space; or workspace, where the caller may list them.
        InvalidInputError: If too few tasks of the workspace's own have trials.
        ConflictError: If the receiver is the workspace itself, or trials came in or were deleted meanwhile.
        LimitExceededError: If too many models are shared already.
    """
    from metamodel.answers.shared_maps import share_maps  # noqa: PLC0415  # scipy, when first needed

    found = requested_spaces(services, asked.search_space).for_kind(asked.kind)
    key = key_of(found.space, asked.kind, metric=asked.metric, direction=asked.direction)
    with services.database.reading() as connection:
        if caller.is_operator:
            WorkspaceRepository(connection).get(asked.workspace)
        before, own = revisions_beside(connection, key), own_task_ids(connection, key)
        secret = workspace_of(connection).secret
    learned = services.models.current(key, found.space)
    share = NewShare(
        to_name=asked.workspace,
        key=key,
        search_space_name=found.name,
        sources=tuple(learned.sources),
        content=share_maps(learned.model, own, secret=secret).to_bytes(),
    )
    with services.database.writing() as connection:
        after = revisions_beside(connection, key)
        if any(before.get(source) != after.get(source) for source in learned.sources):
            raise ConflictError(
                "trials were added or deleted while the model was made; share it again", field="search_space"
            )
        given = ShareTransferRepository(connection).give(share)
        name_object(given.share_id)
    return given


def list_shared_models(services: Services, page: PageRequest, *, side: SharingSide) -> Page[SharedModel]:
    """What the workspace has given, or received, newest first."""
    with services.database.reading() as connection:
        return ShareRepository(connection).page(page, side=side)


def accept(services: Services, share_id: str) -> SharedModel:
    """Let the workspace's answers use what it has received.

    Raises:
        NotFoundError: If it has received no such model.
        ConflictError: If answers under its key use as many as they may.
    """
    with services.database.writing() as connection:
        return ShareTransferRepository(connection).accept(share_id)


def end(services: Services, share_id: str) -> None:
    """Revoke what was given, or give back what was received: no question from now on is answered from it.

    Raises:
        NotFoundError: If the workspace has no part in such a share.
    """
    with services.database.writing() as connection:
        ShareTransferRepository(connection).end(share_id)
