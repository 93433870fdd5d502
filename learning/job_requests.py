"""What jobs of learning are asked for: typed from their submission to their end, JSON in between."""

from pydantic import BaseModel, ConfigDict

from store.model_keys import KindGroup, ModelKey
from warmtune.vocabulary.metrics import Direction

SURROGATE_AUTO = "auto"
SURROGATE_NONE = "none"


class KeyedRequest(BaseModel):
    """A search space, a kind group, a metric and a direction.

    Attributes:
        search_space: Its registered name, or None.
        space_id: Identifier of the search space's definition.
        content_key: See `store.model_keys.ModelKey`.
        kind_group: See `store.model_keys.ModelKey`.
        metric: See `store.model_keys.ModelKey`.
        direction: See `store.model_keys.ModelKey`.
    """

    model_config = ConfigDict(frozen=True)

    search_space: str | None
    space_id: str
    content_key: str
    kind_group: KindGroup
    metric: str
    direction: Direction

    @property
    def key(self) -> ModelKey:
        """Whose past studies are learned from."""
        return ModelKey(self.content_key, self.kind_group, self.metric, self.direction)


class RefitJob(KeyedRequest):
    """A refit.

    Attributes:
        activate: Whether the version may be put to use.
        surrogate: ``auto``, ``none``, or the algorithm of the surrogate that is to suggest.
    """

    activate: bool
    surrogate: str = SURROGATE_AUTO  # requests that were queued before there was a choice don't say


class NeuralTrainJob(KeyedRequest):
    """A meta-training.

    Attributes:
        name: Of the model.
        algorithm: Of the surrogate, ``auto``, or ``learned_acquisition``.
        reads_meta_features: Whether the surrogate reads the task's meta-features.
        n_steps: Meta-steps at most.
        patience: Looks at the held-out tasks without progress, after which the training ends.
        seed: Of everything.
    """

    name: str
    algorithm: str
    reads_meta_features: bool = False  # requests of an older service don't say
    n_steps: int
    patience: int
    seed: int
