"""A process that runs jobs and serves no requests; any number of them share the queue of a database."""

if __name__ == "__main__":  # what the imports below make is no garbage, and looking through it takes a sixth of a start
    import gc

    gc.disable()

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from learning.models.cache import ModelCache
from service.database_start import open_database
from service.garbage_collection import pause_collection, resume_collection
from service.imports.readers import HistoryReaders
from service.job_kinds import job_kinds
from service.jobs.runner import JobRunner
from service.library_lines import write_all, written_by
from service.logs import set_up_logs, to_the_log
from service.measures import Measures
from service.server import limit_math_threads, read_settings
from service.settings import Settings
from service.telemetry.traces import exported_traces
from warmtune.vocabulary.errors import WarmtuneError


def work(settings: Settings | None = None, *, stop: threading.Event | None = None) -> None:
    """Run jobs until SIGINT or SIGTERM; running ones then go back into the queue.

    Args:
        settings: By default read from the environment; `run_jobs` is about services only.
        stop: Ends the work like a signal once it is set.

    Raises:
        UnavailableError: If the database can't be reached, or can't be written to.
        StorageFullError: If it has no room.
        ServiceError: If a newer version of Warmtune wrote it.
    """
    chosen = (settings or Settings()).model_copy(update={"run_jobs": True})
    stopping = stop or threading.Event()
    pause_collection()
    try:
        limit_math_threads(chosen.math_threads)
        set_up_logs(chosen.log_level)
        with _set_by_signals(stopping), exported_traces(chosen.telemetry), written_by(to_the_log):
            _work(chosen, stopping)
    finally:
        resume_collection()


def _work(settings: Settings, stopping: threading.Event) -> None:
    database = open_database(settings)
    measures = Measures()
    models = ModelCache(
        database,
        on_fit=measures.count_fit,
        max_models=settings.max_models,
        rules=settings.learning_rules,
    )
    readers = HistoryReaders(settings)
    runner = JobRunner(database, job_kinds(database, models, settings, readers), settings, measures=measures)
    log = structlog.get_logger()
    try:
        # before the first job, which may begin at once
        log.info("working", database=database.shown_url, job_workers=settings.job_workers)
        runner.start()
        if settings.warm_up:
            readers.prepare()
        resume_collection()
        stopping.wait()
        log.info("stopping")
        is_idle = runner.close(settings.shutdown_timeout_s)
        readers.close()
        models.close()
    finally:
        database.close()
    log.info("stopped")
    if not is_idle and threading.current_thread() is threading.main_thread():
        sys.stdout.flush()
        os._exit(0)  # a thread in the middle of a computation: its job was handed over, and nobody waits for it


@contextmanager
def _set_by_signals(stopping: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler: Callable[[int, FrameType | None], None] = lambda _number, _frame: stopping.set()  # noqa: E731  # its type is said
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def main() -> None:
    """Entry of ``python -m service.worker``."""
    set_up_logs("INFO")
    write_all(to_the_log)
    try:
        work(read_settings())
    except (WarmtuneError, ValueError, OSError) as error:
        structlog.get_logger().error("not_started", detail=str(error), code=getattr(error, "code", None))
        sys.exit(1)


if __name__ == "__main__":
    main()
