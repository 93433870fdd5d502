"""Reporting a trial at the moment it ends."""

import copy
from collections.abc import Sequence
from datetime import datetime

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.advice import AdviceClient
from warmtune.optuna.link import Link
from warmtune.optuna.memory import recall
from warmtune.optuna.report import Report, report
from warmtune.optuna.stored_study import joined_study
from warmtune.optuna.whole_study import all_trials
from warmtune.vocabulary.errors import NotFoundError


def ended(study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> FrozenTrial:
    """The trial as its storage will have it, which informs samplers of the end before it is written down."""
    ending = copy.deepcopy(trial)
    # the fallback may have written constraints since Optuna took the trial from its storage
    stored = next((t for t in all_trials(study, [TrialState.RUNNING]) if t.number == trial.number), None)
    if stored is not None:
        ending.system_attrs = dict(stored.system_attrs)
    ending.state = state
    ending.values = values
    ending.datetime_complete = datetime.now()
    return ending


def report_ending(link: Link, advisor: AdviceClient, study: Study, ending: FrozenTrial | None) -> Report | None:
    """Send what has finished, `ending` included; register the study with the service before if need be.

    Returns:
        The outcome, or None if the trial's parameters aren't known yet.

    Raises:
        ConflictError: If the study is remembered for another task or metric.
        WarmtuneError: What goes wrong at the service or on the way; nothing is lost then.
    """
    conflict = advisor.mismatch(study)
    if conflict is not None:
        raise conflict
    if recall(study) is None and not _join(link, advisor, study, ending):
        return None
    try:
        return report(link.connection, study, ending=ending)
    except NotFoundError:  # the service was set up anew
        advisor.forget()
        _join(link, advisor, study, ending)
        return report(link.connection, study, ending=ending)


def _join(link: Link, advisor: AdviceClient, study: Study, ending: FrozenTrial | None) -> bool:
    """Whether the study is known well enough to be registered."""
    subject, asked = advisor.subject(study, ending), advisor.asked_subject(study)
    memory = recall(study)
    if memory is not None:
        subject, asked = memory.subject, memory.begun_with
    if subject is None:
        return False
    joined_study(link.connection, study, subject, begun_with=asked)
    return True
