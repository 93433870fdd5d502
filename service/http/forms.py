"""The typed body of a route that takes a form with a file, or JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from service.api_keys.request_caller import upload_limit
from service.http.json_bodies import validated
from service.http.requests import api_request
from service.http.strict_json import parse_json
from service.http.validation import InvalidRequestError
from service.services import Services, own_services_of, services_of
from store.key_usage import KeyUsageRepository

FormT = TypeVar("FormT", bound=BaseModel)
JsonT = TypeVar("JsonT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An uploaded file: the path of its spool file, and the client's name for it."""

    path: Path
    filename: str


@dataclass(frozen=True, slots=True)
class Upload(Generic[FormT]):
    """A file with its form fields."""

    file: UploadedFile
    asked: FormT


@dataclass(frozen=True)  # FastAPI looks at the signature of an instance's class
class UploadOrJson(Generic[FormT, JsonT]):
    """Reads a form with the parts ``file`` and ``request`` as an upload, or JSON as a model.

    Attributes:
        form_model: Of the part ``request``.
        json_model: Of a JSON body.
    """

    form_model: type[FormT]
    json_model: type[JsonT]

    async def __call__(self, request: Request) -> Upload[FormT] | JsonT:
        """The request's body.

        Raises:
            WarmtuneError: Naming the field that is wrong.
        """
        asked, services = api_request(request), services_of(request)
        if asked.is_form:
            return await _received(request, self.form_model)
        body = await asked.json_bytes()
        return await services.readers.run(
            len(body), lambda: validated(self.json_model, parse_json(body) if body else None)
        )


@dataclass(frozen=True)  # FastAPI looks at the signature of an instance's class
class UploadOnly(Generic[FormT]):
    """Reads a form with the parts ``file`` and ``request`` as an upload.

    Attributes:
        form_model: Of the part ``request``.
        file_description: What the file may be, for the documentation.
    """

    form_model: type[FormT]
    file_description: str

    async def __call__(self, request: Request) -> Upload[FormT]:
        """The request's body.

        Raises:
            WarmtuneError: Naming the field that is wrong.
        """
        if not api_request(request).is_form:
            raise InvalidRequestError("the file must be the part 'file' of a form", field="file")
        return await _received(request, self.form_model)


async def _received(request: Request, form_model: type[FormT]) -> Upload[FormT]:
    """The file of a form, with the validated part ``request``."""
    asked, services = api_request(request), services_of(request)
    form = await asked.received_form(spool=services.spool, max_field_bytes=services.settings.max_json_bytes)
    if form.file is not None:
        await count_upload(await own_services_of(request), form.file)
    text = form.fields.get("request", b"{}")
    if form.file is None:
        raise InvalidRequestError("the form has no part 'file'", field="file")
    said = await services.readers.run(len(text), lambda: validated(form_model, parse_json(text, field="request")))
    return Upload(UploadedFile(form.file, form.filename or ""), said)


async def count_upload(services: Services, file: Path) -> None:
    """As `count_bytes`, of a file that was received; without a limit nothing is looked up."""
    if upload_limit() is not None:
        await run_in_threadpool(lambda: count_bytes(services, file.stat().st_size))


def count_bytes(services: Services, n_bytes: int) -> None:
    """Count what was received against what the acting key may upload a day.

    Raises:
        RateLimitError: If it is more than the key may.
    """
    limited = upload_limit()
    if limited is not None:
        key_id, limit = limited
        with services.database.bookkeeping() as connection:
            KeyUsageRepository(connection).use_upload(key_id, n_bytes, limit=limit)
