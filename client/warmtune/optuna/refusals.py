"""What becomes of a trial that Optuna has made before a sampler could refuse the study."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.vocabulary.errors import WarmtuneError

_logger = logging.getLogger(__name__)


@contextmanager
def refused_trial_waits(study: Study, trial: FrozenTrial) -> Iterator[None]:
    """Let a trial whose sampler refuses its study wait, as an enqueued one does: it would be running for ever.

    The next sampler takes it as it takes an enqueued trial, which it may have been: no configuration is lost, and
    nothing is reported as a failure.
    """
    try:
        yield
    except WarmtuneError:
        try:  # Optuna has no public call for this; its storages take it, and what else they are is others' business
            study._storage.set_trial_state_values(trial._trial_id, state=TrialState.WAITING)
        except Exception:
            _logger.debug("trial %d stays running: its storage lets it not wait", trial.number, exc_info=True)
        raise
