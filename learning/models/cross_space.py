"""Models that know what a task's trials over other search spaces say, for questions about that task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from learning.lru import LruCache

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel
    from metamodel.other_spaces import OtherSpaces

MAX_SPACES: Final = 3
"""Other spaces that a question takes into account: each is a model to hold in memory."""
_Slot: TypeAlias = tuple[int, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model, as it was learned and as it answers.

    Attributes:
        learned: What its version says.
        current: With the trials that were reported since.
    """

    learned: "SpaceModel"
    current: "SpaceModel"


@dataclass(frozen=True, slots=True)
class _Learned:
    """What models of other spaces add to one; None where they add nothing."""

    spaces: "OtherSpaces | None"


class CrossSpaceModels:
    """What was learned from models of several spaces together; threads may share it.

    It takes .2 processor seconds for 200 past tasks, 1.8 for 590, and is remembered for as long as the models are the
    same; then a question costs about a millisecond more.
    """

    def __init__(self, *, max_models: int) -> None:
        """Begin with none.

        Args:
            max_models: How many are kept in memory.
        """
        self._learned: LruCache[_Slot, _Learned] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])

    def informed(
        self,
        owner: int,
        asked: KnownModel,
        others: Mapping[str, KnownModel],
        *,
        task_id: str,
    ) -> "SpaceModel":
        """The model that answers questions about one task.

        Args:
            owner: Order number of the workspace.
            asked: The model of the asked search space.
            others: Those of other search spaces by name, over which the task has trials.
            task_id: The task.
        """
        from metamodel.other_spaces import OtherSpaces  # noqa: PLC0415  # numpy, when first needed

        slot = owner, asked.learned.version, tuple((name, other.learned.version) for name, other in others.items())
        known = self._learned.find(slot)
        if known is None:
            before = {name: other.learned for name, other in others.items()}
            known = _Learned(OtherSpaces.of(asked.learned, before))
            self._learned.put(slot, known)
        if known.spaces is None:
            return asked.current
        now = {name: other.current for name, other in others.items()}
        return known.spaces.informed(asked.current, now, task_id=task_id)
