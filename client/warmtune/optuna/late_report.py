"""Reports that are put off for a moment, so that quick trials go in one request."""

import threading
import time
from collections.abc import Callable
from typing import Final

from optuna.study import Study

from warmtune.optuna.process_lock import ProcessLock

WAIT_S: Final = 0.5
"""So long after the last trial whose report was put off, it is sent anyway."""
LONGEST_WAIT_S: Final = 1.0
"""No report is put off for longer than this, however many trials follow."""


class LateReport:
    """Sends what was put off once no further trial comes; a process that ends waits for it.

    Threads may share one. It holds the study only as long as something waits.
    """

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._lock = ProcessLock()
        self._waiting: dict[str, tuple[Study, Callable[[Study], None]]] = {}
        self._since: dict[str, float] = {}
        self._latest = 0.0
        self._thread: threading.Thread | None = None

    def may_wait(self, study: Study) -> bool:
        """Whether the report of a further trial may still be put off, for all that waits of the study already."""
        with self._lock:
            since = self._since.get(study.study_name)
            return since is None or time.monotonic() - since < LONGEST_WAIT_S

    def put_off(self, study: Study, send: Callable[[Study], None]) -> None:
        """Call `send` for the study, from another thread, unless `sent` is called before.

        Args:
            study: Whose trials are to be reported.
            send: Reports all of them that have finished; it must not raise.
        """
        with self._lock:
            self._waiting[study.study_name] = study, send
            self._latest = time.monotonic()
            self._since.setdefault(study.study_name, self._latest)
            if self._thread is None or not self._thread.is_alive():  # a forked process has the object, not the thread
                self._thread = threading.Thread(target=self._wait, name="warmtune-report", daemon=False)
                self._thread.start()

    def sent(self, study: Study) -> None:
        """Note that nothing of the study waits any more."""
        with self._lock:
            self._waiting.pop(study.study_name, None)
            self._since.pop(study.study_name, None)

    def flush(self) -> None:
        """Send at once what waits."""
        with self._lock:
            due, self._waiting, self._since = list(self._waiting.values()), {}, {}
        for study, send in due:
            send(study)

    def _wait(self) -> None:
        while True:
            with self._lock:
                left_s = self._latest + WAIT_S - time.monotonic()
                if left_s <= 0.0 or not self._waiting:
                    self._thread = None
                    break
            time.sleep(left_s)
        self.flush()
