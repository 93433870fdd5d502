"""What the attributes of an Optuna study tell: metric names, the dataset, and whether Warmtune knows it already."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.importers.values import TaskHint
from warmtune.vocabulary.distributions import ParameterValue

METRIC_NAMES: Final = "study:metric_names"
WARMTUNE_STUDY: Final = "warmtune:study"
_OWN_PREFIX = "warmtune:"
_TASK_KEYS = ("dataset", "task", "dataset_name", "data")


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """What attributes tell.

    Attributes:
        task: The dataset: what an attribute of a usual name says, else the study's own name.
        metrics: By objective; empty where Optuna keeps no names.
        metadata: The user's attributes.
        notes: What was made of them, in words.
        reported_as: The service's study that the study was reported to.
    """

    task: TaskHint
    metrics: tuple[str | None, ...]
    metadata: Mapping[str, ParameterValue]
    notes: tuple[str, ...]
    reported_as: str | None


def read_attributes(study_name: str, user: Mapping[str, str], system: Mapping[str, str]) -> AttributeFacts:
    """Read attributes that are stored as JSON; what isn't JSON is stored as text."""
    values = {key: _parsed(text) for key, text in user.items()}
    names = _parsed(system.get(METRIC_NAMES, "null"))
    metrics = tuple(str(name) for name in names) if isinstance(names, list) else ()
    notes: tuple[str, ...] = ()
    link = values.get(WARMTUNE_STUDY)
    reported_as = task_id = None
    if isinstance(link, dict):
        reported_as = str(link.get("study_id")) if link.get("study_id") else None
        subject = link.get("subject")
        if isinstance(subject, dict):
            task_id = str(subject["task_id"]) if subject.get("task_id") else None
            metrics = metrics or (str(subject["metric"]),) if subject.get("metric") else metrics
    task_name = study_name
    for key in _TASK_KEYS:
        named = values.get(key)
        if isinstance(named, (str, int)) and not isinstance(named, bool) and str(named).strip():
            task_name = str(named)
            notes = (f"its attribute {key!r} names its dataset",)
            break
    metadata = {key: value for key, value in values.items() if not key.startswith(_OWN_PREFIX)}
    return AttributeFacts(
        TaskHint(task_name, task_id=task_id),
        metrics,
        metadata,  # type: ignore[arg-type]  # made plain where studies are converted
        notes,
        reported_as,
    )


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
