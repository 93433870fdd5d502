"""A few child processes that describe uploads; started when first needed, replaced when killed."""

import threading
import time
from pathlib import Path

import structlog

from metafeatures.limits import TableLimits
from service.description.ends import error_of
from service.description.messages import Described, DescribeRequest, read_answer
from service.description.process import ChildEndedError, ChildTimeoutError, DescriberProcess
from service.measures import Measures
from service.settings import Settings
from warmtune.vocabulary.dataset import NO_HINTS, TableHints
from warmtune.vocabulary.errors import LimitExceededError, UnavailableError, WarmtuneError
from warmtune.vocabulary.spans import span
from warmtune.vocabulary.work import check_wanted

_LOOK_UP_S = 0.2


class DescriberPool:
    """Describes files in child processes with a timeout and a cap on memory; threads may share it."""

    def __init__(self, settings: Settings, *, measures: Measures, scratch: Path) -> None:
        self._settings = settings
        self._measures = measures
        self._scratch = scratch
        self._limits = TableLimits(
            max_rows=settings.max_table_rows,
            max_columns=settings.max_table_columns,
            max_cells=settings.max_table_cells,
            max_bytes=settings.max_table_bytes,
            max_classes=settings.max_classes,
        )
        self._free_slots = threading.Semaphore(settings.describe_workers)
        self._lock = threading.Lock()
        self._idle: list[DescriberProcess] = []
        self._busy: set[DescriberProcess] = set()
        self._n_waiting = 0
        self._is_closed = False

    def describe(self, path: Path, target: str, *, hints: TableHints = NO_HINTS) -> Described:
        """Describe a file.

        Raises:
            InvalidTableError: On a table that can't be described; and what else describing it raises.
            LimitExceededError: If it takes too long or needs too much memory.
            UnavailableError: If too many uploads are waiting already, or the service is stopping.
        """
        with span("describe", {"warmtune.file_bytes": path.stat().st_size}):
            return self._describe(path, target, hints)

    def _describe(self, path: Path, target: str, hints: TableHints) -> Described:
        request = DescribeRequest(path, target, hints, self._settings.describe_timeout_s, self._limits)
        self._wait_for_slot()
        started = time.perf_counter()
        outcome = "failed"
        try:
            answer = self._ask(request)
            outcome = "described"
            return answer
        except WarmtuneError:
            outcome = "refused"
            raise
        finally:
            self._free_slots.release()
            self._measures.count_description(outcome, time.perf_counter() - started)

    def warm_up(self) -> None:
        """Start a child before the first upload needs one."""
        self._give_back(self._take())

    def close(self) -> None:
        """End all children, busy ones too."""
        with self._lock:
            self._is_closed = True
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            child.kill()

    def _wait_for_slot(self) -> None:
        with self._lock:
            if self._n_waiting >= self._settings.describe_queue:
                raise UnavailableError("too many uploads are waiting; try again in a moment", code="busy")
            self._n_waiting += 1
        try:
            deadline = time.monotonic() + self._settings.describe_timeout_s
            while not self._free_slots.acquire(timeout=_LOOK_UP_S):
                check_wanted()
                if time.monotonic() > deadline:
                    raise UnavailableError("uploads before yours took too long; try again in a moment", code="busy")
        finally:
            with self._lock:
                self._n_waiting -= 1

    def _ask(self, request: DescribeRequest) -> Described:
        child = self._take()
        was_used = child.was_used
        try:
            line = child.ask(request.to_line(), timeout_s=request.timeout_s)
        except ChildTimeoutError as error:
            self._discard(child)
            raise LimitExceededError(
                "describing the table takes longer than is allowed; send fewer rows or columns",
                field="file",
                limit=f"{request.timeout_s:g} s",
            ) from error
        except ChildEndedError as error:
            self._discard(child)
            if self._is_closed:
                raise UnavailableError("the service is stopping") from error
            structlog.get_logger().warning("describer_ended", pid=child.pid, status=error.status)
            if was_used:  # what it had done before, or somebody else, may be to blame: a fresh one tells
                return self._ask(request)
            memory_bytes = self._settings.describe_memory_bytes
            raise error_of(error.status, error.last_words, memory_bytes=memory_bytes) from error
        except BaseException:
            self._discard(child)
            raise
        self._give_back(child)
        return read_answer(line)

    def _take(self) -> DescriberProcess:
        with self._lock:
            if self._is_closed:
                raise UnavailableError("the service is stopping")
            while self._idle and not self._idle[-1].is_alive:  # killed while idle: nobody's upload is to blame
                dead = self._idle.pop()
                structlog.get_logger().warning("idle_describer_ended", pid=dead.pid)
                dead.kill()
            if self._idle:
                child = self._idle.pop()
            else:
                child = DescriberProcess(memory_bytes=self._settings.describe_memory_bytes, scratch=self._scratch)
            self._busy.add(child)
            return child

    def _give_back(self, child: DescriberProcess) -> None:
        with self._lock:
            self._busy.discard(child)
            if not self._is_closed:
                self._idle.append(child)

    def _discard(self, child: DescriberProcess) -> None:
        with self._lock:
            self._busy.discard(child)
        child.kill()
