"""A POST that is repeated under the same Idempotency-Key gets the first one's answer."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.http.requests import ApiRequest
from service.services import Services, services_of
from store.kept_answers import KeptAnswer, KeptAnswerRepository
from warmtune.vocabulary.errors import ConflictError, InvalidInputError

HEADER = "header.idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class ReusedKeyError(InvalidInputError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


async def answer_once(
    request: ApiRequest, key: str, digest: str, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The kept answer, or a new one that is kept if it is a success: a failure may be tried again.

    Raises:
        InvalidInputError: On an unusable key, or one that was used for another request.
        ConflictError: If the same request is under way right now.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInputError("an Idempotency-Key is 1 to 200 printable ASCII characters", field=HEADER, value=key)
    caller = request.headers.get("authorization", "") + request.headers.get("x-api-key", "")
    key_digest = hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()
    services = services_of(request)
    with services.keys_under_way.hold(key_digest) as is_first:
        if not is_first:
            raise ConflictError("a request with this Idempotency-Key is under way", field=HEADER, value=key)
        kept = await run_in_threadpool(_find, services, key_digest)
        if kept is not None:
            if kept.request_digest != digest:
                raise ReusedKeyError(
                    "this Idempotency-Key was used for another request; make a new one", field=HEADER, value=key
                )
            replay = Response(kept.body, status_code=kept.status, media_type=kept.media_type)
            replay.headers["Idempotency-Replayed"] = "true"
            return replay
        request.idempotency_digest = key_digest
        response = await answer()
        await run_in_threadpool(_keep, services, key_digest, digest, response)
        return response


def _repository_options(services: Services) -> tuple[timedelta, int]:
    return timedelta(hours=services.settings.idempotency_hours), services.settings.idempotency_answers


def _find(services: Services, key_digest: str) -> KeptAnswer | None:
    max_age, max_kept = _repository_options(services)
    with services.database.reading() as connection:
        return KeptAnswerRepository(connection, max_age=max_age, max_kept=max_kept).find(key_digest)


def _keep(services: Services, key_digest: str, digest: str, response: Response) -> None:
    body = bytes(response.body)
    if not 200 <= response.status_code < 300 or len(body) > services.settings.idempotency_answer_bytes:
        return
    max_age, max_kept = _repository_options(services)
    answer = KeptAnswer(digest, response.status_code, response.media_type or "application/json", body)
    with services.database.writing() as connection:
        KeptAnswerRepository(connection, max_age=max_age, max_kept=max_kept).keep(key_digest, answer)
