"""Other editions of a search space: what was tried before an upgrade changed its definition is its past, too."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from learning.limits import LearningRules
from learning.lru import LruCache
from store.connections.database import Connection
from store.connections.scope import SHIPPED_SEQ, workspace_of
from store.model_keys import ModelKey
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel

_MAX_KNOWN: Final = 256

_Where: TypeAlias = tuple[int, ModelKey, frozenset[str]]


class Editions:
    """Which other editions a key has in a workspace, looked up once as long as no search space joins those beside it.

    Threads may share it.
    """

    def __init__(self, rules: LearningRules) -> None:
        """Know none yet.

        Args:
            rules: What is learned from; without mapping, no key has any.
        """
        self._are_mapped = rules.mapping_until_tasks > 0
        self._known: LruCache[_Where, frozenset[str]] = LruCache(max_items=_MAX_KNOWN, owner_of=lambda where: where[0])

    def are_known(
        self,
        connection: Connection,
        learned: "LearnedModel",
        *,
        key: ModelKey,
        space: SearchSpace,
        revisions: Mapping[str, int],
    ) -> bool:
        """Whether a model was learned from every edition; one that has considered related spaces knows them all.

        Args:
            connection: A reading transaction of the workspace.
            learned: The model.
            key: What it is for.
            space: A search space of its content.
            revisions: Of all search spaces beside the key, now.
        """
        owner = workspace_of(connection).seq
        if not self._are_mapped or learned.considered is not None or owner == SHIPPED_SEQ:
            return True  # what ships has one edition of each
        where = (owner, key, frozenset(revisions))
        found = self._known.find(where)
        if found is None:
            found = self._look_up(connection, key, space, where[2])
            self._known.put(where, found)
        return found <= learned.sources.keys()

    @staticmethod
    def _look_up(connection: Connection, key: ModelKey, space: SearchSpace, beside: frozenset[str]) -> frozenset[str]:
        from learning.component_spaces import component_spaces  # noqa: PLC0415  # numpy, when first needed
        from learning.relatives import related_spaces  # noqa: PLC0415

        among = beside - component_spaces(key).keys()
        return frozenset(related_spaces(connection, key, space, among=among, strangers=False))
