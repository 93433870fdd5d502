"""Reporting while a study runs."""

import logging
import time
from collections.abc import Callable

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.report import report
from warmtune.rest.connection import Connection
from warmtune.vocabulary.errors import WarmtuneError

PAUSE_AFTER_FAILURE_S = 30.0

_logger = logging.getLogger(__name__)


class Reporter:
    """A callback for `study.optimize` that reports while the study runs, and never stops it.

    Failures are logged, once until it works again; what could not be sent goes with a later report. So call
    `Client.report` at the end. Threads may share one (``n_jobs``).
    """

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            connection: To the service.
            clock: Seconds; after a failure nothing is tried for `PAUSE_AFTER_FAILURE_S`, so that a service that is
                down doesn't slow the study.
        """
        self._connection = connection
        self._clock = clock
        self._lock = ProcessLock()
        self._paused_until = -float("inf")
        self._failing = False
        self._has_skipped = False

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Report what has finished; `trial` is the latest of it."""
        with self._lock:
            if self._clock() < self._paused_until:
                return
            try:
                sent = report(self._connection, study)
            except WarmtuneError as error:
                self._failed(trial, error)
            except Exception as error:  # noqa: BLE001  # a study never dies of Warmtune
                self._failed(trial, error, with_traceback=True)
            else:
                self._failing = False
                self._tell(sent.warning)

    def _failed(self, trial: FrozenTrial, error: Exception, *, with_traceback: bool = False) -> None:
        if not self._failing:
            traceback = error if with_traceback else None
            _logger.warning("trial %d is not reported yet: %s", trial.number, error, exc_info=traceback)
        self._failing = True
        self._paused_until = self._clock() + PAUSE_AFTER_FAILURE_S

    def _tell(self, warning: str | None) -> None:
        if warning is not None and not self._has_skipped:
            self._has_skipped = True
            _logger.warning("%s", warning)
