"""A study's values as its pages read them: once, until a trial comes in or moves on."""

from collections.abc import Hashable

from service.services import Services
from store.connections.database import Connection
from store.revisions import revision_of
from store.studies import StoredStudy
from store.study_tables import TrialValue, trial_values, unfinished_totals

_FEW = 2_000
"""So many are read anew each time: that takes less than to remember them is worth."""


def state_of(connection: Connection, study: StoredStudy) -> Hashable:
    """What changes whenever one of the study's trials does."""
    revisions = tuple(revision_of(connection, key) for key in study.keys)
    unfinished = unfinished_totals(connection, study)
    return study.study_id, study.seq, study.created_at, study.n_trials, study.key, revisions, unfinished


def values_of_study(services: Services, connection: Connection, study: StoredStudy) -> tuple[TrialValue, ...]:
    """All trials of a study without their configurations, by number."""
    if study.n_trials <= _FEW:
        return trial_values(connection, study)
    key = (trial_values, state_of(connection, study))
    return services.values_cache.get(key, lambda: trial_values(connection, study))
