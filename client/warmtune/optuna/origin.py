"""What distinguishes an Optuna study from all others, the same for all its workers."""

import hashlib
import json
import uuid

from optuna.study import Study

from warmtune.optuna.memory import StudySubject
from warmtune.optuna.whole_study import all_trials, set_user_attribute, user_attribute

ORIGIN_KEY = "warmtune:origin"


def creation_key(study: Study, subject: StudySubject, *, parent_id: str | None = None) -> str:
    """Under which the service makes one study, however many workers of this Optuna study ask for it at once.

    Args:
        study: The Optuna study.
        subject: What it is about.
        parent_id: The service's study that it has left, where it is a copy that went on by itself.
    """
    space_key = subject.search_space.to_domain().content_key
    parts: tuple[object, ...] = (
        study.study_name,
        _origin(study),
        subject.task_id,
        subject.metric,
        subject.direction,
        space_key,
        parent_id,
    )
    if subject.further_metrics:
        parts = (*parts, subject.further_metrics, subject.further_directions)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _origin(study: Study) -> str:
    """When its first trial began, which every worker reads alike; before any has, a token of its own.

    Names alone are not unique: a script that is run twice makes two studies of one name.
    """
    token = user_attribute(study, ORIGIN_KEY)
    if isinstance(token, str):
        return token
    started = next((t.datetime_start for t in all_trials(study) if t.datetime_start is not None), None)
    if started is not None:
        return started.isoformat()
    set_user_attribute(study, ORIGIN_KEY, uuid.uuid4().hex)
    return str(user_attribute(study, ORIGIN_KEY))  # another worker's, if both wrote at the same moment
