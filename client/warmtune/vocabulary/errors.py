"""The one error family of Warmtune.

```text
WarmtuneError
├── InvalidInputError (ValueError)          the input is invalid: field, value and limit say how
│   ├── InvalidTableError                   the dataset
│   ├── InvalidSearchSpaceError             the search space
│   ├── InvalidConfigurationError           a configuration that its search space refuses
│   └── LimitExceededError                  larger than a documented limit
├── NotFoundError (LookupError)             no such task, study, search space, model or job
├── ConflictError                           in conflict with stored data: other content, a used name
├── UnauthorizedError (PermissionError)     no API key, or an unknown one
│   └── ForbiddenError                      the key may not do this, or another site's page may not
├── MissingExtraError (ImportError)         an optional part of Warmtune is not installed
├── StudyStorageError                       the storage of the Optuna study failed
└── ServiceError                            the service answered with a failure of its own
    ├── StorageFullError                    its disk or database is full
    └── UnavailableError (ConnectionError)  the service could not be reached in time
        └── RateLimitError                  a limit of the API key is reached
```

Errors know neither HTTP nor SQL. Every one carries a stable `code`, and, where it applies, the `field` that is
wrong as a dotted path, the offending `value` (shortened) and the `limit` it breaks.
"""

from collections.abc import Iterator
from typing import Final, Self

_MAX_SHOWN = 120
_MAX_DEPTH = 20


def shown(value: object) -> str:
    """Render a value for a message: its repr, cut to a readable length.

    Whatever the size or depth of lists, mappings and texts, no more is looked at than is shown.
    """
    text = ""
    for piece in _pieces(value, _MAX_DEPTH):
        text += piece
        if len(text) > _MAX_SHOWN:
            return f"{text[: _MAX_SHOWN - 1]}…"
    return text


def _pieces(value: object, depth: int) -> Iterator[str]:
    """The repr of a value, piece by piece."""
    if isinstance(value, (str, bytes)):
        yield repr(value[: _MAX_SHOWN + 1])
    elif type(value) not in (list, tuple, dict):
        yield repr(value)
    elif depth == 0:
        yield "…"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield ", " if index else ""
            yield from _pieces(key, depth - 1)
            yield ": "
            yield from _pieces(item, depth - 1)
        yield "}"
    elif isinstance(value, (list, tuple)):
        yield "[" if isinstance(value, list) else "("
        for index, item in enumerate(value):
            yield ", " if index else ""
            yield from _pieces(item, depth - 1)
        is_single = isinstance(value, tuple) and len(value) == 1
        yield "]" if isinstance(value, list) else (",)" if is_single else ")")


class WarmtuneError(Exception):
    """Base of everything Warmtune raises on purpose.

    Attributes:
        code: Stable, machine-readable name of the failure.
        message: What is wrong and what to do, in a sentence.
        field: Dotted path of the offending input, or None.
        value: The offending value, shortened for display, or None.
        limit: The limit that was broken, in words, or None.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        limit: object = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = None if value is None else shown(value)
        self.limit = None if limit is None else str(limit)
        if code is not None:
            self.code = code

    def placed(self, field: str | None, message: str | None = None) -> Self:
        """The same error with another field, and with another message if one is given."""
        return self.restored(message or self.message, field=field, value=self.value, limit=self.limit, code=self.code)

    @classmethod
    def restored(
        cls, message: str, *, field: str | None, value: str | None, limit: str | None, code: str | None
    ) -> Self:
        """An error from its parts, with a value that is already shortened."""
        error = cls(message, field=field, limit=limit, code=code)
        error.value = value
        return error


class InvalidInputError(WarmtuneError, ValueError):
    """The input is invalid."""

    code = "invalid_input"


class InvalidTableError(InvalidInputError):
    """The dataset can't be described: empty, no target, ragged, undecodable."""

    code = "invalid_table"


class InvalidSearchSpaceError(InvalidInputError):
    """The search space contradicts itself or Optuna's rules."""

    code = "invalid_search_space"


class InvalidConfigurationError(InvalidInputError):
    """The configuration is not one that its search space contains."""

    code = "invalid_configuration"


class LimitExceededError(InvalidInputError):
    """A size is above its documented limit."""

    code = "limit_exceeded"


class NotFoundError(WarmtuneError, LookupError):
    """The named object does not exist."""

    code = "not_found"


class ConflictError(WarmtuneError):
    """The request is in conflict with stored data."""

    code = "conflict"


class UnauthorizedError(WarmtuneError, PermissionError):
    """No API key was sent, or an unknown one."""

    code = "unauthorized"


class ForbiddenError(UnauthorizedError):
    """The key lacks the scope for this call, or the request comes from another site's page."""

    code = "forbidden"


class MissingExtraError(WarmtuneError, ImportError):
    """An optional part of Warmtune is not installed here; the message says how to get it."""

    code = "missing_extra"


class StudyStorageError(WarmtuneError):
    """The storage of an Optuna study could not be read or written."""

    code = "study_storage_error"


class ServiceError(WarmtuneError):
    """The service failed on its own side."""

    code = "service_error"


class StorageFullError(ServiceError):
    """The service's disk or database is full; nothing of the request is stored."""

    code = "storage_full"


class UnavailableError(ServiceError, ConnectionError):
    """The service could not be reached in time."""

    code = "unavailable"


class RateLimitError(UnavailableError):
    """A limit of the API key is reached.

    Attributes:
        retry_after_s: Seconds to wait before the next request, or None if not stated.
    """

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        limit: object = None,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, field=field, value=value, limit=limit, code=code)
        self.retry_after_s = retry_after_s


NAMED_ERRORS: Final[tuple[type[WarmtuneError], ...]] = (
    InvalidTableError,
    InvalidSearchSpaceError,
    InvalidConfigurationError,
    LimitExceededError,
    InvalidInputError,
    NotFoundError,
    ConflictError,
    ForbiddenError,
    UnauthorizedError,
    RateLimitError,
    UnavailableError,
    StorageFullError,
    ServiceError,
)
"""The classes that an error keeps on its way to another process: a class before the one that it derives from."""
