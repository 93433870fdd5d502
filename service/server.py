"""Serving: from settings to a listening socket, until it is asked to stop."""

if __name__ == "__main__":  # what the imports below make is no garbage, and looking through it takes a sixth of a start
    import gc

    gc.disable()

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from service.app import create_app
from service.connections import ACCEPTED_AT_ONCE, ConnectionRoom, bounded_protocol, connection_limit
from service.database_start import open_database
from service.exposure import check_exposure, check_keys, needs_stored_keys
from service.garbage_collection import pause_collection, resume_collection
from service.library_lines import write_all, written_by
from service.logs import set_up_logs, to_the_log
from service.services import Services
from service.settings import Settings
from service.telemetry.traces import exported_traces
from service.thread_turns import short_turns
from store.api_keys import ApiKeyRepository
from store.stored_keys import has_stored_keys
from warmtune.vocabulary.errors import ServiceError, WarmtuneError

_BACKLOG: Final = 1_024
_STOP_WORK_AT: Final = 0.7
"""Of the time for a stop: then work that is under way is asked to end, so that its clients get an answer."""
_MATH_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    settings: Settings | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; requests being handled are answered first.

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one, which the log line ``listening`` names.
        settings: By default read from the environment.
        announce: Called with the address once it is listened on.

    Raises:
        OSError: If the address can't be listened on.
        InvalidInputError: If it would be open to others without protection, or a key protects nothing.
        ServiceError: If it could not start, for instance since the database does not answer.
    """
    chosen = settings or Settings()
    pause_collection()
    try:
        with short_turns(), exported_traces(chosen.telemetry), written_by(to_the_log):
            _serve(host, port, chosen, announce)
    finally:
        resume_collection()


def _serve(host: str, port: int, chosen: Settings, announce: Callable[[str], None] | None) -> None:
    limit_math_threads(chosen.math_threads)
    set_up_logs(chosen.log_level)
    check_keys(chosen)
    if needs_stored_keys(host, chosen):  # looked for before anything is made, migrated or listened on
        found = has_stored_keys(chosen.database_url, timeout_s=chosen.database_timeout_s)
        check_exposure(host, chosen, has_stored_keys=found is not False)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # said to be TCP: for nothing less does asyncio send small answers at once
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # before the database is opened: a second start on the same port must not migrate it under the first one
        listener.bind((host, port))
        _listen(listener, host, chosen, announce)


def _listen(listener: socket.socket, host: str, chosen: Settings, announce: Callable[[str], None] | None) -> None:
    database = open_database(chosen)
    with database.reading() as connection:  # once more: it may not have been readable before
        check_exposure(host, chosen, has_stored_keys=ApiKeyRepository(connection).were_made())
    app = create_app(chosen, database)
    room = ConnectionRoom(connection_limit(chosen.max_connections), unread_bytes=chosen.max_unread_bytes)
    config = uvicorn.Config(
        app,
        http=bounded_protocol(room),
        host=host,
        port=listener.getsockname()[1],
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=max(1, round(chosen.shutdown_timeout_s)),
        lifespan="on",
    )
    address = f"[{host}]" if ":" in host else host
    server = _Server(config, app, url=f"http://{address}:{config.port}", announce=announce)
    with _stopped_by_signals():
        server.run(sockets=[listener])
    if not server.started:
        raise ServiceError("the service could not start; its log says why")


def limit_math_threads(n_threads: int) -> None:
    """Set the number of threads of numerical libraries, unless the environment does.

    Requests and jobs share the cores already, and their matrices are small: with a thread for each core they wait for
    each other, on a busy machine twenty times as long.
    """
    if not any(name in os.environ for name in _MATH_THREADS):
        threadpool_limits(n_threads)  # what is imported already
        os.environ |= dict.fromkeys(_MATH_THREADS, str(n_threads))  # what will be looks here then


def read_settings() -> Settings:
    """The settings that the environment gives.

    Raises:
        ValueError: In a line, naming each variable that is wrong and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"WARMTUNE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise ValueError("; ".join(wrong)) from error


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the serving, not the process: uvicorn raises them once more when it is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Serving has ended already."""


class _Server(uvicorn.Server):
    """Logs its address once it listens, and stops within a time limit."""

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, *, url: str, announce: Callable[[str], None] | None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._url = url
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        resume_collection()
        for listener in sockets or []:
            listener.listen(_BACKLOG)  # those that wait in the kernel; so many more than are accepted at once
        if not self.should_exit:
            structlog.get_logger().info("listening", url=self._url)
            if self._announce is not None:
                self._announce(self._url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let jobs leave off at once, and requests when most of the time is over; then stop."""
        services = getattr(self._app.state, "services", None)
        if isinstance(services, Services):
            services.jobs.interrupt()
            timeout_s = self.config.timeout_graceful_shutdown or 1
            asyncio.get_running_loop().call_later(_STOP_WORK_AT * timeout_s, services.running_work.stop)
        await super().shutdown(sockets=sockets)
        if isinstance(services, Services) and services.running_work.n_unfinished:
            self._leave(services.running_work.n_unfinished)

    def _leave(self, n_unfinished: int) -> None:
        """End the process although threads are at work: their requests were answered, and a loop can't end before."""
        if threading.current_thread() is not threading.main_thread():
            return
        structlog.get_logger().warning("left_unfinished", n_requests=n_unfinished)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def main() -> None:
    """Entry of ``python -m service.server``: address from WARMTUNE_HOST and WARMTUNE_PORT."""
    set_up_logs("INFO")
    write_all(to_the_log)
    try:
        settings = read_settings()
        serve(settings.host, settings.port, settings=settings)
    except (WarmtuneError, ValueError, OSError) as error:
        structlog.get_logger().error("not_started", detail=str(error), code=getattr(error, "code", None))
        sys.exit(1)


if __name__ == "__main__":
    main()
