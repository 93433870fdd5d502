"""A POST that is repeated under the same Idempotency-Key gets the first one's answer."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.http.guards import given_key
from service.http.replays import check_still_there
from service.http.requests import ApiRequest
from service.jobs.owners import is_gone
from service.services import Services, own_services_of
from store.claims import ClaimRepository
from store.connections.database import Connection
from store.stored_answers import StoredAnswer, StoredAnswerRepository
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, ServiceError

_LEASE_BEYOND_S = 30.0
"""Beyond the longest answer: by then a service of another machine that had claimed a key is dead."""
HEADER = "header.idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class ReusedKeyError(InvalidInputError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


async def answer_once(
    request: ApiRequest,
    key: str,
    digest: str,
    answer: Callable[[], Awaitable[Response]],
    *,
    route: str,
    keeps: bool = True,
) -> Response:
    """The stored answer, or a new one that is stored if it is a success: a failure may be tried again.

    Args:
        request: A POST.
        key: Its Idempotency-Key.
        digest: Of its content.
        answer: Answers it.
        route: The template of its address.
        keeps: Whether the answer may be stored; one that holds a secret may not.

    Raises:
        InvalidInputError: On an unusable key, or one that was used for another request.
        ConflictError: If the same request is being handled, or what it made was deleted since.
        NotFoundError: If what its address names was deleted since.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInputError("an Idempotency-Key is 1 to 200 printable ASCII characters", field=HEADER, value=key)
    key_digest = hashlib.sha256(f"Bearer {given_key(request.headers)}\n{key}".encode()).hexdigest()
    keys = _Keys(await own_services_of(request), key_digest)
    stored = await run_in_threadpool(keys.claim)
    if stored is not None:
        if stored.request_digest != digest:
            raise ReusedKeyError(
                "this Idempotency-Key was used for another request; make a new one", field=HEADER, value=key
            )
        await run_in_threadpool(check_still_there, keys.services, route, request.path_params, stored)
        replay = Response(stored.body, status_code=stored.status, media_type=stored.media_type)
        replay.headers["Idempotency-Replayed"] = "true"
        return replay
    request.idempotency_digest = key_digest
    try:
        response = await answer()
    except BaseException:
        await run_in_threadpool(keys.release)
        raise
    if keeps:
        await run_in_threadpool(keys.keep, digest, response)
    else:
        await run_in_threadpool(keys.release)
    return response


class _Keys:
    """One key in the database, which all services share."""

    def __init__(self, services: Services, key_digest: str) -> None:
        self.services = services
        self._key_digest = key_digest

    def claim(self) -> StoredAnswer | None:
        """The stored answer, or None: then the key is claimed.

        Raises:
            ConflictError: If the same request is being handled.
        """
        owner = self.services.owner
        lease = timedelta(seconds=self.services.settings.request_timeout_s + _LEASE_BEYOND_S)
        with self.services.database.bookkeeping() as connection:
            answers, claims = self._answers(connection), ClaimRepository(connection)
            stored = answers.find(self._key_digest)
            if stored is not None:
                return stored
            if claims.claim(self._key_digest, owner, lease=lease, is_gone=lambda other: is_gone(other, by=owner)):
                stored = answers.find(self._key_digest)  # the claim may have waited for the one that stored it
                if stored is not None:
                    claims.release(self._key_digest, owner)
                return stored
        raise ConflictError("a request with this Idempotency-Key is under way", field=HEADER)

    def keep(self, digest: str, response: Response) -> None:
        """Store a successful answer, unless it is too large, and release the key."""
        body = bytes(response.body)
        is_stored = 200 <= response.status_code < 300 and len(body) <= self.services.settings.idempotency_answer_bytes
        with self.services.database.bookkeeping() as connection:
            if is_stored:
                media_type = response.media_type or "application/json"
                answer = StoredAnswer(digest, response.status_code, media_type, body)
                self._answers(connection).keep(self._key_digest, answer)
            ClaimRepository(connection).release(self._key_digest, self.services.owner)

    def release(self) -> None:
        """Release the key after a failure; where the database is unavailable, the claim expires."""
        try:
            with self.services.database.bookkeeping() as connection:
                ClaimRepository(connection).release(self._key_digest, self.services.owner)
        except ServiceError as error:
            structlog.get_logger().warning("claim_left", detail=error.message)

    def _answers(self, connection: Connection) -> StoredAnswerRepository:
        settings = self.services.settings
        return StoredAnswerRepository(
            connection, max_age=timedelta(hours=settings.idempotency_hours), max_stored=settings.idempotency_answers
        )
