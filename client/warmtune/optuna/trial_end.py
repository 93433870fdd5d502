"""Reporting a trial at the moment it ends."""

import copy
import logging
import math
from collections.abc import Sequence
from datetime import datetime

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.advice import AdviceClient
from warmtune.optuna.finished_trials import finished_with
from warmtune.optuna.fitting_space import n_taken
from warmtune.optuna.link import Link
from warmtune.optuna.memory import recall, reported_trials
from warmtune.optuna.report import Report, report
from warmtune.optuna.stored_study import begun_study, joined_study
from warmtune.optuna.whole_study import all_trials
from warmtune.vocabulary.errors import NotFoundError

_logger = logging.getLogger(__name__)


def ended(study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> FrozenTrial:
    """The trial as its storage will have it, which tells samplers of the end before it is written down."""
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

    Where trials don't fit the search space that the study was registered with, since its first trials asked for other
    parameters, all are reported as a study over one that takes more of them.

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
        sent = report(link.connection, study, ending=ending)
    except NotFoundError:  # the service was set up anew
        advisor.forget()
        _join(link, advisor, study, ending)
        sent = report(link.connection, study, ending=ending)
    if _are_many_more(study, sent) and _is_begun_wider(link, advisor, study, ending):
        return report(link.connection, study, ending=ending)
    return sent


def _are_many_more(study: Study, sent: Report) -> bool:
    """Whether skipped trials have become a fifth more: looking through all trials for each would take long."""
    n = reported_trials(study, sent.study_id).n_skipped
    before = n - len(sent.skipped)
    return n > before and (before <= 0 or _generation(n) > _generation(before))


def _generation(n: int) -> int:
    return int(math.log(n) / math.log(1.2))


def _is_begun_wider(link: Link, advisor: AdviceClient, study: Study, ending: FrozenTrial | None) -> bool:
    """Whether another search space takes more of the trials; the study then begins at the service under that one."""
    memory, subject = recall(study), advisor.subject(study, ending)
    if memory is None or subject is None:
        return False
    finished = finished_with(study, ending)
    before = n_taken(memory.subject.search_space.to_domain(), finished)
    now = n_taken(subject.search_space.to_domain(), finished)
    is_wider = len(subject.search_space.parameters) > len(memory.subject.search_space.parameters)
    # a single odd trial is no reason, and one that alternates is not to begin anew each time
    if now < before + max(0 if is_wider else 2, now // 10):
        return False
    begun = begun_study(link.connection, study, subject, parent_id=memory.study_id)
    _logger.warning(
        "the search space of the study stored as %s takes %d of the %d complete trials of %r: all are reported "
        "as %s, over the parameters that the objective asks for, which takes %d",
        memory.study_id,
        before,
        sum(t.state is TrialState.COMPLETE for t in finished),
        study.study_name,
        begun.study_id,
        now,
    )
    return True


def _join(link: Link, advisor: AdviceClient, study: Study, ending: FrozenTrial | None) -> bool:
    """Whether the study is known well enough to be registered."""
    subject = advisor.subject(study, ending)
    memory = recall(study)
    if memory is not None:
        subject = memory.subject
    if subject is None:
        return False
    joined_study(link.connection, study, subject)
    return True
