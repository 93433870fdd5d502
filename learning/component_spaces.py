"""A space over whole pipelines learns from the studies over its algorithms' own spaces, as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from learning.histories import histories_of
from metamodel.maps.history import TaskHistory
from store.connections.database import Connection
from store.histories import past_tasks
from store.model_keys import ModelKey, group_of
from warmtune.catalogue import catalogue
from warmtune.catalogue.auto import NAME, as_whole_pipeline
from warmtune.vocabulary.space import SearchSpace


def component_spaces(key: ModelKey) -> Mapping[str, tuple[SearchSpace, str]]:
    """The algorithms' spaces by content key, with their names, where the key is of the space over all of them."""
    entries = [e for e in catalogue() if key.kind_group in {group_of(kind) for kind in e.kinds}]
    if not any(e.name == NAME and e.space.content_key == key.content_key for e in entries):
        return {}
    return {e.space.content_key: (e.space, e.name) for e in entries if e.name != NAME and not e.is_recorded}


def histories_with_components(
    connection: Connection, key: ModelKey, own: Sequence[TaskHistory], *, sources: Mapping[str, int]
) -> tuple[TaskHistory, ...]:
    """What is known of each task over the space itself and over its parts, which are the same pipelines.

    Args:
        connection: A reading transaction.
        key: Of a space that has parts, or none.
        own: Histories over the space itself.
        sources: Revision by content key up to which the parts' trials count; others are left out.
    """
    merged: dict[str, list[TaskHistory]] = {history.task.task_id: [history] for history in own}
    for content_key, (space, name) in component_spaces(key).items():
        if content_key not in sources:
            continue
        past = past_tasks(
            connection,
            ModelKey(content_key, key.kind_group, key.metric, key.direction),
            up_to=sources[content_key],
        )
        for history in histories_of(past, space):
            merged.setdefault(history.task.task_id, []).append(_translated(history, name))
    return tuple(_joined(histories) for histories in merged.values())


def _translated(history: TaskHistory, name: str) -> TaskHistory:
    configurations = tuple(as_whole_pipeline(name, c) for c in history.configurations)
    return replace(history, configurations=configurations)


def _joined(histories: Sequence[TaskHistory]) -> TaskHistory:
    if len(histories) == 1:
        return histories[0]
    return TaskHistory(
        histories[0].task,
        tuple(c for history in histories for c in history.configurations),
        np.concatenate([history.scores for history in histories]),
        np.concatenate([history.durations_s for history in histories]),
        failed=np.concatenate([history.is_failed for history in histories]),
        infeasible=np.concatenate([history.is_infeasible for history in histories]),
    )
