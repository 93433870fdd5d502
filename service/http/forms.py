"""The typed body of a route that takes a form with a file, or JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.http.route import ApiRequest
from service.http.uploads import ReceivedForm
from service.http.validation import InvalidRequestError, error_of

BodyT = TypeVar("BodyT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came along: where it is spooled and what the client calls it."""

    path: Path
    filename: str


def uploaded_file(request: Request) -> UploadedFile | None:
    """The file of a form, or None where the request is JSON.

    Raises:
        InvalidRequestError: On a form without a file.
    """
    form = getattr(request.state, "form", None)
    if not isinstance(form, ReceivedForm):
        return None
    if form.file is None:
        raise InvalidRequestError("the form has no part 'file'", field="file")
    return UploadedFile(form.file, form.filename or "")


def read_body(request: Request, model: type[BodyT]) -> BodyT:
    """The request's JSON (of the body, or of the form's part ``request``) as a model.

    Raises:
        InvalidRequestError: Naming the field that is wrong.
    """
    parsed = request.parsed if isinstance(request, ApiRequest) else None
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        raise error_of(error.errors(), parsed) from error
