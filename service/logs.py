"""Logs: one JSON object a line, on stdout, with the request's identifier."""

import logging
import sys
from typing import TextIO, cast

import optuna.logging
import structlog

from service.log_sink import LogSink


def set_up_logs(level: str) -> None:
    """Send the service's own and the server's log lines the same way; called once, when serving begins."""
    sink = LogSink(sys.stdout.fileno())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, sink)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.getLevelNamesMapping()[level], logging.INFO))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = name != "uvicorn.access"  # the access layer says more
    optuna.logging.disable_default_handler()  # it writes plain text
    optuna.logging.enable_propagation()
    for name in ("alembic", "numba", "httpx", "optuna"):
        logging.getLogger(name).setLevel(logging.WARNING)


def to_the_log(level: str, event: str, said: dict[str, object]) -> None:
    """Write a line of a library's, as `service.library_lines` gives it."""
    log = structlog.get_logger()
    (log.error if level == "error" else log.warning)(event, **said)
