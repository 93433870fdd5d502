"""When a study begins anew at the service, over a search space that takes more of its trials.

An objective may ask for fewer parameters than the search space has, for more, or in some trials only for a part. The
space is only known to be another one once trials have ended, and a service's study keeps the space it was made with.
"""

import logging
import math
from collections.abc import Sequence
from typing import Final

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.fitting_space import fitting_space, n_taken
from warmtune.optuna.memory import StudyMemory
from warmtune.optuna.stored_study import begun_study
from warmtune.rest.connection import Connection
from warmtune.wire.spaces import SearchSpaceBody

_GROWTH: Final = 1.2

_logger = logging.getLogger(__name__)


def are_many_more(before: int, now: int) -> bool:
    """Whether the trials that can't be sent have become a fifth more: looking through all for each would take long."""
    return now > before and (before <= 0 or _generation(now) > _generation(before))


def begun_wider(
    connection: Connection, study: Study, memory: StudyMemory, finished: Sequence[FrozenTrial]
) -> StudyMemory | None:
    """Begin the study anew over a search space that takes more of its trials; None where there is none.

    Args:
        connection: To the service.
        study: The Optuna study.
        memory: Of the service's study so far.
        finished: All finished trials.

    Raises:
        WarmtuneError: What the service answers, or goes wrong on the way.
    """
    current = memory.subject.search_space.to_domain()
    given = memory.asked.search_space.to_domain()
    space = fitting_space(given, finished)
    if space is None or space.content_key == current.content_key:
        return None
    before, now = n_taken(current, finished), n_taken(space, finished)
    is_wider = len(space.parameters) > len(current.parameters)
    # a single odd trial is no reason, and one that alternates is not to begin anew each time
    if now < before + max(0 if is_wider else 2, now // 10):
        return None
    name = memory.asked.search_space_name if space.content_key == given.content_key else None
    subject = memory.subject.model_copy(
        update={"search_space": SearchSpaceBody.from_domain(space), "search_space_name": name}
    )
    begun = begun_study(connection, study, subject, parent_id=memory.study_id, begun_with=memory.asked)
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
    return begun


def _generation(n: int) -> int:
    return int(math.log(n) / math.log(_GROWTH))
