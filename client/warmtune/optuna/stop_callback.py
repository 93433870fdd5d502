"""Ending a study when further trials are no longer worth their time."""

import logging

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.memory import recall
from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.report import report
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.recommendations import suggestions
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.recommendation import ExpectedGain

_logger = logging.getLogger(__name__)


class StopWhenNotWorth:
    """A callback for `study.optimize`: it ends the study when the next trial's expected gain is below what it is worth.

    ```python
    study.optimize(objective, n_trials=100, callbacks=[warmtune.optuna.StopWhenNotWorth(0.001)])
    ```

    The expected gain is the expected improvement of the next suggestion on the best value so far, times the share of
    such promises that comes true, in the metric's own units. With a `WarmtuneSampler` it comes with the suggestion that
    the next trial takes, so that nothing is asked twice. Any other sampler needs a `client`, and a study that was
    warm-started: its trials are reported, and the gain is that of what the service would suggest. If the gain isn't
    known, the study continues.

    Threads (``n_jobs``) may share one.
    """

    def __init__(self, min_gain: float, *, patience: int = 3, client: Connection | None = None) -> None:
        """Prepare.

        Args:
            min_gain: What a trial must be expected to add, above 0, in the metric's own units.
            patience: After so many finished trials in a row with an expected gain below `min_gain` the study ends.
            client: For studies whose sampler isn't a `WarmtuneSampler`.

        Raises:
            InvalidInputError: If one of them is of another type or out of range.
        """
        if not is_finite_number(min_gain) or not min_gain > 0:
            raise InvalidInputError(
                "min_gain must be a finite number above 0", field="min_gain", value=min_gain, limit="> 0"
            )
        if not is_integer(patience) or patience < 1:
            raise InvalidInputError(
                "patience must be a number of trials", field="patience", value=patience, limit=">= 1"
            )
        if client is not None and not isinstance(client, Connection):
            raise InvalidInputError(
                "client must be a warmtune.Client", field="client", value=client, limit="a warmtune.Client or None"
            )
        self._min_gain = float(min_gain)
        self._patience = int(patience)
        self._client = client
        self._lock = ProcessLock()
        self._n_below: dict[str, int] = {}
        self._has_failed = False

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Ask what the next trial may add, and end the study if that was too little for long enough."""
        with self._lock:
            gain = self._gain(study)
            if gain is None:
                return
            below = 1 + self._n_below.get(study.study_name, 0) if gain.mean < self._min_gain else 0
            self._n_below[study.study_name] = below
            if below < self._patience:
                return
        _logger.info(
            "after trial %d the next one is expected to add %.3g (90 %% interval %.3g to %.3g), less than %.3g: "
            "the study ends",
            trial.number,
            gain.mean,
            gain.low,
            gain.high,
            self._min_gain,
        )
        study.stop()

    def _gain(self, study: Study) -> ExpectedGain | None:
        """What the next trial may add, or None where nobody can say: a study never dies of Warmtune."""
        if self._client is None:
            if isinstance(study.sampler, WarmtuneSampler):
                return study.sampler.expected_gain(study)
            raise InvalidInputError(
                "the study's sampler is not a WarmtuneSampler: pass the client that the study was warm-started with",
                field="client",
                value=type(study.sampler).__name__,
                limit="a warmtune.Client",
            )
        try:
            is_known = recall(study) is not None
            sent = report(self._client, study) if is_known else None
            answer = None if sent is None else self._client.send(suggestions(sent.study_id, n=1))
        except WarmtuneError as error:
            self._failed(error)
            return None
        except Exception as error:  # noqa: BLE001  # see above
            self._failed(error, with_traceback=True)
            return None
        if answer is None:
            raise InvalidInputError("the study was not warm-started, so its task is not known", field="study")
        self._has_failed = False
        return answer.configurations[0].expected_gain if answer.configurations else None

    def _failed(self, error: Exception, *, with_traceback: bool = False) -> None:
        if not self._has_failed:
            self._has_failed = True
            traceback = error if with_traceback else None
            _logger.warning("the next trial's gain is not known, the study goes on: %s", error, exc_info=traceback)
