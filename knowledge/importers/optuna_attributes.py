"""What the attributes of an Optuna study say: metric names, the dataset, and whether Warmtune knows it already."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from optuna.distributions import BaseDistribution

from knowledge.importers.values import TaskFacts, TaskHint
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exported_note import EXPORTED_FROM, EXPORTED_KEY, ExportedNote, read_exported_note
from warmtune.vocabulary.space import SearchSpace

METRIC_NAMES: Final = "study:metric_names"
WARMTUNE_STUDY: Final = "warmtune:study"
_OWN_PREFIX = "warmtune:"
_TASK_KEYS = ("dataset", "task", "dataset_name", "data")


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """What attributes say.

    Attributes:
        task: The dataset: what an attribute of a usual name says, else the study's own name.
        metrics: By objective; empty where Optuna keeps no names.
        metadata: The user's attributes.
        notes: What was made of them, in words.
        reported_as: The service's study that the study was reported to, or exported from.
        space: The search space of the study that it was exported from.
    """

    task: TaskHint
    metrics: tuple[str | None, ...]
    metadata: Mapping[str, ParameterValue]
    notes: tuple[str, ...]
    reported_as: str | None
    space: SearchSpace | None = None


def read_attributes(study_name: str, user: Mapping[str, str], system: Mapping[str, str]) -> AttributeFacts:
    """Read attributes that are stored as JSON; what isn't JSON is stored as text."""
    values = {key: parsed(text) for key, text in user.items()}
    names = parsed(system.get(METRIC_NAMES, "null"))
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
    exported, why = _exported(values)
    if why:
        notes = (*notes, why)
    metadata = {key: value for key, value in values.items() if not key.startswith(_OWN_PREFIX)}
    if exported is not None:
        metadata.pop(EXPORTED_FROM, None)
        hint, reported_as = _task_of(exported), exported.study_id
    else:
        hint = TaskHint(task_name, task_id=task_id)
    return AttributeFacts(
        hint,
        metrics,
        metadata,  # type: ignore[arg-type]  # made plain where studies are converted
        notes,
        reported_as,
        None if exported is None else exported.space,
    )


def _exported(values: Mapping[str, object]) -> tuple[ExportedNote | None, str]:
    """What an export of Warmtune's has noted, or why that can't be used."""
    if EXPORTED_KEY not in values:
        return None, ""
    try:
        return read_exported_note(values[EXPORTED_KEY]), ""
    except InvalidInputError as error:
        return None, f"{error.message}: it is left out"


def _task_of(exported: ExportedNote) -> TaskHint:
    task = exported.task
    is_described = bool(task.meta_features.values or task.meta_features.gaps)
    facts = TaskFacts(kind=task.kind, meta_features=task.meta_features if is_described else None)
    return TaskHint(task.name, task_id=task.task_id, facts=facts)


def parsed(text: str) -> object:
    """What JSON says, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def known_space(
    space: SearchSpace | None, distributions: Mapping[str, Collection[BaseDistribution]]
) -> tuple[SearchSpace | None, tuple[str, ...]]:
    """The search space that an export has noted, if what was tried since is of it, else None and the reason."""
    if space is None:
        return None, ()
    strange = sorted(name for name, seen in distributions.items() if {*seen} - {space.parameters.get(name)})
    if not strange:
        return space, ()
    return None, (f"{', '.join(strange)}: tried beyond the search space that it was exported with, which is inferred",)
