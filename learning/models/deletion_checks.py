"""Whether all studies that a model in memory was learned from are still there, whichever service deleted one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learning.lru import LruCache
from learning.models.basis import KeyState
from learning.models.lookup import Slot
from store.connections.database import Connection
from store.connections.scope import workspace_of
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotRepository

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel


class DeletionChecks:
    """Remembers what was found, so that a question costs a count at most. Threads may share it.

    Trials that come in outdate a model, which serves until they are learned from; a deleted study must not answer any
    more, and a deletion advances the revision of its key as a report does.
    """

    def __init__(self, *, max_models: int) -> None:
        """Begin without any.

        Args:
            max_models: Of how many models it is remembered.
        """
        self._found: LruCache[Slot, _Found] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])

    def has_all(self, connection: Connection, key: ModelKey, learned: "LearnedModel", state: KeyState) -> bool:
        """Whether nothing was deleted that a model was learned from.

        Args:
            connection: A reading transaction, bound to the workspace whose model it is.
            key: What it was learned for.
            learned: The model.
            state: Of the key, as the request has read it.
        """
        if all(state.revisions.get(one, 0) == revision for one, revision in learned.sources.items()):
            return True  # neither was anything reported
        slot, snapshots = (workspace_of(connection).seq, key), SnapshotRepository(connection)
        known, n_studies = self._found.find(slot), snapshots.n_left(key.kind_group, learned.studies)
        if known is not None and known.learned is learned and known.n_studies == n_studies:
            return True
        if not snapshots.has_all(key.kind_group, learned.studies):
            return False
        self._found.put(slot, _Found(learned, n_studies))
        return True


@dataclass(frozen=True, slots=True)
class _Found:
    """A model whose studies were all there, and how many they are."""

    learned: "LearnedModel"
    n_studies: int
