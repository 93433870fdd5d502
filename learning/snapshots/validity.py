"""Whether a snapshot may still answer."""

from collections.abc import Mapping

from learning.component_spaces import component_spaces
from learning.limits import LearningRules
from learning.relatives import related_spaces
from learning.snapshots.grounds import grounds_digest
from store.connections.database import Connection
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotFacts, SnapshotRepository
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace


def holds(  # what it was, and what it would be now
    connection: Connection,
    key: ModelKey,
    space: SearchSpace,
    facts: SnapshotFacts,
    *,
    pin: Mapping[str, int] | None,
    rules: LearningRules,
) -> bool:
    """Whether all that a snapshot was learned from is still there, and would be chosen again.

    Trials that came in since don't count: the model serves until they are learned from.

    Args:
        connection: A reading transaction of the snapshot's workspace.
        key: What it was learned for.
        space: The asked search space.
        facts: Of the snapshot.
        pin: The only revisions that may be learned from, or None.
        rules: What is learned from.
    """
    if pin is not None and dict(pin) != dict(facts.sources):
        return False
    if not SnapshotRepository(connection).has_all(key.kind_group, facts.studies):
        return False
    known = SearchSpaceRepository(connection).with_content(key.content_key, key.kind_group) or space
    chosen = None
    if facts.considered is not None:
        chosen = related_spaces(connection, key, known, among=facts.considered - component_spaces(key).keys())
    now = grounds_digest(connection, known, sources=facts.sources, chosen=chosen, rules=rules)
    return now == facts.grounds
