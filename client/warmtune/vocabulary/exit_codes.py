"""Errors on the command line: one clear line, or JSON, and an exit code that scripts can rely on."""

import functools
import json
import sys
from collections.abc import Callable
from enum import IntEnum

from warmtune.vocabulary.errors import (
    ConflictError,
    InvalidInputError,
    MissingExtraError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    WarmtuneError,
)
from warmtune.vocabulary.text import inert, inert_json


class ExitCode(IntEnum):
    """What the command's exit status says; documented in ``docs/cli.md``."""

    SERVICE_FAILED = 1
    INVALID_INPUT = 2
    UNAVAILABLE = 3
    NOT_FOUND = 4
    UNAUTHORIZED = 5
    CONFLICT = 6
    NOT_INSTALLED = 7
    PARTLY_REFUSED = 8


_EXIT_CODES: tuple[tuple[type[WarmtuneError], ExitCode], ...] = (
    (InvalidInputError, ExitCode.INVALID_INPUT),
    (UnavailableError, ExitCode.UNAVAILABLE),
    (NotFoundError, ExitCode.NOT_FOUND),
    (UnauthorizedError, ExitCode.UNAUTHORIZED),
    (ConflictError, ExitCode.CONFLICT),
    (MissingExtraError, ExitCode.NOT_INSTALLED),
)


def exit_code(error: WarmtuneError) -> ExitCode:
    """The exit status for an error."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.SERVICE_FAILED)


def error_line(error: WarmtuneError) -> str:
    """An error in one line: what is wrong, then where, what was given and what is allowed."""
    parts = (("field", error.field), ("value", error.value), ("limit", error.limit))
    where = ", ".join(f"{name}: {text}" for name, text in parts if text)
    line = f"{error.message} ({where})" if where else error.message
    return inert(" ".join(line.split()))


def error_json(error: WarmtuneError) -> str:
    """An error as one line of JSON."""
    body = {
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "value": error.value,
        "limit": error.limit,
        "exit_code": int(exit_code(error)),
    }
    return inert_json(json.dumps({"error": body}, ensure_ascii=False))


def exiting(command: Callable[..., None]) -> Callable[..., None]:
    """The command with errors of the family printed to stderr, in its own ``--format``, and turned into exit codes."""

    @functools.wraps(command)
    def run(**options: object) -> None:
        try:
            command(**options)
        except WarmtuneError as error:
            is_json = options.get("output_format") == "json"
            sys.stderr.write((error_json(error) if is_json else f"warmtune: {error_line(error)}") + "\n")
            raise SystemExit(int(exit_code(error))) from error

    return run
