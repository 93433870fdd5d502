"""What a sampler reports of its studies, and what it warns of once."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.advice import AdviceClient
from warmtune.optuna.interrupts import DELAY_S, interrupt_soon
from warmtune.optuna.late_report import LateReport
from warmtune.optuna.link import Link
from warmtune.optuna.report import Report, names_hint
from warmtune.optuna.trial_end import ended, report_ending
from warmtune.vocabulary.errors import ServiceError, StudyStorageError, WarmtuneError

_logger = logging.getLogger(__name__)


class TrialReports:
    """Reports trials as they end; nothing that goes wrong reaches the study.

    Not safe to share between threads without a lock. Copies report for themselves: what waits in one isn't in them.
    """

    def __init__(self, link: Link, advisor: AdviceClient, *, is_on: bool) -> None:
        """Report nothing yet.

        Args:
            link: To the service.
            advisor: That the trials' configurations come from.
            is_on: Whether anything is reported at all; warnings are given in either case.
        """
        self._link = link
        self._advisor = advisor
        self._is_on = is_on
        self._has_warned_of_skipped = False
        self._has_warned_of_names = False
        self._quiet_until = -float("inf")
        self._late = LateReport()

    def __getstate__(self) -> dict[str, object]:
        """Everything but what waits here."""
        return {name: value for name, value in vars(self).items() if name != "_late"}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._quiet_until = -float("inf")
        self._late = LateReport()

    def trial_ended(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        *,
        values: Sequence[float] | None,
        later: Callable[[Study], None],
    ) -> None:
        """Report what has finished, this trial included; several at once where trials are quick.

        Args:
            study: Of the trial.
            trial: As Optuna hands it to a sampler when it has ended.
            state: How it ended.
            values: Of the objectives, or None.
            later: Calls `all_ended` for a study under the caller's lock, from another thread.
        """
        self._warn_of_names(trial)
        if not self._is_on or self._link.is_paused:
            return
        is_quiet = time.monotonic() < self._quiet_until
        if is_quiet or (state is TrialState.COMPLETE and self._advisor.is_quick(study) and self._late.may_wait(study)):
            self._put_off(study, later)
            return
        if self._send(lambda: report_ending(self._link, self._advisor, study, ended(study, trial, state, values))):
            self._late.sent(study)
        else:
            self._put_off(study, later)

    def all_ended(self, study: Study) -> None:
        """Report what has finished according to the study's storage."""
        if self._is_on and not self._link.is_paused:
            self._send(lambda: report_ending(self._link, self._advisor, study, None))

    def _put_off(self, study: Study, later: Callable[[Study], None]) -> None:
        self._link.connection.before_closing(self._late.flush)
        self._late.put_off(study, later)

    def _send(self, send: Callable[[], Report | None]) -> bool:
        """Whether it came to an end; an interrupt in between leaves what was on its way for a later report."""
        try:
            sent = send()
        except KeyboardInterrupt:
            self._quiet_until = time.monotonic() + 2.0 * DELAY_S
            interrupt_soon()
            return False
        except (ServiceError, StudyStorageError) as error:
            self._link.failed(error)
        except WarmtuneError as error:
            self._is_on = False
            _logger.warning("trials are not reported: %s", error)
        except Exception as error:  # noqa: BLE001  # a study never dies of Warmtune
            self._link.failed(error)
        else:
            self._link.succeeded()
            warning = None if sent is None else sent.warning
            if warning is not None and not self._has_warned_of_skipped:
                self._has_warned_of_skipped = True
                _logger.warning("%s", warning)
        return True

    def _warn_of_names(self, trial: FrozenTrial) -> None:
        """Warn once where the search space has nothing of what the objective asks for."""
        space = self._advisor.space
        if self._has_warned_of_names or space is None or not trial.params:
            return
        self._has_warned_of_names = True
        if not set(trial.params) & set(space.parameters):
            self._has_warned_of_skipped = True  # for the same reason
            _logger.warning("trial %d: %s", trial.number, names_hint(list(trial.params), space))
