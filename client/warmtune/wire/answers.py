"""Reading the service's answers: bytes of the API, version 1, into values."""

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

from warmtune.wire.system import StatusResponse

ValueT_co = TypeVar("ValueT_co", covariant=True)


class ReadableBody(Protocol[ValueT_co]):
    """A body of an answer, which knows its value."""

    @classmethod
    def model_validate_json(cls, json_data: bytes, /) -> Self:
        """The body; raises ValueError on other bytes."""
        ...

    def to_domain(self) -> ValueT_co:
        """The value."""
        ...


def reader(body: type[ReadableBody[ValueT_co]]) -> Callable[[bytes], ValueT_co]:
    """A function from an answer's bytes to a value; it raises ValueError on anything but such a body."""
    return lambda content: body.model_validate_json(content).to_domain()


def read_status(content: bytes) -> None:
    """Check that the answer is that of a Warmtune service.

    Raises:
        ValueError: If it is anything else.
    """
    StatusResponse.model_validate_json(content)


def read_nothing(content: bytes) -> None:
    """Take any successful answer as it is."""
