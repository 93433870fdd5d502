"""Records refused writes in the background, and deletes old entries."""

import queue
import threading
import time
from datetime import timedelta
from typing import Final, TypeAlias

import structlog

from store.audit import AuditRepository, PendingEntry
from store.connections.database import Database
from store.key_usage import KeyUsageRepository
from warmtune.vocabulary.errors import WarmtuneError

_MAX_WAITING: Final = 10_000
_MAX_TOGETHER: Final = 500
_SWEEP_EVERY_S: Final = 3_600.0
_Refusal: TypeAlias = tuple[PendingEntry, int, str]


class AuditTrail:
    """Records refused writes in the background, many in one transaction; threads may share it.

    What was done is noted by the transaction that does it. A refusal has none: it is lost if the service is killed
    within the moment, or counted in the log where more come than can be written.
    """

    def __init__(self, database: Database, *, keep_days: int) -> None:
        """Start no thread yet.

        Args:
            database: Bound to no workspace.
            keep_days: Older rows are dropped.
        """
        self._database = database
        self._keep = timedelta(days=keep_days)
        self._waiting: queue.Queue[_Refusal | None] = queue.Queue(_MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="warmtune-audit", daemon=True)

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    def refuse(self, entry: PendingEntry, *, status: int, code: str) -> None:
        """Record a refused write."""
        try:
            self._waiting.put_nowait((entry, status, code))
        except queue.Full:
            structlog.get_logger().warning("audit_full", caller=entry.caller, route=entry.route, status=status)

    def close(self, timeout_s: float) -> None:
        """Write the remaining entries and stop."""
        try:
            self._waiting.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        swept = float("-inf")
        while True:
            if time.monotonic() - swept > _SWEEP_EVERY_S:
                self._sweep()
                swept = time.monotonic()
            try:
                first = self._waiting.get(timeout=_SWEEP_EVERY_S)
            except queue.Empty:
                continue
            if first is None:
                return
            is_over = self._write(first)
            if is_over:
                return

    def _write(self, first: _Refusal) -> bool:
        """Write a refusal and those queued behind it; returns whether the stop signal was among them."""
        refusals, is_over = [first], False
        while len(refusals) < _MAX_TOGETHER and not is_over:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                break
            if following is None:
                is_over = True
            else:
                refusals.append(following)
        try:
            with self._database.bookkeeping() as connection:
                for entry, status, code in refusals:
                    AuditRepository(connection).add(entry, status=status, code=code)
        except WarmtuneError as error:
            structlog.get_logger().warning("audit_unwritten", n=len(refusals), detail=error.message)
        return is_over

    def _sweep(self) -> None:
        try:
            with self._database.bookkeeping() as connection:
                dropped = AuditRepository(connection).drop_older(self._keep)
                KeyUsageRepository(connection).drop_old()
        except WarmtuneError as error:
            structlog.get_logger().warning("audit_not_swept", detail=error.message)
            return
        if dropped:
            structlog.get_logger().info("audit_dropped", n=dropped)
