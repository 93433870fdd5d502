"""API keys, for callers whose own has the scope ``admin``."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.api_key import ApiKey, KeyLimits, Scope
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.workspace import MadeKey
from warmtune.wire.answers import reader
from warmtune.wire.api_keys import KeyPage, KeyResponse, NewKeyRequest, NewKeyResponse
from warmtune.wire.bodies import built, sent


def create_key(
    name: str,
    *,
    owner: str,
    scope: Scope | str = Scope.WRITE,
    workspace: str | None = None,
    expires_in_days: int | None = None,
    limits: KeyLimits | None = None,
) -> Call[MadeKey]:
    """Make an API key; it is answered here and never again.

    Args:
        name: What it is for.
        owner: Who has it.
        scope: ``read``, ``write`` or ``admin``.
        workspace: Whose tasks, studies and models it is about; by default those of the caller's own.
        expires_in_days: Then it is not taken any more; by default never.
        limits: How much it may ask for; by default what the service's settings say.

    Raises:
        ForbiddenError: If the caller's key is no admin's, or another workspace is not its to administer.
        NotFoundError: If there is no such workspace.
    """
    most = limits or KeyLimits()
    body = built(
        NewKeyRequest,
        name=name,
        owner=owner,
        scope=scope,
        workspace=workspace,
        expires_in_days=expires_in_days,
        requests_per_minute=most.requests_per_minute,
        trials_per_day=most.trials_per_day,
        upload_bytes_per_day=most.upload_bytes_per_day,
        max_jobs=most.max_jobs,
    )
    return Call("POST", "/v1/keys", reader(NewKeyResponse), body=sent(body))


def list_keys(*, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[ApiKey]]:
    """A page of keys without their secrets, newest first; revoked and expired ones too.

    Args:
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", "/v1/keys", reader(KeyPage), query=query(limit=limit, cursor=cursor))


def revoke_key(key_id: str) -> Call[ApiKey]:
    """Revoke a key for good: at once at this service, within seconds at others on its database.

    Args:
        key_id: Such as ``wt_3f9a1c0b``.

    Raises:
        NotFoundError: If the caller administers no such key.
    """
    return Call("DELETE", f"/v1/keys/{quoted(key_id, 'key_id')}", reader(KeyResponse))
