"""Routes of API keys, for callers with the scope admin."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status

from service.api_keys import usecases
from service.api_keys.callers import UsesCaller
from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.route import SecretRoute
from service.services import UsesServices
from warmtune.wire.api_keys import KeyPage, KeyResponse, NewKeyRequest, NewKeyResponse

AskedKey = Annotated[NewKeyRequest, Depends(JsonBody(NewKeyRequest))]

router = APIRouter(prefix="/v1/keys", tags=["Keys"], route_class=SecretRoute)


@router.post(
    "",
    operation_id="make_key",
    summary="Create an API key",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 403, 404, 413, 415, 422),
)
def make_key(services: UsesServices, caller: UsesCaller, body: AskedKey) -> NewKeyResponse:
    """Create a key; only this answer contains the secret. From the first one on, every request needs a key."""
    key, made = usecases.make_key(services, caller, body)
    return NewKeyResponse.from_domain(key, made)


@router.get("", operation_id="list_keys", summary="List API keys", responses=problems(422))
def list_keys(services: UsesServices, caller: UsesCaller, page: AskedPage) -> KeyPage:
    """Keys without their secrets, newest first, revoked and expired ones too."""
    found = usecases.list_keys(services, caller, page)
    return KeyPage.from_domain(found)


@router.delete("/{key_id}", operation_id="revoke_key", summary="Revoke an API key", responses=problems(404))
def revoke_key(
    services: UsesServices, caller: UsesCaller, key_id: Annotated[str, Path(description="A key")]
) -> KeyResponse:
    """Revoke a key for good: at once here, within seconds at other services on the database.

    Jobs that it queued and that haven't begun are cancelled; those that have begun go on.
    """
    return KeyResponse.from_domain(usecases.revoke_key(services, caller, key_id))
