"""One call of the API as a value: what to send and how to read the answer. Nothing here does I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from warmtune.vocabulary.dataset import TableUpload
from warmtune.vocabulary.history import HistoryUpload

JSON = "application/json"
BYTES = "application/octet-stream"

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Call(Generic[ResultT]):
    """A request and the reading of its answer.

    Every call may be repeated: GET, PUT and DELETE by nature, POST because it carries one `Idempotency-Key` for all its
    attempts.

    Attributes:
        method: GET, PUT, POST or DELETE.
        path: Below the service's address, already quoted.
        read: Turns the bytes of a successful answer into a value.
        body: What to send, or None.
        query: Query parameters.
        upload: A table or a history to stream along; `body` then travels as the form field ``request``.
        content_type: The body's media type.
    """

    method: str
    path: str
    read: Callable[[bytes], ResultT]
    body: bytes | None = None
    query: Mapping[str, str | int | Sequence[str]] = field(default_factory=dict)
    upload: TableUpload | HistoryUpload | None = None
    content_type: str = JSON
