"""What a model is learned from: the trials under its own key, and those of search spaces that resemble it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from learning.component_spaces import component_spaces, histories_with_components
from learning.histories import histories_of
from learning.limits import LearningRules
from learning.relatives import mapped_histories, related_spaces
from learning.snapshots.grounds import grounds_digest
from metamodel.maps.history import TaskHistory
from store.connections.database import Connection
from store.histories import n_past_trials, past_durations, past_tasks
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotRepository, StudySet
from store.revisions import revisions_beside
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction, default_metric
from warmtune.vocabulary.objectives import DURATION_METRIC
from warmtune.vocabulary.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Material:
    """Past tasks and where they are from.

    Attributes:
        space: The asked search space; a registered one of the same content, where there is one, knows the defaults.
        own: Histories of trials under the key itself, and under those of its parts (`learning.component_spaces`).
        mapped: Histories of other tasks, mapped from other search spaces.
        sources: Revision by content key of all search spaces that were read, the key's own among them.
        considered: Content keys among which the others were chosen; None where none were looked for.
        studies: The studies that there were over these search spaces.
        grounds: Digest of what else the choice and the reading of them depend on (`learning.snapshots.grounds`).
    """

    space: SearchSpace
    own: tuple[TaskHistory, ...]
    mapped: tuple[TaskHistory, ...]
    sources: Mapping[str, int]
    considered: frozenset[str] | None
    studies: StudySet
    grounds: str

    @property
    def histories(self) -> tuple[TaskHistory, ...]:
        """All of them, the own ones first."""
        return self.own + self.mapped

    @property
    def n_trials(self) -> int:
        """How many trials they have together."""
        return sum(len(history.configurations) for history in self.histories)


def gather(
    connection: Connection,
    key: ModelKey,
    space: SearchSpace,
    *,
    pin: Mapping[str, int] | None = None,
    rules: LearningRules,
) -> Material:
    """Read the past tasks of a key, a sample of them where they have more trials than `rules` allow.

    Args:
        connection: A reading transaction.
        key: What is asked for.
        space: A search space of the key's content.
        pin: Read these search spaces up to these revisions, and no others.
        rules: What is learned from.
    """
    known = SearchSpaceRepository(connection).with_content(key.content_key, key.kind_group) or space
    # studies and revisions before trials: what comes in between is learned the next time
    studies = SnapshotRepository(connection).study_set(key.kind_group, content_keys=None, up_to=None)
    current = dict(pin) if pin is not None else revisions_beside(connection, key)
    sources = {key.content_key: current.get(key.content_key, 0)}
    every = -(-n_past_trials(connection, key) // rules.max_past_trials) or 1
    own = histories_of(past_tasks(connection, key, up_to=sources[key.content_key], every=every), known)
    if key.metric == DURATION_METRIC and key.direction is Direction.MINIMIZE:
        own = _with_durations(connection, key, own, known)
    parts = {part: current[part] for part in component_spaces(key) if part in current}
    if parts:
        own = histories_with_components(connection, key, own, sources=parts)
        sources |= parts
    considered = None
    if pin is not None:
        others = {other: revision for other, revision in pin.items() if other not in sources}
    elif sum(not np.isnan(history.scores).all() for history in own) < rules.mapping_until_tasks:
        considered = frozenset(current)
        among = considered - parts.keys()
        others = {other: current[other] for other in related_spaces(connection, key, known, among=among)}
    elif rules.mapping_until_tasks > 0:
        editions = related_spaces(connection, key, known, among=current.keys() - parts.keys(), strangers=False)
        others = {other: current[other] for other in editions}
    else:
        others = {}
    mapped = mapped_histories(connection, key, known, own, sources=others)
    all_sources = sources | others
    grounds = grounds_digest(
        connection,
        known,
        sources=all_sources,
        chosen=None if considered is None else tuple(others),
        rules=rules,
    )
    return Material(known, own, mapped, all_sources, considered, studies.of(all_sources), grounds)


def _with_durations(
    connection: Connection, key: ModelKey, own: tuple[TaskHistory, ...], space: SearchSpace
) -> tuple[TaskHistory, ...]:
    """Histories of seconds, and for other tasks those that trials under the usual metric took."""
    metric = default_metric(key.kind_group.kinds[0])
    usual = replace(key, metric=metric, direction=KNOWN_METRICS[metric])
    timed = {history.task.task_id for history in own}
    found = histories_of(past_durations(connection, usual), space)
    return own + tuple(history for history in found if history.task.task_id not in timed)
