"""The typed body of a route: a dependency that reads, parses and validates it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.http.problems import MalformedRequestError
from service.http.requests import api_request
from service.http.strict_json import parse_json
from service.http.validation import InvalidRequestError, error_of
from service.services import services_of

BodyT = TypeVar("BodyT", bound=BaseModel)
ColumnsT = TypeVar("ColumnsT")


@dataclass(frozen=True)  # FastAPI looks at the signature of an instance's class
class JsonBody(Generic[BodyT]):
    """Reads a JSON object as a model: ``Annotated[StudyBody, Depends(JsonBody(StudyBody))]``.

    Attributes:
        model: Its class.
        is_needed: Whether the body may not be missing; else a missing one is an empty object.
    """

    model: type[BodyT]
    is_needed: bool = True

    async def __call__(self, request: Request) -> BodyT:
        """The request's body.

        Raises:
            WarmtuneError: Naming the field that is wrong.
        """
        body = await api_request(request).json_bytes()
        if not body and self.is_needed:
            raise InvalidRequestError("body: this field is needed", field="body")
        return await services_of(request).readers.run(len(body), lambda: self._read(body))

    def _read(self, body: bytes) -> BodyT:
        return validated(self.model, parse_json(body) if body else {})


@dataclass(frozen=True)
class JsonBatch(Generic[BodyT, ColumnsT]):
    """Reads a JSON list as models, one after the other: the first mistake ends it.

    Attributes:
        model: Of an item.
        max_items: One is needed at least, so many are taken.
        by_columns: Reads a batch as a whole, where that is as good; None where it has to be read item by item.
    """

    model: type[BodyT]
    max_items: int
    by_columns: Callable[[Sequence[object]], ColumnsT | None]

    async def __call__(self, request: Request) -> list[BodyT] | ColumnsT:
        """The request's body.

        Raises:
            WarmtuneError: Naming the item and the field that is wrong.
        """
        body = await api_request(request).json_bytes()
        return await services_of(request).readers.run(len(body), lambda: self._read(body))

    def _read(self, body: bytes) -> list[BodyT] | ColumnsT:
        parsed = parse_json(body) if body else None
        if not isinstance(parsed, list):
            raise InvalidRequestError("body: input should be a list", field="body", limit="a list")
        if not 1 <= len(parsed) <= self.max_items:
            raise InvalidRequestError(
                f"body: a batch has 1 to {self.max_items} items",
                field="body",
                value=len(parsed),
                limit=f"1 to {self.max_items}",
            )
        columns = self.by_columns(parsed)
        return validated_items(self.model, parsed) if columns is None else columns


def validated_items(model: type[BodyT], parsed: Sequence[object]) -> list[BodyT]:
    """A parsed batch as models; see `validated`."""
    return [validated(model, item, among=parsed, index=index) for index, item in enumerate(parsed)]


def validated(model: type[BodyT], parsed: object, *, among: Sequence[object] | None = None, index: int = 0) -> BodyT:
    """A parsed value as a model.

    Args:
        model: Its class.
        parsed: As JSON has it.
        among: The batch that it is an item of, if it is.
        index: Where it stands there.

    Raises:
        WarmtuneError: Naming the field that is wrong.
    """
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        before: tuple[str | int, ...] = ("body",) if among is None else ("body", index)
        complaints: list[Mapping[str, object]] = [
            {**complaint, "loc": (*before, *complaint["loc"])} for complaint in error.errors(include_url=False)
        ]
        raise error_of(complaints, parsed if among is None else among) from error
    except RecursionError as error:
        raise MalformedRequestError("the JSON is nested too deeply", field="body") from error
