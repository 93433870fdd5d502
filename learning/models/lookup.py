"""What a request finds of a model within its own transaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from learning.models.basis import KeyState
from store.model_keys import ModelKey
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel

Slot: TypeAlias = tuple[int, ModelKey]
"""Where a workspace's model of a key is in memory: by the workspace's order number and the key."""


@dataclass(frozen=True, slots=True)
class ModelLookup:
    """A key as the database has it, and its model where that is in memory and may answer.

    Attributes:
        key: The key.
        space: A search space of its content.
        state: See `KeyState`.
        learned: The model; None where it has to be loaded or learned, which no transaction waits for.
        is_current: Whether the model knows everything that there is to learn from.
    """

    key: ModelKey
    space: SearchSpace
    state: KeyState
    learned: "LearnedModel | None"
    is_current: bool
