"""Reading the service's answers: bytes of the API, version 1, into values."""

from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

from warmtune.wire.system import StatusResponse

_LENGTH_BYTES: Final = 8
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
    """Check that the answer says nothing.

    Raises:
        ValueError: If it says something: a login page or another service did not do what was asked.
    """
    if content:
        raise ValueError(f"an empty answer was due, not {content[:40]!r}")


def read_parameters(content: bytes) -> bytes:
    """The bytes of a safetensors file, which begins with the length of the JSON object that comes next.

    Raises:
        ValueError: If it is none, such as a login page.
    """
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    if not content[_LENGTH_BYTES:].startswith(b"{") or length > len(content) - _LENGTH_BYTES:
        raise ValueError("it is no safetensors file")
    return content
