"""Statements as spans of traces, without their parameters."""

from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from warmtune.vocabulary.spans import Span, is_traced, span

_SYSTEMS: Final = {"sqlite": "sqlite", "postgresql": "postgresql"}
_ATTRIBUTE: Final = "warmtune_span"


def trace_statements(engine: Engine) -> None:
    """Make each statement of an engine a span while tracing is on."""

    @event.listens_for(engine, "before_cursor_execute")
    def begin(
        connection: Connection, _cursor: object, statement: str, _parameters: object, context: Any, _many: bool
    ) -> None:
        if not is_traced() or context is None:
            return
        operation = statement.lstrip().partition(" ")[0].upper()[:16]
        attributes = {
            "db.system.name": _SYSTEMS.get(connection.dialect.name, connection.dialect.name),
            "db.operation.name": operation,
            "db.query.text": statement,
        }
        under_way: AbstractContextManager[Span] = span(operation, attributes)
        under_way.__enter__()
        setattr(context, _ATTRIBUTE, under_way)

    @event.listens_for(engine, "after_cursor_execute")
    def end(
        _connection: Connection, _cursor: object, _statement: str, _parameters: object, context: Any, _many: bool
    ) -> None:
        if hasattr(context, _ATTRIBUTE):
            _close(context, None)

    @event.listens_for(engine, "handle_error")
    def fail(context: ExceptionContext) -> None:
        _close(context.execution_context, context.original_exception)


def _close(context: Any, error: BaseException | None) -> None:
    under_way: AbstractContextManager[Span] | None = getattr(context, _ATTRIBUTE, None)
    if under_way is None:
        return
    delattr(context, _ATTRIBUTE)
    try:
        under_way.__exit__(None if error is None else type(error), error, None)
    except BaseException as raised:
        if raised is not error:  # what passes through a span comes out of it; the driver's error goes its own way
            raise
