"""A model together with what it was learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from learning.material import Material
from metamodel.engine import SpaceModel, fit_model
from metamodel.large.core import CORE_TASKS
from metamodel.mapping.history import adjustments_by_key
from metamodel.maps.anchors import Key, configuration_key
from metamodel.maps.surrogates import SurrogateUse
from store.model_keys import ModelKey
from store.model_snapshots import StudySet
from warmtune.vocabulary.recommendation import Recommendation


@dataclass(frozen=True, slots=True, weakref_slot=True)
class LearnedModel:
    """A model in use. Immutable; threads may share it.

    Attributes:
        model: It answers.
        sources: Revision by content key of the search spaces whose trials it was learned from.
        considered: Content keys among which the others were chosen; None where none were looked for.
        adjustments: What mapping has changed in configurations that nobody tried as they are.
        studies: The studies that it was learned from.
        grounds: Digest of what else it depends on, but for a surrogate.
    """

    model: SpaceModel
    sources: Mapping[str, int]
    considered: frozenset[str] | None
    adjustments: Mapping[Key, tuple[str, ...]]
    studies: StudySet
    grounds: str

    def is_current(self, revisions: Mapping[str, int], pin: Mapping[str, int] | None) -> bool:
        """Whether there is nothing else to learn from.

        Args:
            revisions: Of all search spaces under the key's kind group, metric and direction, now.
            pin: The only ones that may be learned from, or None.
        """
        if pin is not None:
            return dict(self.sources) == dict(pin)
        if self.considered is not None and self.considered != frozenset(revisions):
            return False
        return all(revisions.get(other, 0) == revision for other, revision in self.sources.items())

    def with_adjustments(self, answer: Recommendation) -> Recommendation:
        """The answer with the adjustments of its configurations."""
        if not self.adjustments:
            return answer
        ranked = tuple(
            replace(one, adjustments=self.adjustments.get(configuration_key(one.configuration), ()))
            for one in answer.configurations
        )
        return replace(answer, configurations=ranked)


def learn(
    key: ModelKey, material: Material, use: SurrogateUse | None = None, *, core_tasks: int = CORE_TASKS
) -> LearnedModel:
    """Fit a model, in which a surrogate may work in place of the empirical prior.

    Args:
        key: What is learned for.
        material: What is learned from.
        use: The surrogate, or None.
        core_tasks: As of `metamodel.engine.fit_model`.
    """
    model = fit_model(
        material.space,
        material.histories,
        metric=key.metric,
        direction=key.direction,
        use=use,
        core_tasks=core_tasks,
    )
    # over all histories: a configuration that somebody tried as it is needs no account
    adjustments = adjustments_by_key(material.histories) if material.mapped else {}
    return LearnedModel(model, material.sources, material.considered, adjustments, material.studies, material.grounds)
