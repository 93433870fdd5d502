"""Whether an Optuna study still is the one that the service stores, or a copy that went on by itself."""

from collections.abc import Sequence

from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import list_trials
from warmtune.vocabulary.distributions import same_value
from warmtune.vocabulary.page import every_item
from warmtune.vocabulary.trial import Trial, TrialState

PAGE_SIZE = 500


def stored_trials(connection: Connection, study_id: str) -> dict[int, Trial]:
    """The finished trials of a service's study, by number."""
    trials = every_item(lambda cursor: connection.send(list_trials(study_id, limit=PAGE_SIZE, cursor=cursor)))
    return {trial.number: trial for trial in trials if trial.state.is_finished}


def first_different(batch: Sequence[Trial], stored: dict[int, Trial]) -> Trial | None:
    """The first trial that the service stores under its number as another one."""
    return next((t for t in batch if t.number in stored and not _is_same(t, stored[t.number])), None)


def _is_same(left: Trial, right: Trial) -> bool:
    """Whether two are one evaluation.

    Durations don't count: a trial that was sent while it ended took a little longer by the storage's clock than by the
    sender's.
    """
    if TrialState.FAIL in (left.state, right.state) and TrialState.COMPLETE in (left.state, right.state):
        return left.configuration == right.configuration  # infeasible trials were sent as failed ones once
    return (
        left.state is right.state
        and left.value == right.value
        and left.values == right.values
        and set(left.configuration) == set(right.configuration)
        and all(same_value(value, right.configuration[name]) for name, value in left.configuration.items())
    )
