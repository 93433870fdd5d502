"""Whether a stored answer is still true: what it made, or was about, may have been deleted since."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from service.services import Services
from store.connections.database import Connection
from store.shares import ShareRepository
from store.stored_answers import StoredAnswer
from store.studies import StudyRepository
from store.tasks import TaskRepository
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.errors import ConflictError, NotFoundError

_Look = Callable[[Connection, str], object]

_ABOUT: Final[Mapping[str, _Look]] = {
    "study_id": lambda connection, name: StudyRepository(connection).get(name),
    "share_id": lambda connection, name: ShareRepository(connection).get(name),
}
"""Looks by what an address names; those of other names have nothing that can be deleted, or nothing worth a look."""
_MADE: Final[Mapping[str, tuple[str, _Look]]] = {
    "/v1/studies": ("study_id", _ABOUT["study_id"]),
    "/v1/tasks": ("task_id", lambda connection, name: TaskRepository(connection).get(name)),
    "/v1/shared-models": ("share_id", _ABOUT["share_id"]),
    "/v1/workspaces": ("name", lambda connection, name: WorkspaceRepository(connection).get(name)),
}
"""By route: the field of its answer that names what it made."""


def check_still_there(services: Services, route: str, named: Mapping[str, object], answer: StoredAnswer) -> None:
    """Return if what a stored answer says is still there.

    Args:
        services: Of the caller's workspace.
        route: The template of the address.
        named: What the address names.
        answer: To a request of the same content.

    Raises:
        NotFoundError: If what the address names is gone: as without an Idempotency-Key.
        ConflictError: If what the request made has been deleted: it is neither there nor made again.
    """
    looks = [(look, str(named[name])) for name, look in _ABOUT.items() if name in named]
    field, look_for_made = _MADE.get(route, ("", None))
    if not looks and look_for_made is None:
        return
    with services.database.reading() as connection:
        for look, name in looks:
            look(connection, name)
        if look_for_made is None:
            return
        made = str(json.loads(answer.body)[field])
        try:
            look_for_made(connection, made)
        except NotFoundError as error:
            raise ConflictError(
                "what this request made has been deleted; to make it again, send a new Idempotency-Key",
                field="header.idempotency-key",
                value=made,
                code="made_and_deleted",
            ) from error
